import {
  Award,
  auctionId,
  Bid,
  BidsFrozen,
  keyRoot,
  ReceiptKind,
  sha256,
  signingRoot,
  TranscriptRoot,
  zeroHex,
  type Container,
  type Hex,
  type PriceStep,
  type Signed,
  type SigningContext,
  type TrustPolicy,
} from '@odf/protocol';
import type { AuditedAuction } from '../src/audit.js';
import { classesOf, type LiveEnrollment } from '../src/classes.js';
import { decideAuction } from '../src/decide.js';
import { bidsRoot } from '../src/roots.js';
import { buildTranscript, transcriptBytes } from '../src/transcript.js';
import type { AuctionInputs, AuctionParameters, BidEntry } from '../src/types.js';

const ETHER = 10n ** 18n;

/** Distinct bytes for a test's things. */
export const bytes = (length: number, tag: number): Hex => `0x${tag.toString(16).padStart(length * 2, '0')}`;
/** A validator's root: spread as real roots are. */
export const validatorRoot = (tag: number): Hex => sha256(Buffer.from(`validator ${tag}`));

/** A stand-in for BLS: unforgeable enough to notice every changed byte. */
export function fakeSignature(signer: Hex, root: Hex): Hex {
  const part = (index: number): string => sha256(Buffer.from(`${signer}${root}${index}`)).slice(2);
  return `0x${part(0)}${part(1)}${part(2)}`;
}

export const RELAY_KEY = bytes(48, 0xfee);
export const CONTEXT: SigningContext = { chainId: 31337n, settlement: bytes(20, 7), relayRoot: keyRoot(RELAY_KEY) };

export function sign<M>(container: Container<M>, message: M, signer: Hex): Signed<M> {
  return { message, signature: fakeSignature(signer, signingRoot(container, message, CONTEXT)) };
}

/** One tier that asks for nothing, unless told otherwise. */
export function policyOf(changes: Partial<TrustPolicy> = {}): TrustPolicy {
  const collateral = { kind: 0, assets: [], cover_bps: 0 };
  return {
    max_fee_share_bps: 2000,
    max_fee_wei: ETHER,
    slashable_wei: 32n * ETHER,
    tiers: [{ collateral, min_reputation_bps: 0, assurance: 0, discount_bps: 0 }],
    allow: [],
    deny: [],
    ...changes,
  };
}

/** What a test says of a bid; the rest has defaults. */
export interface BidPlan {
  coprocessor: number;
  owner?: number;
  steps: [share: number, units: number][];
  standing?: boolean;
  nonce?: bigint;
  cover?: bigint;
  bid?: Partial<Bid>;
  entry?: Partial<BidEntry>;
}

const AVS = bytes(32, 0xa5);
const TERM_START = 1_767_225_600_000n;
const ID = auctionId({ avs: AVS, termStartMs: TERM_START, round: 0 });

function entryOf(plan: BidPlan, seq: number): BidEntry {
  const coprocessor = bytes(48, plan.coprocessor);
  const message: Bid = {
    auction_id: plan.standing ? zeroHex(32) : ID,
    avs_id: AVS,
    coprocessor,
    line_id: bytes(32, 0x1000 + plan.coprocessor),
    cover_wei_per_unit: plan.cover ?? 0n,
    assurance: 0,
    standby: 0,
    steps: plan.steps.map(([fee_share_bps, units]): PriceStep => ({ fee_share_bps, units })),
    valid_until: 2_000_000_000n,
    nonce: plan.nonce ?? 1n,
    ...plan.bid,
  };
  return {
    receipt: {
      kind: ReceiptKind.bid,
      auction_id: ID,
      subject_root: Bid.root(message),
      signer_root: keyRoot(coprocessor),
      seq: BigInt(seq),
      at_ms: TERM_START - 5000n + BigInt(seq),
    },
    bid: sign(Bid, message, coprocessor),
    owner: bytes(20, plan.owner ?? plan.coprocessor),
    line: { asset: zeroHex(20), kind: 1, free_wei: 1_000_000n * ETHER, valid: true, block_number: 77n },
    reputation: { live_r: 0n, live_s: 0n, safe_r: 0n, safe_s: 0n },
    standing: { registered: true, suspended_until_ms: 0n, quarantined_until_ms: 0n },
    credit_wei: null,
    capacity: null,
    ...plan.entry,
  };
}

/** Validators 0, 1, … in blocks of one policy each. */
export function enrollmentsOf(blocks: [count: number, policy: TrustPolicy][]): LiveEnrollment[] {
  let tag = 0;
  return blocks.flatMap(([count, policy]) =>
    Array.from({ length: count }, () => {
      tag++;
      return { validator_root: validatorRoot(tag), operator: bytes(20, tag), policy };
    }),
  );
}

/** A whole auction, frozen and seeded. */
export function auctionOf(
  blocks: [count: number, policy: TrustPolicy][],
  plans: BidPlan[],
  changes: Partial<AuctionParameters> = {},
): AuctionInputs {
  const parameters: AuctionParameters = {
    reward_ref_wei: ETHER / 100n,
    cap_bps: 10_000,
    pricing: 'critical',
    seed_source: 'vrf',
    reference_terms: [],
    newcomer_bps: 0,
    slashed_asset: null,
    checked_assurance: 3,
    ...changes,
  };
  const bids = plans.map((plan, index) => entryOf(plan, index + 1));
  const message = { auction_id: ID, bids_root: bidsRoot(bids.map(({ receipt }) => receipt)), count: bids.length };
  const frozen = sign(BidsFrozen, message, RELAY_KEY);
  const { classes, members } = classesOf(enrollmentsOf(blocks), { rewardRefWei: parameters.reward_ref_wei });
  return {
    auction: {
      auction_id: ID,
      avs_id: AVS,
      mode: 'term',
      task_id: null,
      round: 0,
      opens_at_ms: TERM_START - 10_000n,
      closes_at_ms: TERM_START - 1000n,
      frozen_at_ms: TERM_START - 990n,
      term_start_ms: TERM_START,
      term_end_ms: TERM_START + 60_000n,
    },
    parameters,
    bids,
    classes,
    members,
    frozen,
    seed: sha256(Buffer.from(frozen.signature.slice(2), 'hex')),
  };
}

/** Everything that an honest relay publishes of an auction. */
export function published(inputs: AuctionInputs): AuditedAuction {
  const decision = decideAuction(inputs);
  const transcript = buildTranscript(inputs, decision);
  const { auction_id, avs_id, term_start_ms, term_end_ms } = inputs.auction;
  const root: TranscriptRoot = {
    auction_id,
    frozen_root: BidsFrozen.root(inputs.frozen.message),
    transcript_hash: sha256(transcriptBytes(transcript)),
    members_root: transcript.members_root as Hex,
    seed: inputs.seed,
  };
  const awards = decision.awards.map(({ role, coprocessor, line_id, award_root, units }) =>
    sign(
      Award,
      { auction_id, avs_id, role, coprocessor, line_id, award_root, units, term_start_ms, term_end_ms },
      RELAY_KEY,
    ),
  );
  return {
    transcript,
    members: inputs.members,
    frozen: inputs.frozen,
    transcriptRoot: sign(TranscriptRoot, root, RELAY_KEY),
    awards,
    relayPubkey: RELAY_KEY,
    context: CONTEXT,
    verify: (signer, signingRootHex, signature) => Promise.resolve(signature === fakeSignature(signer, signingRootHex)),
  };
}
