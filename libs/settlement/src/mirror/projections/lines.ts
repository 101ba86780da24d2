import type { DecodeEventLogReturnType } from 'viem';
import type { coverLinesAbi } from '../../contracts/index.js';
import { change, lower, type Change } from '../change.js';
import type { CoverLineTerms } from '../../calls/line-calls.js';
import type { LineState } from '../mirror-states.js';

type LinesEvent = DecodeEventLogReturnType<typeof coverLinesAbi>;

/** What an event of CoverLines changes. */
export function linesChanges({ eventName, args }: LinesEvent): Change[] {
  const later = (apply: (before: LineState) => LineState): Change[] => [
    change('line', { id: args.lineId, group: null }, apply),
  ];
  switch (eventName) {
    case 'LineOpened': {
      const state: LineState = { terms: termsOf(args.line), spent: 0n, held: 0n, closed: false };
      return [change('line', { id: args.lineId, group: args.coprocessor }, () => state, state)];
    }
    case 'LineHeld':
      return later((before) => ({ ...before, held: args.held }));
    case 'LineDrawn':
      return later((before) => ({ ...before, spent: args.spent }));
    case 'LineClosed':
      return later((before) => ({ ...before, closed: true }));
  }
}

function termsOf(line: Extract<LinesEvent, { eventName: 'LineOpened' }>['args']['line']): CoverLineTerms {
  return {
    ...line,
    owner: lower(line.owner),
    operator: lower(line.operator),
    avs: lower(line.avs),
    asset: lower(line.asset),
    oracle: lower(line.oracle),
    attributor: lower(line.attributor),
    pinnedSlasher: lower(line.pinnedSlasher),
  };
}
