import { toJson } from '../text.js';
import type { AuditReport, Checked } from './audit-bundle.js';

const percent = (bps: number): string => `${bps / 100} %`;

function checkedLines({
  bids,
  members,
  classes,
  awards,
  signatures,
  pricing,
  cap_bps,
  cap_relaxed,
  seed,
}: Checked): string[] {
  return [
    `  bids        ${bids}: receipts gapless, root as frozen`,
    `  members     ${members} in ${classes} policy classes: counts, order, root`,
    `  awards      ${awards}: fields and roots`,
    `  signatures  ${signatures} of coprocessors and the relay`,
    `  seed        ${seed}: the hash of the signature over the frozen bids`,
    `  replayed    allocation, "${pricing}" prices, fees, outcomes; owner cap σ ${percent(cap_bps)}${cap_relaxed ? ' (relaxed)' : ''}`,
  ];
}

/** An audit for people: what was checked, or the first contradiction. */
export function auditText(report: AuditReport): string {
  const { auction_id, avs_id, relay_pubkey, chain_id, settlement, checked, findings } = report;
  const [first] = findings;
  const subject = [
    `  auction     ${auction_id}${avs_id ? ` of AVS ${avs_id}` : ''}`,
    `  relay       ${relay_pubkey}, chain ${chain_id}, settlement ${settlement}`,
  ];
  if (!first) return ['valid', ...subject, ...(checked ? checkedLines(checked) : [])].join('\n');
  const more = findings.length - 1;
  return [
    `contradiction: ${first.code} at ${first.path}`,
    `  expected    ${first.expected}`,
    `  found       ${first.found}`,
    ...subject,
    ...(more > 0 ? [`  and ${more} more, which may follow from the first (--json shows all)`] : []),
  ].join('\n');
}

/** An audit for programs: integers of the protocol as decimal strings. */
export function auditJson(report: AuditReport): string {
  return toJson({ valid: report.findings.length === 0, ...report });
}
