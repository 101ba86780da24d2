import { verifySignature } from '@odf/bls';
import {
  auditAuction,
  bidsRoot,
  buildTranscript,
  contentOf,
  decideAuction,
  transcriptBytes,
  type AuctionDecision,
  type AuctionInputs,
  type AuditedAuction,
  type BidEntry,
  type ReputationSnapshot,
  type Transcript,
} from '@odf/market';
import {
  Award,
  BidsFrozen,
  ListTree,
  Receipt,
  ReceiptBatch,
  RECEIPTS_DEPTH,
  sha256,
  TranscriptRoot,
  type Hex,
  type SignedReceipt,
} from '@odf/protocol';
import { contradictionOf } from '../audit/audit-receipt.js';
import type { RelayDesk } from './relay-desk.js';

/** A lie that the relay told about one auction, and what showed it. */
export interface LieOutcome {
  lie: string;
  /** What an auditor found first; null when the lie passed. */
  finding: string | null;
}

/** What a lying relay publishes, with the receipts that it signed before. */
interface Publication {
  audited: AuditedAuction;
  receipts: SignedReceipt[];
}

/** Whether a signature by a key over a signing root holds. */
type Check = (signer: Hex, signingRoot: Hex, signature: Hex) => boolean;

/** The honest auction, and the pen that signs for the relay. */
interface Scene {
  desk: RelayDesk;
  honest: AuctionDecision;
  /** Whom the relay harms: the seq of the bid that won most. */
  victim: bigint;
  /** Whom it favours: the seq of another bid. */
  friend: bigint;
  check: Check;
}

const LIES: Readonly<Record<string, (scene: Scene) => Publication>> = {
  'drops a bid after the freeze': (scene) =>
    publish(scene, scene.honest.inputs, (transcript) => ({
      ...transcript,
      bids: listOf(transcript, 'bids').filter((_, index) => BigInt(index + 1) !== scene.victim),
    })),
  'drops a bid before the freeze': (scene) =>
    publish(
      scene,
      frozenAgain(scene, renumbered(scene.honest.inputs.bids.filter(({ receipt }) => receipt.seq !== scene.victim))),
    ),
  'lets a late bid in': (scene) => {
    const { inputs } = scene.honest;
    const again = inputs.bids.find(({ receipt }) => receipt.seq === scene.friend)!;
    const late = {
      ...again,
      receipt: { ...again.receipt, seq: BigInt(inputs.bids.length + 1), at_ms: inputs.auction.frozen_at_ms },
    };
    return publish(scene, { ...inputs, bids: [...inputs.bids, late] });
  },
  'changes the order of bids': (scene) => {
    const { inputs } = scene.honest;
    const seqs = new Map([
      [scene.victim, scene.friend],
      [scene.friend, scene.victim],
    ]);
    const bids = inputs.bids.map((entry) => ({
      ...entry,
      receipt: { ...entry.receipt, seq: seqs.get(entry.receipt.seq) ?? entry.receipt.seq },
    }));
    return publish(scene, { ...inputs, bids });
  },
  'takes another seed': (scene) => {
    const { inputs } = scene.honest;
    return publish(scene, { ...inputs, seed: sha256(Buffer.from(inputs.seed)) });
  },
  'raises a price': (scene) =>
    publish(scene, scene.honest.inputs, (transcript) => changed(transcript, 'price_bps', '2999')),
  'takes units from a winner': (scene) =>
    publish(scene, scene.honest.inputs, (transcript) => changed(transcript, 'seq', `${scene.friend}`)),
  'improves a record': (scene) => {
    const { inputs } = scene.honest;
    const bids = inputs.bids.map((entry) =>
      entry.receipt.seq === scene.friend
        ? {
            ...entry,
            reputation: { ...entry.reputation, live_r: entry.reputation.live_r + 50_000_000_000n, live_s: 0n },
          }
        : entry,
    );
    return publish(scene, { ...inputs, bids });
  },
  'awards twice': (scene) => {
    const { audited, receipts } = publish(scene, scene.honest.inputs);
    const [first] = audited.awards;
    const again = scene.desk.sign(Award, { ...first!.message, award_root: sha256(Buffer.from('another tree')) });
    return { audited: { ...audited, awards: [...audited.awards, again] }, receipts };
  },
  'invents validators': (scene) => {
    const { audited, receipts } = publish(scene, scene.honest.inputs);
    const validator_root: Hex = `0x${'ff'.repeat(32)}`;
    const phantom = { ...audited.members.at(-1)!, validator_root };
    return { audited: { ...audited, members: [...audited.members, phantom] }, receipts };
  },
};

/** The names of all lies. */
export const LIE_NAMES = Object.keys(LIES);

/**
 * Tells every lie about an auction and audits each as anyone can: by the transcript, by the bidders' receipts, and by records
 * that the auditor has folded from public events. The honest publication is audited too, as a lie of nobody.
 */
