import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  auditAuction,
  changedReputations,
  doubleAwards,
  parseTranscript,
  replay,
  sha256OfTranscript,
  type AuctionDecision,
} from '@odf/market';
import {
  BidsFrozen,
  bytes20,
  bytes32,
  bytes48,
  keyRoot,
  signingRoot,
  SignedBidsFrozen,
  SignedTranscriptRoot,
  TranscriptRoot,
  uint64,
  type Hex,
} from '@odf/protocol';
import { z } from 'zod';
import { AuditBundle, auditedOf, contextOf, type Verify } from './bundle.js';

/** What a relay published of one auction, and what is wrong with it. */
const AuctionEvidence = z.strictObject({ kind: z.literal('auction'), bundle: AuditBundle });
/** Two auctions that cannot both be right: of a validator with two primaries, or of an owner with two records for one day. */
const PairEvidence = z.strictObject({
  kind: z.enum(['double_award', 'changed_reputation']),
  subject: z.union([bytes32.json, bytes20.json]),
  first: AuditBundle,
  second: AuditBundle,
});
/** Two different things that a relay signed where there is only one. */
const TwofoldEvidence = z.strictObject({
  kind: z.literal('signed_twice'),
  relay_pubkey: bytes48.json,
  chain_id: uint64.json,
  settlement: bytes20.json,
  statement: z.discriminatedUnion('what', [
    z.strictObject({ what: z.literal('frozen'), first: SignedBidsFrozen.json, second: SignedBidsFrozen.json }),
    z.strictObject({
      what: z.literal('transcript_root'),
      first: SignedTranscriptRoot.json,
      second: SignedTranscriptRoot.json,
    }),
  ]),
});

/** A contradiction with all that proves it: nobody else needs to be asked. */
export const Evidence = z.strictObject({
  version: z.literal('odf-evidence/1'),
  /** Unix ms; when it was found. */
  found_at_ms: uint64.json,
  evidence: z.discriminatedUnion('kind', [AuctionEvidence, PairEvidence, TwofoldEvidence]),
});
export type Evidence = z.output<typeof Evidence>;
/** One contradiction of any kind. */
export type Contradicting = Evidence['evidence'];

/** What evidence comes to. */
export interface Verdict {
  /** Whether the relay's own signatures contradict each other or its rules; null where something is shown that it did not sign. */
  proved: boolean | null;
  what: string;
}

/** Writes evidence into a folder and returns the file's path; the same contradiction goes to the same file. */
export function writeEvidence(dir: string, evidence: Contradicting, nowMs: number): string {
  const file = join(dir, `contradiction-${nameOf(evidence)}.json`);
  const content: Evidence = { version: 'odf-evidence/1', found_at_ms: BigInt(nowMs), evidence };
  writeFileSync(file, `${JSON.stringify(z.encode(Evidence, content))}\n`);
  return file;
}

function nameOf(evidence: Contradicting): string {
  const short = (hex: string): string => hex.slice(2, 18);
  switch (evidence.kind) {
    case 'auction':
      return `auction-${short(evidence.bundle.auction_id)}`;
    case 'signed_twice':
      return `${evidence.statement.what}-${short(evidence.statement.first.message.auction_id)}`;
    default:
      return `${evidence.kind.replace('_', '-')}-${short(evidence.subject)}-${short(evidence.second.auction_id)}`;
  }
}

/** Judges evidence by itself, without asking anybody. */
export function judge(evidence: Contradicting, verify: Verify): Promise<Verdict> {
  switch (evidence.kind) {
    case 'auction':
      return judgeAuction(evidence.bundle, verify);
    case 'signed_twice':
      return judgeTwofold(evidence, verify);
    default:
      return judgePair(evidence, verify);
  }
}

async function judgeAuction(bundle: AuditBundle, verify: Verify): Promise<Verdict> {
  const [finding] = await auditAuction(auditedOf(bundle, verify));
  if (!finding) return { proved: false, what: 'the auction is valid' };
  const what = `${finding.code} at ${finding.path}: expected ${finding.expected}, found ${finding.found}`;
  return { proved: (await isSigned(bundle, verify)) ? true : null, what };
}

async function judgePair(
  { kind, subject, first, second }: z.output<typeof PairEvidence>,
  verify: Verify,
): Promise<Verdict> {
  for (const bundle of [first, second]) {
    if (!(await isSigned(bundle, verify))) {
      return { proved: null, what: `the transcript of ${bundle.auction_id} is not the one that the relay signed` };
    }
  }
  const decisions = [decisionOf(first), decisionOf(second)];
  const found =
    kind === 'double_award'
      ? doubleAwards(decisions).some(({ validator_root }) => validator_root === subject)
      : changedReputations(decisions).some(({ owner }) => owner === subject);
  const claim = kind === 'double_award' ? `two primaries for ${subject}` : `two records of ${subject} for one day`;
  return { proved: found, what: found ? claim : `not ${claim}` };
}

async function judgeTwofold(
  { relay_pubkey, chain_id, settlement, statement }: z.output<typeof TwofoldEvidence>,
  verify: Verify,
): Promise<Verdict> {
  const context = { chainId: chain_id, settlement, relayRoot: keyRoot(relay_pubkey) };
  const { first, second } = statement;
  const roots =
    statement.what === 'frozen'
      ? [statement.first, statement.second].map(({ message }) => signingRoot(BidsFrozen, message, context))
      : [statement.first, statement.second].map(({ message }) => signingRoot(TranscriptRoot, message, context));
  const signed = await Promise.all(
    [first, second].map(({ signature }, at) => verify(relay_pubkey, roots[at]!, signature)),
  );
  if (!signed.every(Boolean)) return { proved: null, what: 'one of the two is not signed by the relay' };
  const differ = first.message.auction_id === second.message.auction_id && roots[0] !== roots[1];
  const name = statement.what === 'frozen' ? 'sets of frozen bids' : 'transcripts';
  return {
    proved: differ,
    what: differ ? `two ${name} of ${first.message.auction_id}, both signed` : 'both are the same',
  };
}

/** Whether the relay signed exactly this transcript. */
export async function isSigned(bundle: AuditBundle, verify: Verify): Promise<boolean> {
  const { relay_pubkey, info, published } = bundle;
  const { message, signature } = published.transcript_root;
  if (sha256OfTranscript(published.transcript) !== message.transcript_hash) return false;
  return verify(relay_pubkey, signingRoot(TranscriptRoot, message, contextOf(info)), signature);
}

/** The auction decided again from what was published. */
export function decisionOf({ published, members }: AuditBundle): AuctionDecision {
  return replay(parseTranscript(published.transcript), members);
}

/** The same evidence held against the key that a caller knows the relay by. */
export function withRelay(evidence: Contradicting, pubkey: Hex | undefined): Contradicting {
  if (!pubkey) return evidence;
  const own = (bundle: AuditBundle): AuditBundle => ({ ...bundle, relay_pubkey: pubkey });
  switch (evidence.kind) {
    case 'auction':
      return { ...evidence, bundle: own(evidence.bundle) };
    case 'signed_twice':
      return { ...evidence, relay_pubkey: pubkey };
    default:
      return { ...evidence, first: own(evidence.first), second: own(evidence.second) };
  }
}
