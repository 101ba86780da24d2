import type { DecodeEventLogReturnType } from 'viem';
import type { coprocessorRegistryAbi } from '../../contracts/index.js';
import { change, lower, type Change } from '../change.js';

type RegistryEvent = DecodeEventLogReturnType<typeof coprocessorRegistryAbi>;

/** What an event of CoprocessorRegistry changes. */
export function registryChanges({ eventName, args }: RegistryEvent): Change[] {
  // Later events do not name the owner, so a key is its own group.
  const place = { id: args.coprocessor, group: args.coprocessor };
  switch (eventName) {
    case 'CoprocessorRegistered': {
      const state = { pubkey: args.pubkey, owner: lower(args.owner), revoked: false, bonded: true };
      return [change('coprocessor', place, () => state, state)];
    }
    case 'CoprocessorRevoked':
      return [change('coprocessor', place, (before) => ({ ...before, revoked: true }))];
    case 'BondWithdrawn':
      return [change('coprocessor', place, (before) => ({ ...before, bonded: false }))];
  }
}
