import {
  Award,
  keyRoot,
  OdfError,
  sha256,
  signingRoot,
  TranscriptRoot,
  BidsFrozen,
  type Container,
  type Hex,
  type Member,
  type Signed,
  type SignedAward,
  type SignedBidsFrozen,
  type SignedTranscriptRoot,
  type SigningContext,
} from '@odf/protocol';
import { bidFindings, receiptFindings } from './audit-bids.js';
import { demandFindings } from './audit-demand.js';
import { differences } from './difference.js';
import { finding, type Finding } from './findings.js';
import { decideAuction } from './decide.js';
import { buildTranscript, contentOf, transcriptBytes, type Json, type Transcript } from './transcript.js';
import type { TranscriptContent } from './transcript-schema.js';

/** What an auditor looks at: all of it public. */
export interface AuditedAuction {
  /** Parsed JSON, or its bytes. */
  transcript: unknown;
  members: readonly Member[];
  frozen: SignedBidsFrozen;
  transcriptRoot: SignedTranscriptRoot;
  awards: readonly SignedAward[];
  relayPubkey: Hex;
  context: SigningContext;
  /** Whether `signature` by `signer` over the 32-byte signing root holds. */
  verify: (signer: Hex, signingRoot: Hex, signature: Hex) => Promise<boolean>;
}

/**
 * Checks every signature and root of an auction, decides it again and compares.
 *
 * Returns the contradictions, those of the inputs before those of the decision and of what was signed about it;
 * none means that the auction is valid.
 */
export async function auditAuction(auction: AuditedAuction): Promise<Finding[]> {
  const parsed = readTranscript(auction.transcript);
  if ('finding' in parsed) return [parsed.finding];
  const { json, content } = parsed;
  const received = receiptFindings(content);
  const demand = demandFindings(content, auction.members);
  const sound = received.length === 0 && demand.length === 0;
  return [
    ...(await frozenFindings(auction, content)),
    ...(await bidFindings(content, auction)),
    ...received,
    ...seedFindings(auction, content),
    ...demand,
    // Who bid and who is served must be settled before the decision can be repeated.
    ...(sound ? replayFindings(auction, json, content) : []),
    ...(await awardFindings(auction, content)),
    ...(await rootFindings(auction, json, content)),
  ];
}

type Read = { json: Transcript; content: TranscriptContent } | { finding: Finding };

function readTranscript(given: unknown): Read {
  try {
    const json = (given instanceof Uint8Array ? JSON.parse(Buffer.from(given).toString('utf8')) : given) as Transcript;
    return { json, content: contentOf(json) };
  } catch (error) {
    if (!(error instanceof OdfError || error instanceof SyntaxError)) throw error;
    return { finding: finding('TRANSCRIPT_MALFORMED', 'transcript', 'a transcript of this engine', error.message) };
  }
}

async function signatureFindings<M>(
  auction: AuditedAuction,
  container: Container<M>,
  { message, signature }: Signed<M>,
  path: string,
): Promise<Finding[]> {
  const root = signingRoot(container, message, auction.context);
  if (await auction.verify(auction.relayPubkey, root, signature)) return [];
  return [finding('SIGNATURE_INVALID', `${path}.signature`, `a signature by ${auction.relayPubkey}`, signature)];
}

async function frozenFindings(auction: AuditedAuction, content: TranscriptContent): Promise<Finding[]> {
  const { frozen, relayPubkey, context } = auction;
  const found: Finding[] = [];
  if (keyRoot(relayPubkey) !== context.relayRoot) {
    found.push(finding('RELAY_KEY_MISMATCH', 'relayPubkey', context.relayRoot, keyRoot(relayPubkey)));
  }
  const parts = differences(toJson(frozen), toJson(content.frozen), 'frozen');
  found.push(...parts.map(({ path, expected, found: at }) => finding('FROZEN_DIFFERS', path, expected, at)));
  return [...found, ...(await signatureFindings(auction, BidsFrozen, frozen, 'frozen'))];
}

function seedFindings(auction: AuditedAuction, content: TranscriptContent): Finding[] {
  const seed = sha256(Buffer.from(auction.frozen.signature.slice(2), 'hex'));
  return content.seed === seed ? [] : [finding('SEED_WRONG', 'seed', seed, content.seed)];
}

function replayFindings(auction: AuditedAuction, json: Transcript, content: TranscriptContent): Finding[] {
  const { members } = auction;
  const inputs = { ...content, members };
  const expected = buildTranscript(inputs, decideAuction(inputs));
  return differences(expected, json).map(({ path, expected: should, found }) =>
    finding(replayCode(path), path, should, found),
  );
}

function replayCode(path: string): Finding['code'] {
  if (/(\.(price_bps|fee_wei|basis)|^(reference|median)_bps)$/.test(path)) return 'PRICE_DIFFERS';
  if (/^(allocation|unserved|primary|standby|lane)/.test(path)) return 'ALLOCATION_DIFFERS';
  if (path.startsWith('outcomes')) return 'OUTCOME_DIFFERS';
  if (path.startsWith('awards')) return 'AWARD_DIFFERS';
  return path === 'members_root' ? 'MEMBERS_ROOT_WRONG' : 'TRANSCRIPT_DIFFERS';
}

async function awardFindings(auction: AuditedAuction, content: TranscriptContent): Promise<Finding[]> {
  const found: Finding[] = [];
  const open = new Map(content.awards.map((row) => [`${row.role} ${row.coprocessor}`, row]));
  for (const [index, award] of auction.awards.entries()) {
    const path = `signed_awards[${index}]`;
    const key = `${award.message.role} ${award.message.coprocessor}`;
    const row = open.get(key);
    open.delete(key);
    if (!row) {
      found.push(finding('AWARD_UNEXPECTED', path, 'no such award', Award.root(award.message)));
      continue;
    }
    const { auction_id, avs_id, term_start_ms, term_end_ms } = content.auction;
    const { role, coprocessor, line_id, award_root, units } = row;
    const message = { auction_id, avs_id, role, coprocessor, line_id, award_root, units, term_start_ms, term_end_ms };
    for (const part of differences(toJson(message), toJson(award.message), `${path}.message`)) {
      found.push(finding('AWARD_DIFFERS', part.path, part.expected, part.found));
    }
    found.push(...(await signatureFindings(auction, Award, award, path)));
  }
  const missing = [...open.values()];
  return [
    ...found,
    ...missing.map((row) => finding('AWARD_MISSING', 'signed_awards', `an award to ${row.coprocessor}`, 'none')),
  ];
}

async function rootFindings(auction: AuditedAuction, json: Transcript, content: TranscriptContent): Promise<Finding[]> {
  const { transcriptRoot, frozen } = auction;
  const expected: TranscriptRoot = {
    auction_id: content.auction.auction_id,
    frozen_root: BidsFrozen.root(frozen.message),
    transcript_hash: sha256(transcriptBytes(json)),
    members_root: content.members_root,
    seed: content.seed,
  };
  const parts = differences(toJson(expected), toJson(transcriptRoot.message), 'transcript_root.message');
  return [
    ...parts.map(({ path, expected: should, found }) => finding('TRANSCRIPT_ROOT_DIFFERS', path, should, found)),
    ...(await signatureFindings(auction, TranscriptRoot, transcriptRoot, 'transcript_root')),
  ];
}

/** Values as JSON: bigints and numbers become decimal strings. */
function toJson(value: object): Json {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'bigint' || typeof part === 'number' ? String(part) : part,
    ),
  ) as Json;
}
