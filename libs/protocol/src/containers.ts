import { z } from 'zod';
import {
  byteList,
  hexBytes,
  bytes20,
  bytes32,
  bytes48,
  bytes96,
  container,
  list,
  uint16,
  uint256,
  uint32,
  uint64,
  uint8,
  type Container,
  type ValueOf,
} from './codec.js';
import type { Hex } from './hex.js';

/** Largest `result` of a payload in bytes. */
export const MAX_RESULT_BYTES = 2 ** 24;
/** Largest `witness` of a payload in bytes. */
export const MAX_WITNESS_BYTES = 2 ** 26;

/** What collateral must stand behind a tier: kind (0 none, 1 posted, 2 restaked, 3 either), assets, cover in bps of `slashable_wei`. */
export const CollateralRule = container('CollateralRule', { kind: uint8, assets: list(bytes20, 8), cover_bps: uint16 });
export type CollateralRule = ValueOf<typeof CollateralRule>;

/** One acceptable alternative of a trust policy; `assurance` bits: 1 zk, 2 tee. */
export const TrustTier = container('TrustTier', {
  collateral: CollateralRule,
  min_reputation_bps: uint16,
  assurance: uint8,
  discount_bps: uint16,
});
export type TrustTier = ValueOf<typeof TrustTier>;

/** What a validator demands of a coprocessor; fees in bps of the reward reference and in wei. */
export const TrustPolicy = container('TrustPolicy', {
  max_fee_share_bps: uint16,
  max_fee_wei: uint256,
  slashable_wei: uint256,
  tiers: list(TrustTier, 2),
  allow: list(bytes48, 8),
  deny: list(bytes48, 8),
});
export type TrustPolicy = ValueOf<typeof TrustPolicy>;

/** A validator's opt-in to an AVS under a policy; times in Unix seconds. */
export const Enrollment = container('Enrollment', {
  validator: bytes48,
  operator: bytes20,
  avs_id: bytes32,
  policy_root: bytes32,
  valid_from: uint64,
  valid_until: uint64,
  nonce: uint64,
});
export type Enrollment = ValueOf<typeof Enrollment>;

/** A validator's hot key; time in Unix seconds. */
export const KeyDelegation = container('KeyDelegation', {
  validator: bytes48,
  delegate: bytes48,
  valid_until: uint64,
  nonce: uint64,
});
export type KeyDelegation = ValueOf<typeof KeyDelegation>;

/** Proof that the sender holds `key`, bound to its owner. */
export const ProofOfPossession = container('ProofOfPossession', { key: bytes48, owner_root: bytes32 });
export type ProofOfPossession = ValueOf<typeof ProofOfPossession>;

/** `units` validators at `fee_share_bps` of the reward reference. */
export const PriceStep = container('PriceStep', { fee_share_bps: uint16, units: uint32 });
export type PriceStep = ValueOf<typeof PriceStep>;

/** A coprocessor's offer; `cover_wei_per_unit` in wei, `valid_until` in Unix seconds. */
export const Bid = container('Bid', {
  auction_id: bytes32,
  avs_id: bytes32,
  coprocessor: bytes48,
  line_id: bytes32,
  cover_wei_per_unit: uint256,
  assurance: uint8,
  standby: uint8,
  steps: list(PriceStep, 4),
  valid_until: uint64,
  nonce: uint64,
});
export type Bid = ValueOf<typeof Bid>;

/** What a receipt acknowledges. */
export const ReceiptKind = { bid: 1, delivery: 2, reveal: 3 } as const;

/** A relay's acknowledgement of a durable bid, delivery or reveal. */
export const Receipt = container('Receipt', {
  kind: uint8,
  auction_id: bytes32,
  subject_root: bytes32,
  signer_root: bytes32,
  seq: uint64,
  at_ms: uint64,
});
export type Receipt = ValueOf<typeof Receipt>;

/** What the relay signs once for up to 4,096 receipts. */
export const ReceiptBatch = container('ReceiptBatch', { receipts_root: bytes32, count: uint32 });
export type ReceiptBatch = ValueOf<typeof ReceiptBatch>;

