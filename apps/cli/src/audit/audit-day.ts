import { paginate, RelayError } from '@odf/client';
import { changedReputations, doubleAwards, type AuctionDecision } from '@odf/market';
import { routes, type DataAuction, type Hex } from '@odf/protocol';
import { recomputeScores, type Recomputation } from '../reputation/recompute.js';
import { fetchEvents, fetchScores, fetchStakes, TranscriptInvalid } from '../reputation/fetch-records.js';
import { auditBundle } from './audit-bundle.js';
import type { AuditBundle, Verify } from './bundle.js';
import { decisionOf, type Contradicting } from './evidence.js';
import { fetchBundle, type AskedRelay } from './fetch-bundle.js';
import type { Progress } from './progress.js';

const DAY_MS = 86_400_000n;

/** A contradiction in words, with what proves it where it can be proved. */
export interface DayFinding {
  what: string;
  evidence: Contradicting | null;
}

/** What a whole day of a relay comes to. */
export interface DayReport {
  /** UTC. */
  day: string;
  auctions: number;
  bids: number;
  awards: number;
  /** Null before the day is folded. */
  reputation: Recomputation | null;
  findings: DayFinding[];
}

/** What an audit works with. */
export interface AuditTools {
  relay: AskedRelay;
  verify: Verify;
  progress: Progress;
}

/** Audits every auction that was frozen on a UTC day, all of them against each other, and the scores at its end. */
export async function auditDay(day: string, tools: AuditTools): Promise<DayReport> {
  const fromMs = BigInt(Date.parse(`${day}T00:00:00Z`));
  const report: DayReport = { day, auctions: 0, bids: 0, awards: 0, reputation: null, findings: [] };
  const bundles = new Map<Hex, AuditBundle>();
  const decisions: AuctionDecision[] = [];
  for (const { auction_id } of await auctionsOfDay(fromMs, tools)) {
    const bundle = await fetchBundle(auction_id, tools.relay, tools.progress);
    const { findings } = await auditBundle(bundle, tools.verify);
    report.auctions += 1;
    report.bids += bundle.published.frozen.message.count;
    report.awards += bundle.awards.length;
    const [finding] = findings;
    if (finding) {
      const what = `auction ${auction_id}: ${finding.code} at ${finding.path}`;
      report.findings.push({ what, evidence: { kind: 'auction', bundle } });
      continue;
    }
    bundles.set(auction_id, bundle);
    decisions.push(decisionOf(bundle));
  }
  report.findings.push(...crossFindings(decisions, bundles));
  report.reputation = await reputationAt(day, tools, report.findings);
  return report;
}

/** The cleared auctions whose bids were frozen on a day, oldest first. */
async function auctionsOfDay(fromMs: bigint, { relay }: AuditTools): Promise<DataAuction[]> {
  const auctions: DataAuction[] = [];
  for await (const auction of paginate(relay.client, routes.dataAuctions, { query: { limit: 500 } })) {
    const { frozen_at_ms, transcript_root } = auction;
    if (frozen_at_ms === null || transcript_root === null) continue;
    if (frozen_at_ms >= fromMs && frozen_at_ms < fromMs + DAY_MS) auctions.push(auction);
  }
  return auctions.reverse();
}

function crossFindings(decisions: readonly AuctionDecision[], bundles: ReadonlyMap<Hex, AuditBundle>): DayFinding[] {
  const pairOf = (kind: 'double_award' | 'changed_reputation', subject: Hex, [first, second]: readonly [Hex, Hex]) => ({
    ...{ kind, subject, first: bundles.get(first)!, second: bundles.get(second)! },
  });
  return [
    ...doubleAwards(decisions).map(({ validator_root, auctions }) => ({
      what: `validator ${validator_root} has primaries of two terms that run at once: ${auctions.join(' and ')}`,
      evidence: pairOf('double_award', validator_root, auctions),
    })),
    ...changedReputations(decisions).map(({ owner, auctions }) => ({
      what: `the record of ${owner} differs between ${auctions.join(' and ')}, which count the same days`,
      evidence: pairOf('changed_reputation', owner, auctions),
    })),
  ];
}

/** The scores at a day's end beside what public events make of them; what differs is nobody's signature, so only told. */
async function reputationAt(day: string, tools: AuditTools, findings: DayFinding[]): Promise<Recomputation | null> {
  try {
    const stored = await fetchScores(tools.relay, day);
    if (stored.length === 0) return null;
    const events = await fetchEvents(tools.relay, day, tools.progress);
    const made = recomputeScores({ day, stored, events, stakesOf: await fetchStakes(events, tools) });
    for (const { owner, number, stored: was, recomputed } of made.differences) {
      const what = `${number} of ${owner} is stored as ${was}, its public events make ${recomputed} of it`;
      findings.push({ what, evidence: null });
    }
    return made;
  } catch (error) {
    if (!(error instanceof TranscriptInvalid || (error instanceof RelayError && error.status === 404))) throw error;
    findings.push({ what: `the scores cannot be recomputed: ${error.message}`, evidence: null });
    return null;
  }
}
