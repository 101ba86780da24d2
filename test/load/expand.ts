import { createHash } from 'node:crypto';
import { classOffsets, decideAuction, rangeLookup, type AuctionDecision } from '@odf/market';
import { inputsOfBench, VALIDATORS } from './support/million.js';
import { line, timed, times } from './support/timed.js';

/** Looks up who serves each of a million validators. */
function lookUpAll({ inputs, ranges }: AuctionDecision): number {
  const offsets = classOffsets(inputs.classes);
  const lookUp = rangeLookup({ inputs, ranges }, 0);
  let served = 0;
  inputs.members.forEach(({ class_index }, at) => {
    if (lookUp(class_index, at - offsets[class_index]!)) served++;
  });
  return served;
}

/** As many SHA-256 of 64 bytes as the trees need at least: five of a leaf and one of a node, for each leaf. */
function hashRaw(leaves: number): void {
  const block = Buffer.alloc(64);
  for (let done = 0; done < leaves * 4; done++) {
    block.writeUInt32LE(done, 0);
    createHash('sha256').update(block).digest();
  }
}

/** Expands implicit awards: a million look-ups, and all award trees, beside the bare hashing. */
export async function run(_args: string[]): Promise<void> {
  const decision = decideAuction(inputsOfBench());
  const served = decision.ranges.reduce((sum, { role, units }) => (role === 0 ? sum + units : sum), 0);
  const lookUps = timed(() => lookUpAll(decision));
  const primaries = () => decideAuction(decision.inputs).awards.filter(({ role }) => role === 0);
  const fresh = primaries();
  const leaves = timed(() => fresh.reduce((sum, award) => sum + award.leaves.length, 0), 1);
  const trees = timed(() => fresh.map(({ award_root }) => award_root).length, 1);
  const raw = timed(() => hashRaw(served), 1);
  line('validators, of which served', `${VALIDATORS}, ${lookUps.result}`);
  line('a million look-ups', `${times(lookUps)}, target < 500 ms`);
  line('leaves of all awards, sorted', `${times(leaves)} for ${leaves.result}`);
  line('award trees', `${times(trees)} for ${trees.result} awards, with the leaves < 5000 ms in a worker`);
  line('the bare SHA-256 of the trees', times(raw));
  line('(leaves + trees) / bare SHA-256', ((leaves.median + trees.median) / raw.median).toFixed(2));
  await Promise.resolve();
}
