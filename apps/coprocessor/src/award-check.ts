import {
  AwardLeaf,
  ListTree,
  REGISTRY_DEPTH,
  type Award,
  type CoprocessorAwards,
  type Hex,
  type SignedAward,
  type SignedBid,
} from '@odf/protocol';

/** An award with the leaves that its root commits to. */
export interface AwardWithLeaves {
  award: SignedAward;
  leaves: AwardLeaf[];
}

/** What an award is held against; wei. */
export interface AwardExpectation {
  auction_id: Hex;
  avs_id: Hex;
  coprocessor: Hex;
  /** Cover of each line of ours at this relay. */
  lines: ReadonlyMap<Hex, bigint>;
  /** Bids of ours that may have won, newest last. */
  bids: readonly SignedBid[];
  reward_ref_wei: bigint;
  /** Whether the relay signed the award. */
  isSigned(award: SignedAward): boolean;
}

/** What an award costs at worst and brings at best, per task; wei. */
export interface AwardTotals {
  max_liability_wei: bigint;
  fee_wei: bigint;
}

/** The award is not what was bid, or not what the relay signed: nothing may be attested under it. */
export class AwardRefused extends Error {
  override readonly name = 'AwardRefused';
}

/**
 * Splits the leaves of an answer among its awards.
 *
 * @throws {AwardRefused} when their number is not the awards' units.
 */
export function pairLeaves(answer: Pick<CoprocessorAwards, 'awards' | 'leaves'>): AwardWithLeaves[] {
  const leaves = answer.leaves ?? [];
  let from = 0;
  const paired = answer.awards.map((award) => {
    const own = leaves.slice(from, (from += award.message.units));
    return { award, leaves: own };
  });
  if (from !== leaves.length) throw new AwardRefused(`awards of ${from} units came with ${leaves.length} leaves`);
  return paired;
}

function wrongFact(award: Award, expected: AwardExpectation): string | undefined {
  if (award.auction_id !== expected.auction_id) return 'it is of another auction';
  if (award.avs_id !== expected.avs_id) return 'it is of another AVS';
  if (award.coprocessor !== expected.coprocessor) return 'it names another coprocessor';
  if (!expected.lines.has(award.line_id)) return 'its cover line is not ours';
  if (award.role > 1) return 'its role is unknown';
  if (award.term_end_ms <= award.term_start_ms) return 'its term ends before it starts';
  return undefined;
}

function wrongTree(award: Award, leaves: readonly AwardLeaf[]): string | undefined {
  if (leaves.length !== award.units || leaves.length === 0) return 'its leaves are not as many as its units';
  // Lower-case hex of one length sorts like the bytes; equal neighbours would be one validator twice.
  if (leaves.some((leaf, at) => at > 0 && leaf.validator_root <= leaves[at - 1]!.validator_root)) {
    return 'its leaves are not sorted, or hold a validator twice';
  }
  const tree = ListTree.of(
    leaves.map((leaf) => AwardLeaf.root(leaf)),
    REGISTRY_DEPTH,
  );
  return tree.root === award.award_root ? undefined : 'its leaves do not give its award_root';
}

/** Whether this bid could have won these leaves: no more units, no more cover, no lower fee than offered. */
function couldWin(bid: SignedBid, { award, leaves }: AwardWithLeaves, rewardWei: bigint): boolean {
  const { line_id, steps, cover_wei_per_unit, standby } = bid.message;
  if (line_id !== award.message.line_id || (award.message.role === 1 && standby !== 1)) return false;
  if (leaves.length > steps.reduce((sum, step) => sum + step.units, 0)) return false;
  if (leaves.some((leaf) => leaf.max_liability > cover_wei_per_unit)) return false;
  const least = (BigInt(steps[0]!.fee_share_bps) * rewardWei) / 10_000n;
  return leaves.every((leaf) => leaf.fee_wei >= least);
}

/**
 * Holds an award against its signature, its leaves and our bids, before anything is attested under it.
 *
 * @returns Σ max_liability and Σ fee per task, wei.
 * @throws {AwardRefused} saying what is wrong.
 */
export function checkAward(given: AwardWithLeaves, expected: AwardExpectation): AwardTotals {
  const { award, leaves } = given;
  const problem =
    wrongFact(award.message, expected) ??
    wrongTree(award.message, leaves) ??
    (expected.isSigned(award) ? undefined : 'the relay has not signed it');
  if (problem) throw new AwardRefused(`award of ${award.message.auction_id}: ${problem}`);
  const bids = expected.bids.filter(({ message }) => message.steps.length > 0);
  if (!bids.some((bid) => couldWin(bid, given, expected.reward_ref_wei))) {
    throw new AwardRefused(
      `award of ${award.message.auction_id}: none of our bids offered this: more units, more liability or a lower fee`,
    );
  }
  const liability = leaves.reduce((sum, leaf) => sum + leaf.max_liability, 0n);
  if (liability > expected.lines.get(award.message.line_id)!) {
    throw new AwardRefused(
      `award of ${award.message.auction_id}: its liability of ${liability} wei exceeds the cover line`,
    );
  }
  return { max_liability_wei: liability, fee_wei: leaves.reduce((sum, leaf) => sum + leaf.fee_wei, 0n) };
}
