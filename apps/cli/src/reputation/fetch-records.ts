import { paginate } from '@odf/client';
import {
  auctionsOf,
  dayOf,
  parseTranscript,
  replay,
  stakesOfDecision,
  type ReputationEvent,
  type StakesOf,
} from '@odf/market';
import { routes, type Hex, type ReputationScore } from '@odf/protocol';
import { auditBundle } from '../audit/audit-bundle.js';
import type { Verify } from '../audit/bundle.js';
import { fetchBundle, type AskedRelay } from '../audit/fetch-bundle.js';
import type { Progress } from '../audit/progress.js';
import type { ScoreSources } from './recompute.js';

const PAGE = 500;
const REPORTED_EVENTS = 5_000;

/** The transcripts of a relay's auctions do not hold, so nothing can be computed from them. */
export class TranscriptInvalid extends Error {
  override readonly name = 'TranscriptInvalid';
}

/** The scores that a relay has stored at the end of a UTC day, the newest unless told; by owner. */
export async function fetchScores({ client }: AskedRelay, day: string | undefined): Promise<ReputationScore[]> {
  const scores: ReputationScore[] = [];
  for (let cursor: Hex | undefined; ;) {
    const query = { limit: PAGE, ...(day !== undefined && { day }), ...(cursor && { cursor }) };
    const page = await client.data(routes.dataReputationScores, { query });
    scores.push(...page);
    if (page.length < PAGE) return scores;
    cursor = page.at(-1)!.owner;
  }
}

/** Every event of a relay up to the end of a UTC day, oldest first. */
export async function fetchEvents({ client }: AskedRelay, day: string, progress: Progress): Promise<ReputationEvent[]> {
  const through = dayOf(BigInt(Date.parse(`${day}T00:00:00Z`)));
  const events: ReputationEvent[] = [];
  for await (const event of paginate(client, routes.dataReputation, { query: { order_by: 'id', limit: PAGE } })) {
    if (dayOf(BigInt(event.at_ms)) <= through) events.push(event);
    if (events.length % REPORTED_EVENTS === 1) progress(`read ${events.length} events`);
  }
  return events;
}

/**
 * The stakes behind events, out of the transcripts of their auctions, each audited first.
 *
 * @throws {TranscriptInvalid} naming the first auction whose transcript does not hold, and why.
 */
export async function fetchStakes(
  events: readonly ReputationEvent[],
  { relay, verify, progress }: { relay: AskedRelay; verify: Verify; progress: Progress },
): Promise<StakesOf> {
  const known = new Map<Hex, StakesOf>();
  for (const auction of auctionsOf(events)) {
    const bundle = await fetchBundle(auction, relay, progress);
    const { findings } = await auditBundle(bundle, verify);
    const [finding] = findings;
    if (finding) throw new TranscriptInvalid(`auction ${auction}: ${finding.code} at ${finding.path}`);
    known.set(auction, stakesOfDecision(replay(parseTranscript(bundle.published.transcript), bundle.members)));
  }
  return (auction, coprocessor, role) => known.get(auction)!(auction, coprocessor, role);
}

/** Everything that the scores of a day are recomputed from. */
export async function fetchSources(
  day: string | undefined,
  tools: { relay: AskedRelay; verify: Verify; progress: Progress },
): Promise<ScoreSources | null> {
  const stored = await fetchScores(tools.relay, day);
  const at = day ?? stored[0]?.day;
  if (at === undefined) return null;
  const events = await fetchEvents(tools.relay, at, tools.progress);
  return { day: at, stored, events, stakesOf: await fetchStakes(events, tools) };
}
