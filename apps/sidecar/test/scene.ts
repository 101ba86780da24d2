import { BlsKey } from '@odf/bls';
import { signMessage } from '@odf/client';
import {
  Attestation,
  auctionId,
  Award,
  AwardLeaf,
  Commitment,
  Header,
  keyRoot,
  ListTree,
  Receipt,
  ReceiptBatch,
  RECEIPTS_DEPTH,
  REGISTRY_DEPTH,
  sealPayload,
  sha256,
  taskId,
  toHex,
  zeroHex,
  type AwardProof,
  type Hex,
  type Payload,
  type Reveal,
  type SignedCommitment,
  type SignedHeader,
  type TrustPolicy,
  type ValidatorAuction,
} from '@odf/protocol';

/** Everything that one honest award, header and reveal consist of; specs change one part. */
export const relay = BlsKey.fromHex(`0x${'31'.repeat(32)}`);
export const stranger = BlsKey.fromHex(`0x${'32'.repeat(32)}`);
export const coprocessor = BlsKey.fromHex(`0x${'33'.repeat(32)}`);
export const validator = BlsKey.fromHex(`0x${'34'.repeat(32)}`);
export const context = { chainId: 1n, settlement: zeroHex(20), relayRoot: keyRoot(relay.pubkey) };
export const avs_id: Hex = `0x${'a1'.repeat(32)}`;
export const native_ref: Hex = '0x0102';
export const task_id = taskId(avs_id, native_ref);
export const operator: Hex = `0x${'0e'.repeat(20)}`;
export const input = new Uint8Array([1, 2, 3]);
export const payload: Payload = { result: new Uint8Array([4]), witness: new Uint8Array([5, 6]) };
export const key = new Uint8Array(32).fill(9);
export const ciphertext = sealPayload(payload, key, new Uint8Array(12));
export const digest: Hex = `0x${'d1'.repeat(32)}`;
export const hour = 3_600_000n;

export const policy: TrustPolicy = {
  max_fee_share_bps: 5_000,
  max_fee_wei: 100n,
  slashable_wei: 1_000n,
  tiers: [
    { collateral: { kind: 3, assets: [], cover_bps: 5_000 }, min_reputation_bps: 0, assurance: 0, discount_bps: 0 },
  ],
  allow: [],
  deny: [],
};

export const auction: ValidatorAuction = {
  id: '1',
  auction_id: auctionId({ avs: avs_id, termStartMs: hour, round: 0 }),
  avs_id,
  round: 0,
  state: 'running',
  opens_at_ms: 0n,
  closes_at_ms: 1n,
  term_start_ms: hour,
  term_end_ms: 2n * hour,
  enrollment: 'live',
  award: null,
  tasks: [],
};

/** An award proof whose leaf and message differ from the honest ones as told. */
export function awardProof(
  leafChange: Partial<AwardLeaf> = {},
  change: Partial<Award> = {},
  signer = relay,
): AwardProof {
  const leaf = {
    validator_root: keyRoot(validator.pubkey),
    operator,
    max_liability: 500n,
    fee_wei: 100n,
    ...leafChange,
  };
  const tree = ListTree.of([AwardLeaf.root(leaf)], REGISTRY_DEPTH);
  const message: Award = {
    auction_id: auction.auction_id,
    avs_id,
    role: 0,
    coprocessor: coprocessor.pubkey,
    line_id: `0x${'1e'.repeat(32)}`,
    award_root: tree.root,
    units: 1,
    term_start_ms: hour,
    term_end_ms: 2n * hour,
    ...change,
  };
  return { award: signMessage(Award, message, signer, context), leaf, ...tree.branch(0) };
}

export const award = awardProof().award.message;

/** An attestation that differs from the honest one as told. */
export function attestation(change: Partial<Attestation> = {}, signer = coprocessor) {
  const message: Attestation = {
    line_id: award.line_id,
    auction_id: award.auction_id,
    task_id,
    award_root: award.award_root,
    input_root: sha256(input),
    result_root: sha256(payload.result),
    witness_root: sha256(payload.witness),
    response_digest: digest,
    salt: zeroHex(32),
    issued_at_ms: 1n,
    expires_at_ms: 2n,
    seq: 1n,
    ...change,
  };
  return signMessage(Attestation, message, signer, context);
}

/** A header that differs from the honest one as told. */
export function header(change: Partial<Header> = {}, signer = relay): SignedHeader {
  const message: Header = {
    auction_id: award.auction_id,
    task_id,
    coprocessor: coprocessor.pubkey,
    role: 0,
    attestation_root: Attestation.root(attestation().message),
    ciphertext_root: sha256(ciphertext),
    ciphertext_size: BigInt(ciphertext.length),
    key_hash: sha256(key),
    commit_by_ms: hour,
    ...change,
  };
  return signMessage(Header, message, signer, context);
}

export const commitment: SignedCommitment = {
  ...signMessage(
    Commitment,
    {
      auction_id: award.auction_id,
      task_id,
      coprocessor: coprocessor.pubkey,
      attestation_root: header().message.attestation_root,
      fee_wei: 100n,
    },
    validator,
    context,
  ),
  validator: validator.pubkey,
};

/** A reveal whose receipt and other parts differ from the honest ones as told. */
export function reveal(change: Partial<Reveal> = {}, receiptChange: Partial<Receipt> = {}, signer = relay): Reveal {
  const receipt: Receipt = {
    kind: 3,
    auction_id: award.auction_id,
    subject_root: Commitment.root(commitment.message),
    signer_root: keyRoot(validator.pubkey),
    seq: 0n,
    at_ms: 1n,
    ...receiptChange,
  };
  const tree = ListTree.of([Receipt.root(receipt)], RECEIPTS_DEPTH);
  const batch = signMessage(ReceiptBatch, { receipts_root: tree.root, count: 1 }, signer, context);
  return { attestation: attestation(), key: toHex(key), receipt: { receipt, ...tree.branch(0), batch }, ...change };
}

/** hash_tree_root of an attestation. */
export const attestationRoot = (message: Attestation): Hex => Attestation.root(message);
