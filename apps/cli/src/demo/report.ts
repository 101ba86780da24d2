import type { Hex } from '@odf/protocol';
import { ether, table } from '../text.js';

/** What became of one awarded validator's share of one task; wei. */
export interface ReportRow {
  task: string;
  task_id: Hex;
  validator: string;
  /** Null when the validator computed it itself. */
  coprocessor: string | null;
  fee_wei: bigint;
  reward_wei: bigint;
  /** The sidecar checked the payload. */
  verified: boolean;
  /** The AVS got a signed response. */
  signed: boolean;
  /** The AVS found it right. */
  accepted: boolean;
  problem?: string | undefined;
}

/** What somebody earned; wei. */
export interface Earning {
  name: string;
  tasks: number;
  earned_wei: bigint;
}

/** Everything that a demo has to tell at its end. */
export interface Report {
  ok: boolean;
  rows: ReportRow[];
  coprocessors: Earning[];
  validators: Earning[];
}

function earnings(
  rows: readonly ReportRow[],
  nameOf: (row: ReportRow) => string | null,
  earned: (row: ReportRow) => bigint,
): Earning[] {
  const sums = new Map<string, Earning>();
  for (const row of rows) {
    const name = nameOf(row);
    if (name === null) continue;
    const sum = sums.get(name) ?? { name, tasks: 0, earned_wei: 0n };
    if (row.accepted) sums.set(name, { name, tasks: sum.tasks + 1, earned_wei: sum.earned_wei + earned(row) });
    else sums.set(name, sum);
  }
  return [...sums.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Adds up rows: an accepted response earns the coprocessor its fee and the validator the rest of the reward. */
export function report(rows: readonly ReportRow[]): Report {
  return {
    ok: rows.length > 0 && rows.every(({ verified, signed, accepted }) => verified && signed && accepted),
    rows: [...rows],
    coprocessors: earnings(
      rows,
      (row) => row.coprocessor,
      (row) => row.fee_wei,
    ),
    validators: earnings(
      rows,
      (row) => row.validator,
      (row) => row.reward_wei - row.fee_wei,
    ),
  };
}

const mark = (given: boolean) => (given ? 'yes' : 'NO');

/** The report for people. */
export function reportText({ rows, coprocessors, validators }: Report): string {
  const happened = table([
    ['task', 'validator', 'coprocessor', 'fee', 'verified', 'signed', 'accepted', ''],
    ...rows.map((row) => [
      row.task,
      row.validator,
      row.coprocessor ?? '(itself)',
      ether(row.fee_wei),
      mark(row.verified),
      mark(row.signed),
      mark(row.accepted),
      row.problem ?? '',
    ]),
  ]);
  const list = (earned: readonly Earning[]) =>
    table(earned.map(({ name, tasks, earned_wei }) => [name, `${tasks} accepted`, ether(earned_wei)]));
  return [
    'What happened',
    happened,
    '',
    'What coprocessors earned (fees)',
    list(coprocessors),
    '',
    'What validators earned (reward less fee)',
    list(validators),
  ].join('\n');
}
