import { OdfError, sha256, type Hex, type Member } from '@odf/protocol';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { decideAuction } from './decide.js';
import { membersRoot } from './roots.js';
import { ENGINE, TranscriptSchema, type TranscriptContent } from './transcript-schema.js';
import type { AuctionDecision, AuctionInputs, DecidedAward } from './types.js';

/** Anything that JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json };

/** A transcript as it is published: plain JSON, every integer a decimal string. */
export type Transcript = Readonly<Record<string, Json>>;

/** Writes down what was decided and everything that it was decided from; the members stand beside it. */
export function buildTranscript(inputs: AuctionInputs, decision: AuctionDecision): Transcript {
  const content: TranscriptContent = {
    version: 'odf/1',
    engine: ENGINE,
    auction: inputs.auction,
    parameters: { ...inputs.parameters, reference_terms: [...inputs.parameters.reference_terms] },
    frozen: inputs.frozen,
    seed: inputs.seed,
    classes: [...inputs.classes],
    members_root: membersRoot(inputs.members),
    bids: [...decision.inputs.bids],
    void: decision.void,
    reference_bps: decision.reference_bps,
    median_bps: decision.median_bps,
    primary: decision.primary,
    lane: decision.lane,
    standby: decision.standby,
    outcomes: [...decision.bids],
    allocation: [...decision.ranges],
    unserved: [...decision.unserved],
    awards: decision.awards.map(awardRow),
  };
  return z.encode(TranscriptSchema, content) as unknown as Transcript;
}

/** The RFC 8785 bytes whose SHA-256 is `transcript_hash`. */
export function transcriptBytes(transcript: Transcript): Uint8Array {
  return Buffer.from(canonicalize(transcript)!, 'utf8');
}

/** SHA-256 of a transcript's RFC 8785 bytes, as it was published: what a relay's TranscriptRoot commits to. */
export function sha256OfTranscript(published: unknown): Hex {
  return sha256(transcriptBytes(published as Transcript));
}

/**
 * Reads a transcript strictly.
 *
 * @throws {OdfError} REQUEST_MALFORMED naming the first offending member.
 */
export function parseTranscript(json: unknown): Transcript {
  return z.encode(TranscriptSchema, contentOf(json)) as unknown as Transcript;
}

/**
 * A transcript's values.
 *
 * @throws {OdfError} REQUEST_MALFORMED naming the first offending member.
 */
export function contentOf(json: unknown): TranscriptContent {
  const result = TranscriptSchema.safeDecode(json as z.input<typeof TranscriptSchema>);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new OdfError('REQUEST_MALFORMED', `transcript.${issue.path.join('.')}: ${issue.message}.`);
}

/** What the auction was decided from, out of its transcript and members. */
export function inputsOf(transcript: Transcript, members: readonly Member[]): AuctionInputs {
  const { auction, parameters, bids, classes, frozen, seed } = contentOf(transcript);
  return { auction, parameters, bids, classes, members, frozen, seed };
}

/** Decides the auction again from its transcript and members. */
export function replay(transcript: Transcript, members: readonly Member[]): AuctionDecision {
  return decideAuction(inputsOf(transcript, members));
}

function awardRow(award: DecidedAward): TranscriptContent['awards'][number] {
  const { role, seq, coprocessor, line_id, owner, units, cover_wei, price_bps, award_root } = award;
  return { role, seq, coprocessor, line_id, owner, units, cover_wei, price_bps, award_root };
}
