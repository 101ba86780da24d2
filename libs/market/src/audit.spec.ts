import fc from 'fast-check';
import { Award, sha256, TranscriptRoot, type Hex, type SignedBidsFrozen } from '@odf/protocol';
import { auctionOf, bytes, policyOf, published, RELAY_KEY, sign } from '../test/auction.fixture.js';
import { auditAuction, type AuditedAuction } from './audit.js';
import { transcriptBytes, type Json, type Transcript } from './transcript.js';

const inputs = auctionOf(
  [
    [30, policyOf()],
    [20, policyOf({ max_fee_share_bps: 1000 })],
  ],
  [
    {
      coprocessor: 1,
      steps: [
        [500, 20],
        [650, 5],
      ],
    },
    { coprocessor: 2, steps: [[700, 30]] },
    { coprocessor: 2, steps: [[600, 30]], nonce: 2n },
    { coprocessor: 3, steps: [[900, 100]], standing: true },
  ],
  { cap_bps: 5000 },
);
const honest = published(inputs);

type Tree = { [member: string]: Tree | Json };
type Change = (transcript: Tree) => void;

const split = (path: string): string[] => path.split(/[.[\]]+/).filter((key) => key !== '');

/** Puts a value at a path such as `bids[0].owner`. */
function put(transcript: Tree, path: string[], value: Json): void {
  const parent = path.slice(0, -1).reduce((at, key) => at[key] as Tree, transcript);
  parent[path.at(-1)!] = value;
}

function copyOf(transcript: unknown): Tree {
  return structuredClone(transcript) as Tree;
}

/** A transcript with one change; the lying relay signs its hash again if `resigned`. */
function tampered(change: Change, resigned = false): AuditedAuction {
  const transcript = copyOf(honest.transcript);
  change(transcript);
  if (!resigned) return { ...honest, transcript };
  const message = {
    ...honest.transcriptRoot.message,
    transcript_hash: sha256(transcriptBytes(transcript)),
    seed: transcript.seed as Hex,
  };
  return { ...honest, transcript, transcriptRoot: sign(TranscriptRoot, message, RELAY_KEY) };
}

const first = async (auction: AuditedAuction): Promise<[string, string] | null> => {
  const [finding] = await auditAuction(auction);
  return finding ? [finding.code, finding.path] : null;
};

