import { z } from 'zod';
import { bytes20, bytes32, bytes48, hexBytes, uint256, uint32, uint64, uint8 } from '../codec.js';
import { Enrollment, KeyDelegation, SignedAttestation, SignedCommitment } from '../containers.js';
import { AwardProof, idText, Scalars } from './shapes.js';

const { ms } = Scalars;

/** What a fee is: not final yet, owed, or void because the response was slashed, late or not accepted. */
export const feeState = z.enum(['exposed', 'due', 'void']);
export type FeeState = z.infer<typeof feeState>;

/** One fee of a validator's commitment. */
export const Fee = z
  .strictObject({
    id: idText,
    task_id: bytes32.json,
    auction_id: bytes32.json,
    avs_id: bytes32.json,
    validator: bytes48.json,
    operator: bytes20.json,
    coprocessor: bytes48.json,
    owner: bytes20.json,
    role: uint8.json,
    fee_wei: uint256.json,
    state: feeState,
    committed_at_ms: ms,
    /** When it became due or void. */
    settled_at_ms: ms.nullable(),
  })
  .meta({ id: 'Fee' });
export type Fee = z.output<typeof Fee>;

/** Everything but the attestation that `FeeEscrow.draw` asks for. */
export const FeeProof = z
  .strictObject({
    commitment: SignedCommitment.json,
    /** Null where the validator key signed the commitment itself. */
    delegation: z.strictObject({ message: KeyDelegation.json, signature: hexBytes(96, 96).json }).nullable(),
    enrollment: z.strictObject({ message: Enrollment.json, operator_signature: hexBytes(1024).json }),
    award: AwardProof,
  })
  .meta({ id: 'FeeProof' });
export type FeeProof = z.output<typeof FeeProof>;

/** A fee as its coprocessor and the public history show it; the proof comes once it is due. */
export const CoprocessorFee = z
  .strictObject({ ...Fee.shape, proof: FeeProof.nullable() })
  .meta({ id: 'CoprocessorFee' });
export type CoprocessorFee = z.output<typeof CoprocessorFee>;

/** What anyone needs to file a claim on chain, without any relay. */
export const ClaimEvidence = z
  .strictObject({
    version: z.literal('odf/1'),
    chain_id: uint64.json,
    settlement: bytes20.json,
    relay: bytes48.json,
    coprocessor: bytes48.json,
    operator: bytes20.json,
    attestation: SignedAttestation.json,
    award: AwardProof,
    /** Where the slash stands; null until there is one. */
    slash: z.strictObject({ transaction: bytes32.json, log_index: uint32.json }).nullable(),
  })
  .meta({ id: 'ClaimEvidence' });
export type ClaimEvidence = z.output<typeof ClaimEvidence>;

/** `queued` until the filing is mined; then as the contract says. */
export const claimState = z.enum(['queued', 'filed', 'disputed', 'finalised', 'rejected', 'vetoed', 'failed']);
export type ClaimState = z.infer<typeof claimState>;

const claimFields = {
  claim_id: bytes32.json,
  state: claimState,
  task_id: bytes32.json,
  validator: bytes48.json,
  operator: bytes20.json,
  coprocessor: bytes48.json,
  line_id: bytes32.json,
  attestation_root: bytes32.json,
  slash_tx: bytes32.json,
  log_index: uint32.json,
  asked_wei: uint256.json,
  /** What the contract holds for the claim; null until it is filed. */
  amount_wei: uint256.json.nullable(),
  paid_wei: uint256.json,
  requested_at_ms: ms,
  filed_at_ms: ms.nullable(),
  /** Not paid before this. */
  finalisable_at_ms: ms.nullable(),
};

/** A fraud claim: its state, windows and transactions. */
export const Claim = z
  .strictObject({
    ...claimFields,
    /** Why it failed, was rejected or vetoed. */
    reason: z.string().nullable(),
    transactions: z.array(
      z.strictObject({
        kind: z.enum(['anchor', 'file', 'finalise']),
        state: z.enum(['queued', 'sent', 'mined', 'final', 'failed']),
        hash: bytes32.json.nullable(),
        block_number: uint64.json.nullable(),
      }),
    ),
  })
  .meta({ id: 'Claim' });
export type Claim = z.output<typeof Claim>;

/** A claim in the public history. */
export const DataClaim = z.strictObject({ id: idText, ...claimFields }).meta({ id: 'DataClaim' });
export type DataClaim = z.output<typeof DataClaim>;
