import type { Statement, StatementClaim, StatementRow, StatementTerm } from './build-statement.js';

const COLUMNS = [
  ...[
    'kind',
    'auction_id',
    'avs_id',
    'term_start_ms',
    'term_end_ms',
    'task_id',
    'validator',
    'operator',
    'coprocessor',
  ],
  ...['owner', 'role', 'fee_wei', 'state', 'outcome', 'acceptance', 'vouched_wei', 'paid_wei', 'committed_at_ms'],
  ...['settled_at_ms', 'claim_id', 'held_wei'],
] as const;

type Cells = Partial<Record<(typeof COLUMNS)[number], string | number | bigint | null>>;

/** A statement for spreadsheets: a line for every fee and every claim, amounts in wei; what is not known is empty. */
export function statementCsv({ terms }: Statement): string {
  const lines = terms.flatMap((term) => [
    ...term.fees.map((fee) => lineOf(feeCells(term, fee))),
    ...term.claims.map((claim) => lineOf(claimCells(term, claim))),
  ]);
  return [COLUMNS.join(','), ...lines].join('\n');
}

function feeCells({ term_start_ms, term_end_ms }: StatementTerm, fee: StatementRow): Cells {
  return { kind: 'fee', term_start_ms, term_end_ms, ...fee };
}

function claimCells({ auction_id, avs_id, term_start_ms, term_end_ms }: StatementTerm, claim: StatementClaim): Cells {
  return { kind: 'claim', auction_id, avs_id, term_start_ms, term_end_ms, ...claim };
}

/** Every cell is a number, a name of the protocol or hex, so nothing needs quotes. */
function lineOf(cells: Cells): string {
  return COLUMNS.map((column) => String(cells[column] ?? '')).join(',');
}