describe('auditing an auction', () => {
  it('finds nothing in an honest one, from JSON or bytes', async () => {
    expect(await auditAuction(honest)).toEqual([]);
    const bytesOf = transcriptBytes(honest.transcript as Transcript);
    expect(await auditAuction({ ...honest, transcript: bytesOf })).toEqual([]);
  });

  const changes: [what: string, at: string, value: Json, code: string, path: string][] = [
    ['bid', 'bids[0].bid.message.steps[0].fee_share_bps', '400', 'BID_SIGNATURE_INVALID', 'bids[0].bid.signature'],
    [
      'bid signature',
      'bids[2].bid.signature',
      `0x${'11'.repeat(96)}`,
      'BID_SIGNATURE_INVALID',
      'bids[2].bid.signature',
    ],
    ['receipt time', 'bids[1].receipt.at_ms', '5', 'BIDS_ROOT_WRONG', 'bids'],
    ['receipt seq', 'bids[1].receipt.seq', '3', 'SEQ_GAP', 'bids[1].receipt.seq'],
    ['receipt subject', 'bids[1].receipt.subject_root', bytes(32, 5), 'RECEIPT_WRONG', 'bids[1].receipt.subject_root'],
    ['frozen count', 'frozen.message.count', '5', 'FROZEN_DIFFERS', 'frozen.message.count'],
    ['frozen signature', 'frozen.signature', `0x${'22'.repeat(96)}`, 'FROZEN_DIFFERS', 'frozen.signature'],
    ['seed', 'seed', bytes(32, 1), 'SEED_WRONG', 'seed'],
    ['class count', 'classes[1].count', '21', 'MEMBER_COUNT_WRONG', 'classes[1].count'],
    ['class policy', 'classes[0].policy.max_fee_share_bps', '950', 'CLASS_WRONG', 'classes[0].root'],
    ['members root', 'members_root', bytes(32, 1), 'MEMBERS_ROOT_WRONG', 'members_root'],
    ['auction time', 'auction.term_start_ms', '1767225600001', 'AUCTION_ID_WRONG', 'auction.auction_id'],
    ['price', 'allocation[0].price_bps', '901', 'PRICE_DIFFERS', 'allocation[0].price_bps'],
    ['fee', 'allocation[1].fee_wei', '1', 'PRICE_DIFFERS', 'allocation[1].fee_wei'],
    ['range', 'allocation[0].units', '1', 'ALLOCATION_DIFFERS', 'allocation[0].units'],
    ['winner', 'outcomes[2].units', '29', 'OUTCOME_DIFFERS', 'outcomes[2].units'],
    ['loss reason', 'outcomes[1].loss_reason', 'OUTSCORED', 'OUTCOME_DIFFERS', 'outcomes[1].loss_reason'],
    ['owner cap', 'primary.cap_bps', '10000', 'ALLOCATION_DIFFERS', 'primary.cap_bps'],
    ['award root', 'awards[0].award_root', bytes(32, 3), 'AWARD_DIFFERS', 'awards[0].award_root'],
    ['unknown member', 'extra', '1', 'TRANSCRIPT_MALFORMED', 'transcript'],
  ];

  it.each(changes)('names a changed %s first, even if the relay signs the change', async (_, at, value, code, path) => {
    const change: Change = (transcript) => put(transcript, split(at), value);
    expect(await first(tampered(change))).toEqual([code, path]);
    expect(await first(tampered(change, true))).toEqual([code, path]);
  });

  it('notices a dropped and an added bid', async () => {
    const dropped = tampered(({ bids }) => void (bids as unknown as Json[]).pop(), true);
    expect(await first(dropped)).toEqual(['BID_COUNT_WRONG', 'bids.length']);
    const added = tampered(({ bids }) => void (bids as unknown as Json[]).push((bids as unknown as Json[])[0]!), true);
    expect(await first(added)).toEqual(['SEQ_GAP', 'bids[4].receipt.seq']);
  });

  it('notices phantom, missing and doubled members', async () => {
    const [member] = honest.members;
    const phantom = { ...honest, members: [...honest.members, { ...member!, validator_root: bytes(32, 1) }] };
    expect((await first(phantom))![0]).toBe('MEMBER_COUNT_WRONG');
    expect((await first({ ...honest, members: honest.members.slice(1) }))![0]).toBe('MEMBER_COUNT_WRONG');
    const doubled = [honest.members[1]!, ...honest.members.slice(1)];
    expect((await first({ ...honest, members: doubled }))![0]).toBe('MEMBERS_INVALID');
    const moved = honest.members.map((row, at) => (at === 0 ? { ...row, operator: bytes(20, 0xbad) } : row));
    expect((await first({ ...honest, members: moved }))![0]).toBe('MEMBERS_ROOT_WRONG');
  });

  it('notices wrong, missing, doubled and badly signed awards', async () => {
    const [award, ...others] = honest.awards;
    const resized = sign(Award, { ...award!.message, units: 1 }, RELAY_KEY);
    expect(await first({ ...honest, awards: [resized, ...others] })).toEqual([
      'AWARD_DIFFERS',
      'signed_awards[0].message.units',
    ]);
    expect(await first({ ...honest, awards: others })).toEqual(['AWARD_MISSING', 'signed_awards']);
    expect(await first({ ...honest, awards: [award!, ...honest.awards] })).toEqual([
      'AWARD_UNEXPECTED',
      'signed_awards[1]',
    ]);
    const stranger = sign(Award, award!.message, bytes(48, 0xbad));
    expect(await first({ ...honest, awards: [stranger, ...others] })).toEqual([
      'SIGNATURE_INVALID',
      'signed_awards[0].signature',
    ]);
  });

  it('notices a badly signed or differing transcript root, another frozen set and another relay key', async () => {
    const { message } = honest.transcriptRoot;
    const stranger = sign(TranscriptRoot, message, bytes(48, 0xbad));
    expect(await first({ ...honest, transcriptRoot: stranger })).toEqual([
      'SIGNATURE_INVALID',
      'transcript_root.signature',
    ]);
    const other = sign(TranscriptRoot, { ...message, frozen_root: bytes(32, 1) }, RELAY_KEY);
    expect(await first({ ...honest, transcriptRoot: other })).toEqual([
      'TRANSCRIPT_ROOT_DIFFERS',
      'transcript_root.message.frozen_root',
    ]);
    const frozen: SignedBidsFrozen = { ...honest.frozen, signature: `0x${'33'.repeat(96)}` };
    expect(await first({ ...honest, frozen })).toEqual(['FROZEN_DIFFERS', 'frozen.signature']);
    expect((await first({ ...honest, relayPubkey: bytes(48, 0xbad) }))![0]).toBe('RELAY_KEY_MISMATCH');
  });

  it('notices any changed leaf of a transcript that is not signed again', async () => {
    const paths = leavesOf(honest.transcript as Json);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), async (path) => {
        const transcript = copyOf(honest.transcript);
        const before = path.reduce<Json>((at, key) => (at as Record<string, Json>)[key]!, honest.transcript as Json);
        put(transcript, path, alter(before));
        expect(await auditAuction({ ...honest, transcript })).not.toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

/** Paths of everything that is not an object or array. */
function leavesOf(value: Json, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, member]) => leavesOf(member, [...path, key]));
}

function alter(value: Json): Json {
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'string') return '1';
  return value.endsWith('1') ? `${value.slice(0, -1)}2` : `${value.slice(0, -1)}1`;
}