/** The closed set of an auction's bids. */
export const BidsFrozen = container('BidsFrozen', { auction_id: bytes32, bids_root: bytes32, count: uint32 });
export type BidsFrozen = ValueOf<typeof BidsFrozen>;

/** One validator's part of an award; liability and fee in wei. */
export const AwardLeaf = container('AwardLeaf', {
  validator_root: bytes32,
  operator: bytes20,
  max_liability: uint256,
  fee_wei: uint256,
});
export type AwardLeaf = ValueOf<typeof AwardLeaf>;

/** The role of an award. */
export const AwardRole = { primary: 0, standby: 1 } as const;

/** What one coprocessor won of an auction in one role. */
export const Award = container('Award', {
  auction_id: bytes32,
  avs_id: bytes32,
  role: uint8,
  coprocessor: bytes48,
  line_id: bytes32,
  award_root: bytes32,
  units: uint32,
  term_start_ms: uint64,
  term_end_ms: uint64,
});
export type Award = ValueOf<typeof Award>;

/** A coprocessor's liability for one payload. */
export const Attestation = container('Attestation', {
  line_id: bytes32,
  auction_id: bytes32,
  task_id: bytes32,
  award_root: bytes32,
  input_root: bytes32,
  result_root: bytes32,
  witness_root: bytes32,
  response_digest: bytes32,
  salt: bytes32,
  issued_at_ms: uint64,
  expires_at_ms: uint64,
  seq: uint64,
});
export type Attestation = ValueOf<typeof Attestation>;

/** What a validator sees of a payload before it commits. */
export const Header = container('Header', {
  auction_id: bytes32,
  task_id: bytes32,
  coprocessor: bytes48,
  role: uint8,
  attestation_root: bytes32,
  ciphertext_root: bytes32,
  ciphertext_size: uint64,
  key_hash: bytes32,
  commit_by_ms: uint64,
});
export type Header = ValueOf<typeof Header>;

/** A validator's promise to pay the fixed fee (wei); names no validator, so that all sign the same message. */
export const Commitment = container('Commitment', {
  auction_id: bytes32,
  task_id: bytes32,
  coprocessor: bytes48,
  attestation_root: bytes32,
  fee_wei: uint256,
});
export type Commitment = ValueOf<typeof Commitment>;

/** What the relay signs of a cleared auction. */
export const TranscriptRoot = container('TranscriptRoot', {
  auction_id: bytes32,
  frozen_root: bytes32,
  transcript_hash: bytes32,
  members_root: bytes32,
  seed: bytes32,
});
export type TranscriptRoot = ValueOf<typeof TranscriptRoot>;

/** One validator of a policy class. */
export const Member = container('Member', { class_index: uint32, validator_root: bytes32, operator: bytes20 });
export type Member = ValueOf<typeof Member>;

/** The status of an outcome. */
export const OutcomeStatus = {
  submitted: 1,
  accepted: 2,
  rejected: 3,
  slashed: 4,
  abandoned: 5,
  payload_invalid: 6,
} as const;

/** What became of a validator's response. */
export const Outcome = container('Outcome', {
  task_id: bytes32,
  validator: bytes48,
  status: uint8,
  response_digest: bytes32,
  reference: bytes32,
  seq: uint64,
});
export type Outcome = ValueOf<typeof Outcome>;

/** A request to file a claim; `amount` in wei of the slashed asset. */
export const ClaimRequest = container('ClaimRequest', {
  task_id: bytes32,
  validator: bytes48,
  attestation_root: bytes32,
  slash_tx: bytes32,
  log_index: uint32,
  amount: uint256,
});
export type ClaimRequest = ValueOf<typeof ClaimRequest>;

/** A relay's change of key. */
export const RelayKeySuccession = container('RelayKeySuccession', {
  old_key: bytes48,
  new_key: bytes48,
  from_ms: uint64,
});
export type RelayKeySuccession = ValueOf<typeof RelayKeySuccession>;

/** `result` is what the AVS signature covers; `witness` lets anyone check it. */
export const Payload = container('Payload', {
  result: byteList(MAX_RESULT_BYTES),
  witness: byteList(MAX_WITNESS_BYTES),
});
export type Payload = ValueOf<typeof Payload>;

