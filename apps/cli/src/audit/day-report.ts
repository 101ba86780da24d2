import { toJson } from '../text.js';
import type { DayReport } from './audit-day.js';

/** A day's audit for people. */
export function dayText(
  { day, auctions, bids, awards, reputation, findings }: DayReport,
  files: readonly (string | null)[],
): string {
  const scores = reputation
    ? `${reputation.owners} owners' scores from ${reputation.events} events`
    : 'no scores yet: a day is folded ten minutes after its end';
  const found = findings.map(
    ({ what }, index) => `  ${what}\n    evidence  ${files[index] ?? 'none that the relay signed'}`,
  );
  return [
    findings.length === 0 ? 'valid' : `contradictions: ${findings.length}`,
    `  day         ${day}`,
    `  auctions    ${auctions}, with ${bids} bids and ${awards} awards: each replayed, all held against each other`,
    `  reputation  ${scores}`,
    ...found,
  ].join('\n');
}

/** A day's audit for programs. */
export function dayJson({ findings, ...report }: DayReport, files: readonly (string | null)[]): string {
  const told = findings.map(({ what }, index) => ({ what, evidence: files[index] ?? null }));
  return toJson({ valid: findings.length === 0, ...report, findings: told });
}
