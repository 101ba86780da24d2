import { z } from 'zod';
import { byteList, bytes20, bytes32, bytes48, hexBytes, uint16, uint256, uint32, uint64, uint8 } from '../codec.js';
import {
  AwardLeaf,
  MAX_RESULT_BYTES,
  Member,
  Receipt,
  SignedAttestation,
  SignedAward,
  SignedBidsFrozen,
  SignedKeySuccession,
  SignedReceiptBatch,
  SignedTranscriptRoot,
  TrustPolicy,
} from '../containers.js';

/** A number that counts milliseconds, as a decimal string on the wire. */
const ms = uint64.json;
const branch = z.array(bytes32.json).max(33);

/** The JSON form of a UTC-ms, wei or count that is shown, not signed. */
export const Scalars = { ms, wei: uint256.json, bps: uint16.json, count: uint32.json };

/** A page's position: the `id` of an item. */
export const idText = z.string().max(80);

export const auctionState = z.enum(['open', 'frozen', 'cleared', 'running', 'finished', 'void']);
export type AuctionState = z.infer<typeof auctionState>;
export const taskState = z.enum(['waiting', 'open', 'closed', 'expired', 'orphaned']);
export type TaskState = z.infer<typeof taskState>;

/** A leaf of a receipt batch with the relay's signature over the batch. */
export const SignedReceipt = z
  .strictObject({ receipt: Receipt.json, index: uint32.json, branch, batch: SignedReceiptBatch.json })
  .meta({ id: 'SignedReceipt' });
export type SignedReceipt = z.output<typeof SignedReceipt>;

/** A validator's award: the coprocessor's signed award and this validator's leaf under it. */
export const AwardProof = z
  .strictObject({ award: SignedAward.json, leaf: AwardLeaf.json, index: uint32.json, branch })
  .meta({ id: 'AwardProof' });
export type AwardProof = z.output<typeof AwardProof>;

export const RelayInfo = z
  .strictObject({
    pubkey: bytes48.json,
    relay_root: bytes32.json,
    chain_id: uint64.json,
    settlement: bytes20.json,
    genesis_fork_version: hexBytes(4, 4).json,
    version: z.string(),
    capabilities: z.array(z.string()),
    key_successions: z.array(SignedKeySuccession.json),
  })
  .meta({ id: 'RelayInfo' });
export type RelayInfo = z.output<typeof RelayInfo>;

/** How winners are paid: the critical (VCG) price, the highest accepted score, the cheapest idle rival's, or their bid. */
export const PRICING_RULES = ['critical', 'uniform', 'standby', 'first'] as const;
export type PricingRule = (typeof PRICING_RULES)[number];

export const AvsInfo = z
  .strictObject({
    avs_id: bytes32.json,
    name: z.string(),
    chain_id: uint64.json,
    avs: bytes20.json,
    operator_set_id: uint32.json,
    plugin: z.strictObject({ id: z.string(), version: z.string() }),
    class: z.enum(['lightweight', 'intensive']),
    mode: z.enum(['term', 'task']),
    windows_ms: z.strictObject({ bidding: ms, term: ms, deliver: ms, grace: ms, commit: ms }),
    reward_ref_wei: uint256.json,
    cap_bps: uint16.json,
    pricing: z.enum(PRICING_RULES),
    seed: z.enum(['vrf']),
    limits: z.strictObject({
      input_bytes: uint32.json,
      result_bytes: uint32.json,
      witness_bytes: uint32.json,
      verify_ms: ms,
    }),
    verification: z.enum(['before', 'off']),
    membership: z.enum(['open', 'chain']),
    source: z.enum(['http', 'task-manager']),
    /** Where tasks are and responses go on chain; null for AVSs over HTTP. */
    task_manager: z.strictObject({ address: bytes20.json, challenge_ms: ms }).nullable(),
    /** How the response is signed and where it goes. */
    response: z.strictObject({ signature: z.enum(['secp256k1', 'bn254', 'none']), url: z.string().nullable() }),
    attributor: z.enum(['chain', 'committee', 'none']),
    claim_tail_ms: ms,
    risk: z.strictObject({ slasher: z.string(), veto_ms: ms, redistribution: z.boolean() }),
  })
  .meta({ id: 'AvsInfo' });
export type AvsInfo = z.output<typeof AvsInfo>;

export const EnrollmentAnswer = z
  .strictObject({
    validator: bytes48.json,
    avs_id: bytes32.json,
    state: z.enum(['live', 'pending', 'exited']),
    reason: z.string().nullable(),
  })
  .meta({ id: 'EnrollmentAnswer' });
export type EnrollmentAnswer = z.output<typeof EnrollmentAnswer>;