/** Builder-specs' registration; `timestamp` in Unix seconds. */
export const ValidatorRegistrationV1 = container('ValidatorRegistrationV1', {
  fee_recipient: bytes20,
  gas_limit: uint64,
  timestamp: uint64,
  pubkey: bytes48,
});
export type ValidatorRegistrationV1 = ValueOf<typeof ValidatorRegistrationV1>;

/** A message beside its signature. */
export interface Signed<M> {
  message: M;
  signature: Hex;
}

/** JSON may name the signing scheme; only ODF's own exists so far. */
const scheme = { scheme: z.literal('odf').optional() };

/** `Signed{message, signature: Bytes96}` of a container. */
export function signed<M>(message: Container<M>): Container<Signed<M>> {
  return container(`Signed${message.name}`, { message, signature: bytes96 }, scheme);
}

export const SignedEnrollment = signed(Enrollment);
export const SignedBid = signed(Bid);
export type SignedBid = ValueOf<typeof SignedBid>;
export const SignedReceiptBatch = signed(ReceiptBatch);
export type SignedReceiptBatch = ValueOf<typeof SignedReceiptBatch>;
export const SignedBidsFrozen = signed(BidsFrozen);
export type SignedBidsFrozen = ValueOf<typeof SignedBidsFrozen>;
export const SignedAward = signed(Award);
export type SignedAward = ValueOf<typeof SignedAward>;
export const SignedAttestation = signed(Attestation);
export type SignedAttestation = ValueOf<typeof SignedAttestation>;
export const SignedHeader = signed(Header);
export type SignedHeader = ValueOf<typeof SignedHeader>;
export const SignedTranscriptRoot = signed(TranscriptRoot);
export type SignedTranscriptRoot = ValueOf<typeof SignedTranscriptRoot>;
export const SignedOutcome = signed(Outcome);
export type SignedOutcome = ValueOf<typeof SignedOutcome>;
export const SignedClaimRequest = signed(ClaimRequest);
export type SignedClaimRequest = ValueOf<typeof SignedClaimRequest>;
/** 180 bytes of SSZ each; lists of them are concatenated records. */
export const SignedValidatorRegistrationV1 = container('SignedValidatorRegistrationV1', {
  message: ValidatorRegistrationV1,
  signature: bytes96,
});
export type SignedValidatorRegistrationV1 = ValueOf<typeof SignedValidatorRegistrationV1>;

/** A commitment with its signer beside it. */
export const SignedCommitment = container(
  'SignedCommitment',
  { message: Commitment, validator: bytes48, signature: bytes96 },
  scheme,
);
export type SignedCommitment = ValueOf<typeof SignedCommitment>;

/** An attestation with the payload that it attests. */
export const Delivery = container(
  'Delivery',
  {
    message: Attestation,
    signature: bytes96,
    result: byteList(MAX_RESULT_BYTES),
    witness: byteList(MAX_WITNESS_BYTES),
  },
  scheme,
);
export type Delivery = ValueOf<typeof Delivery>;

/** An enrollment with the policy whose root it signs and the operator's EIP-712 consent (EOA or ERC-1271 bytes, at most 1,024). */
export const EnrollmentItem = container(
  'EnrollmentItem',
  { message: Enrollment, policy: TrustPolicy, operator_signature: hexBytes(1024), signature: bytes96 },
  scheme,
);
export type EnrollmentItem = ValueOf<typeof EnrollmentItem>;

/** A delegation with the delegate's proof of possession. */
export const DelegationItem = container(
  'DelegationItem',
  { message: KeyDelegation, possession: bytes96, signature: bytes96 },
  scheme,
);
export type DelegationItem = ValueOf<typeof DelegationItem>;

/** A payment-channel voucher; `cumulative_wei` in wei, signed by EIP-712. */
export const Voucher = container('Voucher', {
  operator: bytes20,
  owner: bytes20,
  cumulative_wei: uint256,
  signature: hexBytes(1024),
});
export type Voucher = ValueOf<typeof Voucher>;

/** A signed key succession. */
export const SignedKeySuccession = container('SignedKeySuccession', {
  message: RelayKeySuccession,
  old_signature: bytes96,
  new_signature: bytes96,
});
export type SignedKeySuccession = ValueOf<typeof SignedKeySuccession>;
