import type { DecodeEventLogReturnType } from 'viem';
import type { fraudClaimsAbi } from '../../contracts/index.js';
import { change, lower, type Change, type EventPlace } from '../change.js';
import type { ClaimState, ClaimStep } from '../mirror-states.js';

type ClaimEvent = DecodeEventLogReturnType<typeof fraudClaimsAbi>;

/** What an event of FraudClaims changes; bonds are no part of a claim. */
export function claimChanges(event: ClaimEvent, place: EventPlace): Change[] {
  if (event.eventName === 'Credited' || event.eventName === 'Collected') return [];
  const { eventName, args } = event;
  const later = (standing: ClaimStep['standing'], members: (before: ClaimState) => Partial<ClaimState>): Change[] => [
    change('claim', { id: args.claimId, group: null }, (before) => ({
      ...before,
      ...members(before),
      steps: [...before.steps, stepOf(standing, place)],
    })),
  ];
  switch (eventName) {
    case 'ClaimFiled':
      return [filed(args, place)];
    case 'ClaimDisputed':
      return later('disputed', () => ({ standing: 'disputed' }));
    case 'ClaimResolved':
      return later('resolved', () => ({ standing: 'resolved' }));
    case 'ClaimRejected':
      return later('rejected', () => ({ standing: 'rejected', reason: args.reason }));
    case 'ClaimVetoed':
      return later('vetoed', () => ({ standing: 'vetoed', reason: args.reasonHash }));
    case 'ClaimFinalised':
      return later('finalised', () => ({ standing: 'finalised', paid: args.paid }));
    case 'ClaimRestored':
      return later('restored', (before) => ({ restored: before.restored + args.amount }));
  }
}

/** A vetoed claim may be filed once more under the same id; what came before stays in its steps. */
function filed(args: Extract<ClaimEvent, { eventName: 'ClaimFiled' }>['args'], place: EventPlace): Change {
  const fresh: ClaimState = {
    standing: 'filed',
    line_id: args.lineId,
    operator: lower(args.operator),
    task_id: args.taskId,
    amount: args.amount,
    paid: 0n,
    restored: 0n,
    finalisable_at: args.finalisableAt,
    reason: null,
    steps: [],
  };
  const apply = ({ steps }: ClaimState): ClaimState => ({ ...fresh, steps: [...steps, stepOf('filed', place)] });
  return change('claim', { id: args.claimId, group: args.lineId }, apply, fresh);
}

function stepOf(standing: ClaimStep['standing'], { transaction, block_number, at }: EventPlace): ClaimStep {
  return { standing, transaction, block_number, at };
}
