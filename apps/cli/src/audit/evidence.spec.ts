import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  auctionOf,
  bytes,
  CONTEXT,
  fakeSignature,
  policyOf,
  published,
  RELAY_KEY,
  sign,
  type BidPlan,
} from '../../../../libs/market/test/auction.fixture.js';
import { bidsRoot, type AuctionInputs, type BidEntry } from '@odf/market';
import { BidsFrozen, sha256, type RelayInfo, type TranscriptAnswer } from '@odf/protocol';
import { readJsonFile, type AuditBundle, type Verify } from './bundle.js';
import { Evidence, judge, writeEvidence, type Contradicting } from './evidence.js';

const verify: Verify = (signer, root, signature) => Promise.resolve(signature === fakeSignature(signer, root));
const plans: BidPlan[] = [500, 600, 700].map((share, index) => ({
  coprocessor: index + 1,
  steps: [[share, 20]],
  bid: { standby: 1 },
}));
const honest = auctionOf([[30, policyOf()]], plans);
let folder: string;

beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'odf-evidence-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** Everything that a relay publishes of an auction, all of it signed: what is wrong, it has signed. */
function bundleOf(inputs: AuctionInputs): AuditBundle {
  const { transcript, members, frozen, transcriptRoot, awards } = published(inputs);
  const { chainId: chain_id, settlement, relayRoot: relay_root } = CONTEXT;
  const info = {
    ...{ pubkey: RELAY_KEY, relay_root, chain_id, settlement, genesis_fork_version: '0x00000000' },
    ...{ version: '0', capabilities: [], key_successions: [] },
  } as RelayInfo;
  return {
    ...{ version: 'odf-audit/1', auction_id: inputs.auction.auction_id, relay_pubkey: RELAY_KEY, info },
    published: { transcript, frozen, transcript_root: transcriptRoot } as TranscriptAnswer,
    ...{ members: [...members], awards: [...awards] },
  };
}

/** An auction whose relay froze other bids than it should have, and signed that. */
function frozenWith(bids: readonly BidEntry[]): AuctionInputs {
  const { auction_id } = honest.auction;
  const message = { auction_id, bids_root: bidsRoot(bids.map(({ receipt }) => receipt)), count: bids.length };
  const frozen = sign(BidsFrozen, message, RELAY_KEY);
  return { ...honest, bids, frozen, seed: sha256(Buffer.from(frozen.signature.slice(2), 'hex')) };
}

const withReceipt = (index: number, change: Partial<BidEntry['receipt']>): BidEntry[] =>
  honest.bids.map((entry, at) => (at === index ? { ...entry, receipt: { ...entry.receipt, ...change } } : entry));

/** The next term, which may begin before the first has ended. */
function nextTerm(overlapMs: bigint, change: (entry: BidEntry) => BidEntry = (entry) => entry): AuctionInputs {
  const { term_end_ms } = honest.auction;
  const start = term_end_ms - overlapMs;
  const auction_id = bytes(32, 0xaa);
  const bids = honest.bids.map((entry) => change({ ...entry, receipt: { ...entry.receipt, auction_id } }));
  const standing = bids.map((entry) => {
    const message = { ...entry.bid.message, auction_id: bytes(32, 0) };
    return { ...entry, bid: { ...entry.bid, message } };
  });
  const message = { auction_id, bids_root: bidsRoot(standing.map(({ receipt }) => receipt)), count: bids.length };
  const frozen = sign(BidsFrozen, message, RELAY_KEY);
  const auction = { ...honest.auction, auction_id, term_start_ms: start, term_end_ms: start + 60_000n };
  return { ...honest, auction, bids: standing, frozen, seed: sha256(Buffer.from(frozen.signature.slice(2), 'hex')) };
}

const auction = (inputs: AuctionInputs): Contradicting => ({ kind: 'auction', bundle: bundleOf(inputs) });
const validator_root = honest.members[0]!.validator_root;
const { owner } = honest.bids[0]!;
const betterRecord = (entry: BidEntry): BidEntry =>
  entry.owner === owner ? { ...entry, reputation: { ...entry.reputation, live_r: 10n ** 12n } } : entry;

/** What a dishonest relay does, and how it is told. */
const planted: [what: string, evidence: () => Contradicting, told: RegExp][] = [
  [
    'a bid that was dropped after it was frozen',
    () => auction({ ...honest, bids: honest.bids.slice(0, 2) }),
    /BID_COUNT_WRONG at bids.length/,
  ],
  [
    'a bid that was let in late',
    () => auction(frozenWith(withReceipt(2, { at_ms: honest.auction.frozen_at_ms + 201n }))),
    /BID_LATE at bids\[2\]/,
  ],
  [
    'numbers in another order than the bids came in',
    () => auction(frozenWith(withReceipt(0, { at_ms: honest.auction.frozen_at_ms - 1n }))),
    /RECEIPTS_REORDERED at bids\[1\]/,
  ],
  ['a number that is missing', () => auction(frozenWith(withReceipt(1, { seq: 7n }))), /SEQ_GAP at bids\[1\]/],
  [
    'a record that changed within a day',
    () => ({
      kind: 'changed_reputation',
      subject: owner,
      first: bundleOf(honest),
      second: bundleOf(nextTerm(0n, betterRecord)),
    }),
    /two records of/,
  ],
  [
    'a validator that is awarded twice',
    () => ({ kind: 'double_award', subject: validator_root, first: bundleOf(honest), second: bundleOf(nextTerm(1n)) }),
    /two primaries for/,
  ],
  [
    'two sets of frozen bids',
    () => ({
      ...{ kind: 'signed_twice', relay_pubkey: RELAY_KEY, chain_id: 31337n, settlement: CONTEXT.settlement },
      statement: { what: 'frozen', first: honest.frozen, second: frozenWith(honest.bids.slice(0, 2)).frozen },
    }),
    /two sets of frozen bids .*, both signed/,
  ],
];

describe('evidence in a file', () => {
  it.each(planted)('proves %s, without asking anybody', async (_, make, told) => {
    const file = writeEvidence(folder, make(), 5);
    const { evidence } = readJsonFile(file, Evidence, 'evidence');
    const { proved, what } = await judge(evidence, verify);
    expect([proved, what]).toEqual([true, expect.stringMatching(told)]);
  });

  it.each<[string, () => Contradicting]>([
    ['an honest auction', () => auction(honest)],
    [
      'terms that follow each other',
      () => ({
        kind: 'double_award',
        subject: validator_root,
        first: bundleOf(honest),
        second: bundleOf(nextTerm(0n)),
      }),
    ],
    [
      'a record that stays',
      () => ({ kind: 'changed_reputation', subject: owner, first: bundleOf(honest), second: bundleOf(nextTerm(0n)) }),
    ],
  ])('proves nothing against %s', async (_, make) => {
    expect(await judge(make(), verify)).toMatchObject({ proved: false });
  });

  it.each(planted)('proves nothing of %s where the relay did not sign it', async (_, make) => {
    const evidence = make();
    const forged = JSON.parse(
      JSON.stringify(evidence, (__, value: unknown) => (typeof value === 'bigint' ? { n: value.toString() } : value)),
      (key, value: unknown) => {
        if (key === 'signature') return bytes(96, 7);
        return value !== null && typeof value === 'object' && 'n' in value ? BigInt(value.n as string) : value;
      },
    ) as Contradicting;
    expect((await judge(forged, verify)).proved).toBeNull();
  });
});
