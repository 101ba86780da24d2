import {
  bytes20,
  bytes32,
  bytes48,
  PRICING_RULES,
  Receipt,
  SignedBid,
  SignedBidsFrozen,
  TrustPolicy,
  uint16,
  uint256,
  uint32,
  uint64,
  uint8,
} from '@odf/protocol';
import { z } from 'zod';
import { LOSS_REASONS, NO_AWARD_REASONS } from './reasons.js';
import { REFERENCE_TERMS } from './reference.js';
import { PRICE_BASES } from './types.js';

/** Version of the rules by which this library decides; a transcript is replayed by the engine that it names. */
export const ENGINE = 'odf-market/1';

/** Most receipted bids, classes and allocation rows that a transcript may hold. */
export const TRANSCRIPT_LIMITS = { bids: 2 ** 16, classes: 2 ** 12, rows: 2 ** 18 } as const;

const role = z.codec(z.enum(['0', '1']), z.literal([0, 1]), {
  decode: (text) => (text === '0' ? 0 : 1),
  encode: (value) => (value === 0 ? '0' : '1'),
});

const auction = z.strictObject({
  auction_id: bytes32.json,
  avs_id: bytes32.json,
  mode: z.enum(['term', 'task']),
  task_id: bytes32.json.nullable(),
  round: uint32.json,
  opens_at_ms: uint64.json,
  closes_at_ms: uint64.json,
  frozen_at_ms: uint64.json,
  term_start_ms: uint64.json,
  term_end_ms: uint64.json,
});

const parameters = z.strictObject({
  reward_ref_wei: uint256.json,
  cap_bps: uint16.json,
  pricing: z.enum(PRICING_RULES),
  seed_source: z.literal('vrf'),
  reference_terms: z.array(z.strictObject({ auction_id: bytes32.json, median_bps: uint16.json })).max(REFERENCE_TERMS),
  newcomer_bps: uint16.json,
  slashed_asset: bytes20.json.nullable(),
  checked_assurance: uint8.json,
});

const policyClass = z.strictObject({
  index: uint32.json,
  root: bytes32.json,
  policy: TrustPolicy.json,
  count: uint32.json,
});

const bidEntry = z.strictObject({
  receipt: Receipt.json,
  bid: SignedBid.json,
  owner: bytes20.json,
  line: z
    .strictObject({
      asset: bytes20.json,
      kind: uint8.json,
      free_wei: uint256.json,
      valid: z.boolean(),
      block_number: uint64.json,
    })
    .nullable(),
  reputation: z.strictObject({
    live_r: uint256.json,
    live_s: uint256.json,
    safe_r: uint256.json,
    safe_s: uint256.json,
  }),
  standing: z.strictObject({
    registered: z.boolean(),
    suspended_until_ms: uint64.json,
    quarantined_until_ms: uint64.json,
  }),
  credit_wei: uint256.json.nullable(),
  capacity: uint32.json.nullable(),
});

const outcome = z.strictObject({
  seq: uint64.json,
  coprocessor: bytes48.json,
  penalty_bps: uint16.json,
  units: uint32.json,
  lane_units: uint32.json,
  standby_units: uint32.json,
  exposure_wei: uint256.json,
  price_bps: uint16.json,
  loss_reason: z.enum(LOSS_REASONS).nullable(),
  limited_by: z.enum(LOSS_REASONS).nullable(),
});

const range = z.strictObject({
  role,
  class_index: uint32.json,
  seq: uint64.json,
  step: uint8.json,
  from: uint32.json,
  units: uint32.json,
  price_bps: uint16.json,
  fee_wei: uint256.json,
  liability_wei: uint256.json,
  basis: z.enum(PRICE_BASES),
  lane: z.boolean(),
});

const unserved = z.strictObject({
  role,
  class_index: uint32.json,
  from: uint32.json,
  units: uint32.json,
  reason: z.enum(NO_AWARD_REASONS),
});

const cleared = z.strictObject({ cap_bps: uint16.json, cap_relaxed: z.boolean(), cost_bps: uint64.json });

const award = z.strictObject({
  role,
  seq: uint64.json,
  coprocessor: bytes48.json,
  line_id: bytes32.json,
  owner: bytes20.json,
  units: uint32.json,
  cover_wei: uint256.json,
  price_bps: uint16.json,
  award_root: bytes32.json,
});

/** The published record of a cleared auction (MARKET.md, "Transcript"): wire JSON ↔ values. */
export const TranscriptSchema = z
  .strictObject({
    version: z.literal('odf/1'),
    engine: z.literal(ENGINE),
    auction,
    parameters,
    frozen: SignedBidsFrozen.json,
    seed: bytes32.json,
    classes: z.array(policyClass).max(TRANSCRIPT_LIMITS.classes),
    members_root: bytes32.json,
    bids: z.array(bidEntry).max(TRANSCRIPT_LIMITS.bids),
    void: z.boolean(),
    reference_bps: uint16.json.nullable(),
    median_bps: uint16.json.nullable(),
    primary: cleared,
    lane: z.strictObject({ marginal_bps: uint32.json.nullable(), units: uint32.json }),
    standby: cleared,
    outcomes: z.array(outcome).max(TRANSCRIPT_LIMITS.bids),
    allocation: z.array(range).max(TRANSCRIPT_LIMITS.rows),
    unserved: z.array(unserved).max(TRANSCRIPT_LIMITS.rows),
    awards: z.array(award).max(2 * TRANSCRIPT_LIMITS.bids),
  })
  .meta({ id: 'Transcript' });

/** A transcript's values: bigint and number instead of decimal strings. */
export type TranscriptContent = z.output<typeof TranscriptSchema>;