export const DelegationAnswer = z
  .strictObject({ validator: bytes48.json, delegate: bytes48.json, state: z.enum(['live', 'revoked']) })
  .meta({ id: 'DelegationAnswer' });
export type DelegationAnswer = z.output<typeof DelegationAnswer>;

const auctionFields = {
  id: idText,
  auction_id: bytes32.json,
  avs_id: bytes32.json,
  round: uint32.json,
  state: auctionState,
  opens_at_ms: ms,
  closes_at_ms: ms,
  term_start_ms: ms,
  term_end_ms: ms,
};
const taskSummary = z.strictObject({
  task_id: bytes32.json,
  deliver_by_ms: ms,
  commit_by_ms: ms,
  state: taskState,
});

export const ValidatorAuction = z
  .strictObject({
    ...auctionFields,
    enrollment: z.enum(['live', 'pending', 'exited', 'none']),
    award: z.strictObject({ coprocessor: bytes48.json, role: uint8.json, fee_wei: uint256.json }).nullable(),
    tasks: z.array(taskSummary),
  })
  .meta({ id: 'ValidatorAuction' });
export type ValidatorAuction = z.output<typeof ValidatorAuction>;

export const CoprocessorAuction = z
  .strictObject({
    ...auctionFields,
    mode: z.enum(['term', 'task']),
    reward_ref_wei: uint256.json,
    /** Validators by quantised policy: the members of a frozen auction, the live enrollments of an open one. */
    demand: z.array(z.strictObject({ class_root: bytes32.json, count: uint32.json, policy: TrustPolicy.json })),
    tasks: z.array(taskSummary),
  })
  .meta({ id: 'CoprocessorAuction' });
export type CoprocessorAuction = z.output<typeof CoprocessorAuction>;

export const CoprocessorAwards = z
  .strictObject({
    receipts: z.array(SignedReceipt),
    awards: z.array(SignedAward.json),
    price_bps: uint16.json.nullable(),
    units: uint32.json,
    loss_reason: z.string().nullable(),
    /** With `?leaves=1`: the leaves of `awards` in their order; `units` of each award tells where its leaves end. */
    leaves: z.array(AwardLeaf.json).optional(),
  })
  .meta({ id: 'CoprocessorAwards' });
export type CoprocessorAwards = z.output<typeof CoprocessorAwards>;

export const TaskInfo = z
  .strictObject({
    task_id: bytes32.json,
    avs_id: bytes32.json,
    native_ref: hexBytes(1024).json,
    /** All zero until a term takes the task. */
    auction_id: bytes32.json,
    input: byteList(MAX_RESULT_BYTES).json,
    created_at_ms: ms,
    deliver_by_ms: ms,
    commit_by_ms: ms,
    deadline_ms: ms,
    state: taskState,
  })
  .meta({ id: 'TaskInfo' });
export type TaskInfo = z.output<typeof TaskInfo>;

export const Reveal = z
  .strictObject({ attestation: SignedAttestation.json, key: bytes32.json, receipt: SignedReceipt })
  .meta({ id: 'Reveal' });
export type Reveal = z.output<typeof Reveal>;

/** What 202 answers: the commitment is durable, the key may not leave yet. */
export const CommitmentAccepted = z.strictObject({ receipt: SignedReceipt }).meta({ id: 'CommitmentAccepted' });
export type CommitmentAccepted = z.output<typeof CommitmentAccepted>;

export const Explanation = z
  .strictObject({
    auction_id: bytes32.json,
    validator: bytes48.json,
    state: auctionState,
    award: z.strictObject({ coprocessor: bytes48.json, role: uint8.json, fee_wei: uint256.json }).nullable(),
    /** A no-award reason of the protocol; null with an award or before clearing. */
    reason: z.string().nullable(),
    detail: z.string(),
  })
  .meta({ id: 'Explanation' });
export type Explanation = z.output<typeof Explanation>;

const beta = z.strictObject({ r: uint64.json, s: uint64.json, lower_bound_bps: uint16.json });
export const CoprocessorInfo = z
  .strictObject({
    coprocessor: bytes48.json,
    owner: bytes20.json,
    lines: z.array(
      z.strictObject({
        line_id: bytes32.json,
        /** The AVS that the line covers; null for any. */
        avs_id: bytes32.json.nullable(),
        kind: uint8.json,
        asset: bytes20.json,
        cap_wei: uint256.json,
        reserved_wei: uint256.json,
        free_wei: uint256.json,
        valid_from_ms: ms,
        valid_until_ms: ms,
      }),
    ),
    reserved_wei: uint256.json,
    free_wei: uint256.json,
    /** Fixed point 1e9; no history yet reads as zeros. */
    reputation: z.strictObject({ live: beta, safe: beta }),
    standing: z.enum(['good', 'suspended', 'revoked']),
  })
  .meta({ id: 'CoprocessorInfo' });
