import { buildTranscript, inputsOf, parseTranscript, replay, transcriptBytes, type AuctionDecision } from '@odf/market';

/** Whether an auction's transcript, written, read and decided again, is the same to the last byte. */
export function replaysByteForByte(decision: AuctionDecision): boolean {
  const { inputs } = decision;
  const published = transcriptBytes(buildTranscript(inputs, decision));
  const read = parseTranscript(JSON.parse(Buffer.from(published).toString('utf8')));
  const again = transcriptBytes(buildTranscript(inputsOf(read, inputs.members), replay(read, inputs.members)));
  return Buffer.from(published).equals(again);
}
