import { ether, table } from '../text.js';
import type { Channel } from './account.js';
import type { ClaimSums, Statement, StatementRow, StatementTerm } from './build-statement.js';
import type { Sums } from './account.js';

const short = (hex: string): string => `${hex.slice(0, 10)}…`;
const iso = (ms: bigint): string => new Date(Number(ms)).toISOString();
const paid = (wei: bigint | null): string => (wei === null ? 'not asked' : ether(wei));

/** What became of a response, in the words of whoever knows best. */
function servedText({ state, outcome, acceptance, role }: StatementRow): string {
  const as = role === 0 ? '' : ' (standby)';
  if (state === 'due') return `final${as}`;
  if (state === 'void') return `void: ${outcome === 'slashed' ? 'slashed' : (outcome ?? 'not accepted')}${as}`;
  const isAccepted = acceptance === 'accepted' || acceptance === 'final' || outcome === 'accepted';
  return `${isAccepted ? 'accepted' : (outcome ?? 'open')}${as}`;
}

function sumRows(sums: Sums & ClaimSums): string[][] {
  return [
    ['committed', ether(sums.committed_wei)],
    ['paid on chain', paid(sums.paid_wei)],
    [sums.paid_wei === null ? 'due' : 'due, not paid', ether(sums.due_wei)],
    ['exposed', ether(sums.exposed_wei)],
    ['void', ether(sums.void_wei)],
    ['under vouchers', ether(sums.vouched_wei)],
    ['claims, held', ether(sums.claims_held_wei)],
    ['claims, paid', ether(sums.claims_paid_wei)],
  ];
}

function termText({ auction_id, avs_id, term_start_ms, term_end_ms, fees, claims, sums }: StatementTerm): string {
  const rows = fees.map((row) => [
    short(row.task_id),
    short(row.validator),
    short(row.coprocessor),
    servedText(row),
    ether(row.fee_wei),
    ether(row.vouched_wei),
    paid(row.paid_wei),
  ]);
  const heading = ['task', 'validator', 'coprocessor', 'response', 'fee', 'vouched', 'paid'];
  const claimRows = claims.map(({ claim_id, task_id, validator, state, held_wei, paid_wei }) => [
    short(claim_id),
    short(task_id),
    short(validator),
    state,
    ether(held_wei),
    ether(paid_wei),
  ]);
  return [
    `Term ${auction_id}, ${iso(term_start_ms)} to ${iso(term_end_ms)}`,
    `AVS ${avs_id}`,
    ...(rows.length > 0 ? [table([heading, ...rows])] : []),
    ...(claimRows.length > 0 ? [table([['claim', 'task', 'validator', 'state', 'held', 'paid'], ...claimRows])] : []),
    table(sumRows(sums)),
  ].join('\n');
}

function differenceText({ difference_wei }: Channel): string {
  if (difference_wei === null) return 'not asked';
  if (difference_wei === 0n) return 'none';
  return difference_wei > 0n
    ? `${ether(difference_wei)} due and not paid`
    : `${ether(-difference_wei)} paid beyond what this relay shows`;
}

function channelsText(channels: readonly Channel[]): string {
  const heading = ['operator', 'owner', 'due in all', 'vouched', 'paid', 'difference'];
  const rows = channels.map((channel) => [
    channel.operator,
    channel.owner,
    ether(channel.owed_wei),
    ether(channel.vouched_wei),
    paid(channel.paid_wei),
    differenceText(channel),
  ]);
  return table([heading, ...rows]);
}

/** A statement for people. */
export function statementText({ subject, relay, chain, terms, totals, channels, contradictions }: Statement): string {
  const of = subject.validator ?? subject.coprocessor ?? subject.accounts.join(', ');
  const checked = chain ? `chain ${chain.chain_id} at block ${chain.block}` : 'no chain (--chain-rpc-url asks it)';
  return [
    `Statement of ${of} at relay ${relay}, ${checked}`,
    ...(terms.length === 0 ? ['', 'Nothing was served in these terms.'] : []),
    ...terms.flatMap((term) => ['', termText(term)]),
    '',
    `Totals of ${terms.length} terms`,
    table(sumRows(totals)),
    ...(channels.length > 0 ? ['', 'Channels over all terms', channelsText(channels)] : []),
    '',
    ...contradictions.map(
      ({ code, at, expected, found }) =>
        `contradiction: ${code}, ${at}\n  expected    ${expected}\n  found       ${found}`,
    ),
    contradictions.length === 0 ? 'everything that was asked agrees' : `${contradictions.length} contradictions`,
  ].join('\n');
}
