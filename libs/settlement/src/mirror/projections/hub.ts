import type { DecodeEventLogReturnType } from 'viem';
import type { odfHubAbi } from '../../contracts/index.js';
import { change, lower, type Change, type EventPlace } from '../change.js';
import type { AvsTermsState, HubState } from '../mirror-states.js';

type HubEvent = DecodeEventLogReturnType<typeof odfHubAbi>;

/** What an event of OdfHub changes; roles are not mirrored. */
export function hubChanges(event: HubEvent, { address, at }: EventPlace): Change[] {
  switch (event.eventName) {
    case 'AvsTermsSet': {
      const state = avsOf(event.args.terms);
      return [change('avs', { id: event.args.avsId, group: address }, () => state, state)];
    }
    case 'OracleAllowed': {
      const state = { allowed: event.args.allowed };
      return [change('oracle', { id: lower(event.args.oracle), group: address }, () => state, state)];
    }
    case 'BondsSet': {
      const { registrationBond: registration_bond, claimBond: claim_bond } = event.args;
      return [hub(address, (before) => ({ ...before, registration_bond, claim_bond }))];
    }
    case 'FilingsPaused': {
      const paused_until = event.args.until;
      return [hub(address, (before) => ({ ...before, paused_until }))];
    }
    case 'FilingsResumed':
      return [hub(address, (before) => ({ ...before, paused_until: at }))];
    default:
      return [];
  }
}

function hub(address: EventPlace['address'], apply: (before: HubState) => HubState): Change {
  const none = { registration_bond: 0n, claim_bond: 0n, paused_until: 0n };
  return change('hub', { id: address, group: address }, apply, none);
}

function avsOf(terms: Extract<HubEvent, { eventName: 'AvsTermsSet' }>['args']['terms']): AvsTermsState {
  return {
    listed: terms.listed,
    avs: lower(terms.avs),
    operator_set_id: terms.operatorSetId,
    acceptance: lower(terms.acceptance),
    veto_seconds: terms.vetoSeconds,
    challenge_seconds: terms.challengeSeconds,
  };
}
