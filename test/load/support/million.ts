import type { AuctionInputs, AuctionParameters, BidEntry, PolicyClass } from '@odf/market';
import { TrustPolicy, zeroHex, type Hex, type Member } from '@odf/protocol';

export const VALIDATORS = 1_000_000;
export const BIDS = 1000;
export const CLASSES = 512;
const ETHER = 10n ** 18n;

type Random = (below: number) => number;

/** Repeatable randomness (mulberry32). */
function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

function randomHex(random: Random, length: number): Hex {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(random(2 ** 32), at);
  return `0x${bytes.toString('hex')}`;
}

/** 512 policies of the grid, few of them popular, as policies are. */
function classesOfBench(random: Random): PolicyClass[] {
  const weights = Array.from({ length: CLASSES }, (_, index) => 1 / (index + 1) ** 1.1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const counts = weights.map((weight) => Math.floor((VALIDATORS * weight) / total));
  counts[0]! += VALIDATORS - counts.reduce((sum, count) => sum + count, 0);
  const classes = counts.map((count, index): Omit<PolicyClass, 'index'> => {
    const collateral = { kind: 1 + random(3), assets: [], cover_bps: [0, 2500, 5000, 9000][random(4)]! };
    const policy: TrustPolicy = {
      max_fee_share_bps: 1500 + 50 * random(50),
      max_fee_wei: ETHER + BigInt(index),
      slashable_wei: 32n * ETHER,
      tiers: [{ collateral, min_reputation_bps: 500 * random(19), assurance: 0, discount_bps: 0 }],
      allow: [],
      deny: [],
    };
    return { root: TrustPolicy.root(policy), policy, count };
  });
  return classes.sort((a, b) => (a.root < b.root ? -1 : 1)).map((row, index) => ({ index, ...row }));
}

function membersOf(classes: readonly PolicyClass[], random: Random): Member[] {
  return classes.flatMap(({ count }, class_index) =>
    Array.from({ length: count }, () => randomHex(random, 32))
      .sort()
      .map((validator_root) => ({ class_index, validator_root, operator: randomHex(random, 20) })),
  );
}

function bidsOf(random: Random): BidEntry[] {
  return Array.from({ length: BIDS }, (_, index): BidEntry => {
    const coprocessor = randomHex(random, 48);
    const share = 300 + random(2600);
    const cover = (32n * ETHER * BigInt([0, 2500, 5000, 9000][random(4)]!)) / 10_000n;
    const receipt = {
      kind: 1,
      auction_id: zeroHex(32),
      subject_root: zeroHex(32),
      signer_root: zeroHex(32),
      seq: BigInt(index + 1),
      at_ms: 0n,
    };
    const message = {
      auction_id: zeroHex(32),
      avs_id: zeroHex(32),
      coprocessor,
      line_id: zeroHex(32),
      cover_wei_per_unit: cover,
      assurance: 0,
      standby: index % 2,
      steps: [{ fee_share_bps: share, units: 1 + Math.floor(40 * 400 ** (random(1000) / 1000)) }],
      valid_until: 2_000_000_000n,
      nonce: 1n,
    };
    return {
      receipt,
      bid: { message, signature: zeroHex(96) },
      owner: randomHex(random, 20),
      line: { asset: zeroHex(20), kind: 1 + random(2), free_wei: 10n ** 30n, valid: true, block_number: 1n },
      reputation: {
        live_r: BigInt(random(130)) * 10n ** 9n,
        live_s: BigInt(random(2)) * 10n ** 9n,
        safe_r: BigInt(random(200)) * 10n ** 9n,
        safe_s: 0n,
      },
      standing: { registered: true, suspended_until_ms: 0n, quarantined_until_ms: 0n },
      credit_wei: null,
      capacity: null,
    };
  });
}

/** An auction of a million validators in 512 classes, with a thousand bids. */
export function inputsOfBench(): AuctionInputs {
  const random = randomOf(1);
  const parameters: AuctionParameters = {
    reward_ref_wei: ETHER / 100n,
    cap_bps: 2500,
    pricing: 'critical',
    seed_source: 'vrf',
    reference_terms: [{ auction_id: zeroHex(32), median_bps: 870 }],
    newcomer_bps: 500,
    slashed_asset: null,
    checked_assurance: 0,
  };
  const classes = classesOfBench(random);
  const times = { opens_at_ms: 0n, closes_at_ms: 1n, frozen_at_ms: 1n, term_start_ms: 2n, term_end_ms: 3n };
  return {
    auction: { auction_id: zeroHex(32), avs_id: zeroHex(32), mode: 'term', task_id: null, round: 0, ...times },
    parameters,
    bids: bidsOf(random),
    classes,
    members: membersOf(classes, random),
    frozen: { message: { auction_id: zeroHex(32), bids_root: zeroHex(32), count: BIDS }, signature: zeroHex(96) },
    seed: randomHex(random, 32),
  };
}
