import type { Member } from '@odf/protocol';
import { z } from 'zod';
import type { AuctionDecision, AuctionInputs } from './types.js';
export const TranscriptSchema = z.strictObject({ version: z.literal('odf/1') });
export type Transcript = z.input<typeof TranscriptSchema>;
export function buildTranscript(inputs: AuctionInputs, decision: AuctionDecision): Transcript {
  throw new Error(`${inputs.seed}${decision.cap_bps}`);
}
export function transcriptBytes(transcript: Transcript): Uint8Array {
  throw new Error(transcript.version);
}
export function parseTranscript(json: unknown): Transcript {
  return TranscriptSchema.parse(json);
}
export function inputsOf(transcript: Transcript, members: readonly Member[]): AuctionInputs {
  throw new Error(`${transcript.version}${members.length}`);
}
export function replay(transcript: Transcript, members: readonly Member[]): AuctionDecision {
  throw new Error(`${transcript.version}${members.length}`);
}