export async function auditLies(
  desk: RelayDesk,
  honest: AuctionDecision,
  recordOf: (coprocessor: Hex) => ReputationSnapshot,
): Promise<LieOutcome[]> {
  const [victim, friend] = [...honest.bids].sort((a, b) => b.units - a.units || Number(a.seq - b.seq));
  const scene: Scene = { desk, honest, victim: victim!.seq, friend: friend!.seq, check: remembering(verifySignature) };
  const outcomes: LieOutcome[] = [];
  for (const [lie, tell] of [['nothing', () => publish(scene, honest.inputs)] as const, ...Object.entries(LIES)]) {
    outcomes.push({ lie, finding: await findingOf(tell(scene), scene.check, recordOf) });
  }
  return outcomes;
}

async function findingOf(
  { audited, receipts }: Publication,
  check: Check,
  recordOf: (coprocessor: Hex) => ReputationSnapshot,
): Promise<string | null> {
  const [first] = await auditAuction(audited);
  if (first) return first.code;
  const { bids, frozen } = contentOf(audited.transcript);
  const published = { frozen, receipts: bids.map(({ receipt }) => receipt) };
  const identity = { pubkey: audited.relayPubkey, context: audited.context };
  for (const signed of receipts) {
    const contradiction = contradictionOf(signed, { proof: null, published }, identity, check);
    if (contradiction) return contradiction.code;
  }
  const differs = bids.some(({ bid, reputation }) => !sameRecord(reputation, recordOf(bid.message.coprocessor)));
  return differs ? 'REPUTATION_DIFFERS' : null;
}

function sameRecord(a: ReputationSnapshot, b: ReputationSnapshot): boolean {
  return a.live_r === b.live_r && a.live_s === b.live_s && a.safe_r === b.safe_r && a.safe_s === b.safe_s;
}

/** Decides, writes down and signs, whatever was changed before or is changed in the transcript after. */
function publish(
  { desk, honest, check }: Scene,
  inputs: AuctionInputs,
  change: (transcript: Transcript) => Transcript = (transcript) => transcript,
): Publication {
  const decision = decideAuction(inputs);
  const transcript = change(buildTranscript(inputs, decision));
  const { auction_id, avs_id, term_start_ms, term_end_ms } = inputs.auction;
  const root: TranscriptRoot = {
    auction_id,
    frozen_root: BidsFrozen.root(inputs.frozen.message),
    transcript_hash: sha256(transcriptBytes(transcript)),
    members_root: transcript['members_root'] as Hex,
    seed: inputs.seed,
  };
  const awards = decision.awards.map(({ role, coprocessor, line_id, award_root, units }) =>
    desk.sign(Award, { auction_id, avs_id, role, coprocessor, line_id, award_root, units, term_start_ms, term_end_ms }),
  );
  const audited: AuditedAuction = {
    transcript,
    members: inputs.members,
    frozen: inputs.frozen,
    transcriptRoot: desk.sign(TranscriptRoot, root),
    awards,
    relayPubkey: desk.key.pubkey,
    context: desk.context,
    verify: (signer, signingRoot, signature) => Promise.resolve(check(signer, signingRoot, signature)),
  };
  return { audited, receipts: receiptsOf(desk, honest.inputs.bids) };
}

/** Most of what is signed is the same in every lie. */
function remembering(check: Check): Check {
  const known = new Map<string, boolean>();
  return (signer, signingRoot, signature) => {
    const key = signer + signingRoot + signature;
    const holds = known.get(key) ?? check(signer, signingRoot, signature);
    known.set(key, holds);
    return holds;
  };
}

/** What the bidders hold: their receipts under one signed batch. */
function receiptsOf(desk: RelayDesk, bids: readonly BidEntry[]): SignedReceipt[] {
  const tree = ListTree.of(
    bids.map(({ receipt }) => Receipt.root(receipt)),
    RECEIPTS_DEPTH,
  );
  const batch = desk.sign(ReceiptBatch, { receipts_root: tree.root, count: bids.length });
  return bids.map(({ receipt }, index) => ({ receipt, index, branch: tree.branch(index).branch, batch }));
}

/** The same auction with other bids, frozen as if they were all. */
function frozenAgain({ desk, honest }: Scene, bids: BidEntry[]): AuctionInputs {
  const { auction_id } = honest.inputs.auction;
  const message = { auction_id, bids_root: bidsRoot(bids.map(({ receipt }) => receipt)), count: bids.length };
  const frozen = desk.sign(BidsFrozen, message);
  return { ...honest.inputs, bids, frozen, seed: sha256(Buffer.from(frozen.signature.slice(2), 'hex')) };
}

function renumbered(bids: readonly BidEntry[]): BidEntry[] {
  return bids.map((entry, index) => ({ ...entry, receipt: { ...entry.receipt, seq: BigInt(index + 1) } }));
}

type Rows = readonly { readonly [member: string]: string }[];

function listOf(transcript: Transcript, member: string): Rows {
  return transcript[member] as unknown as Rows;
}

/** The first row of the allocation with another value. */
function changed(transcript: Transcript, member: string, value: string): Transcript {
  const allocation = listOf(transcript, 'allocation').map((row, index) =>
    index === 0 ? { ...row, [member]: value } : row,
  );
  return { ...transcript, allocation };
}