export type CoprocessorInfo = z.output<typeof CoprocessorInfo>;

export const DataAuction = z
  .strictObject({
    ...auctionFields,
    mode: z.enum(['term', 'task']),
    frozen_at_ms: ms.nullable(),
    bids: uint32.json,
    members: uint32.json,
    frozen: SignedBidsFrozen.json.nullable(),
    transcript_root: SignedTranscriptRoot.json.nullable(),
  })
  .meta({ id: 'DataAuction' });
export type DataAuction = z.output<typeof DataAuction>;

export const DataAward = z
  .strictObject({ id: idText, award: SignedAward.json, price_bps: uint16.json, owner: bytes20.json })
  .meta({ id: 'DataAward' });
export type DataAward = z.output<typeof DataAward>;

export const DataDelivery = z
  .strictObject({
    id: idText,
    task_id: bytes32.json,
    auction_id: bytes32.json,
    coprocessor: bytes48.json,
    role: uint8.json,
    attestation_root: bytes32.json,
    state: z.enum(['received', 'verified', 'refused']),
    verdict: z.string().nullable(),
    at_ms: ms,
  })
  .meta({ id: 'DataDelivery' });
export type DataDelivery = z.output<typeof DataDelivery>;

export const DataOutcome = z
  .strictObject({
    id: idText,
    task_id: bytes32.json,
    validator: bytes48.json,
    status: uint8.json,
    reference: bytes32.json,
    at_ms: ms,
  })
  .meta({ id: 'DataOutcome' });
export type DataOutcome = z.output<typeof DataOutcome>;

export const DataReputation = z
  .strictObject({
    id: idText,
    coprocessor: bytes48.json,
    owner: bytes20.json,
    avs_id: bytes32.json,
    task_id: bytes32.json,
    kind: z.string(),
    attribution: z.enum(['coprocessor', 'relay', 'avs', 'infrastructure', 'nobody']),
    evidence: z.record(z.string(), z.unknown()),
    at_ms: ms,
  })
  .meta({ id: 'DataReputation' });
export type DataReputation = z.output<typeof DataReputation>;

/** Days as they are written: UTC. */
export const isoDay = z.iso.date();

/** An owner's reputation at the end of a day; sums of weighted observations, 1e9 fixed point. */
export const ReputationScore = z
  .strictObject({
    owner: bytes20.json,
    day: isoDay,
    live: beta,
    safe: beta,
  })
  .meta({ id: 'ReputationScore' });
export type ReputationScore = z.output<typeof ReputationScore>;

/** An operator's word on who was at fault after all. */
export const ReputationCorrection = z.strictObject({
  /** The event that is corrected. */
  event_id: idText,
  attribution: z.enum(['coprocessor', 'relay', 'avs', 'infrastructure', 'nobody']),
  reason: z.string().min(10).max(2_000),
});
export type ReputationCorrection = z.output<typeof ReputationCorrection>;

export const DataConcentration = z
  .strictObject({
    id: idText,
    auction_id: bytes32.json,
    avs_id: bytes32.json,
    units: uint32.json,
    owners: uint32.json,
    /** Herfindahl–Hirschman index, 0..10000. */
    hhi: uint16.json,
    /** Share of the four largest owners in bps. */
    c4_bps: uint16.json,
  })
  .meta({ id: 'DataConcentration' });
export type DataConcentration = z.output<typeof DataConcentration>;

export const DataMember = z
  .strictObject({ id: idText, class_index: uint32.json, validator_root: bytes32.json, operator: bytes20.json })
  .meta({ id: 'DataMember' });
export type DataMember = z.output<typeof DataMember>;
export type MemberValue = z.output<typeof Member.json>;

export const TranscriptAnswer = z
  .strictObject({
    /** Canonical JSON (RFC 8785) of this object hashes to `transcript_hash`. */
    transcript: z.record(z.string(), z.unknown()),
    frozen: SignedBidsFrozen.json,
    transcript_root: SignedTranscriptRoot.json,
  })
  .meta({ id: 'TranscriptAnswer' });
export type TranscriptAnswer = z.output<typeof TranscriptAnswer>;

export const BidProof = z
  .strictObject({ receipt: Receipt.json, index: uint32.json, branch, frozen: SignedBidsFrozen.json })
  .meta({ id: 'BidProof' });
export type BidProof = z.output<typeof BidProof>;

export const ErrorAnswer = z
  .strictObject({
    code: z.int(),
    error: z.string(),
    message: z.string(),
    failures: z
      .array(z.strictObject({ index: z.int(), code: z.int(), error: z.string(), message: z.string() }))
      .optional(),
    data: z.array(z.unknown()).optional(),
  })
  .meta({ id: 'Error' });
