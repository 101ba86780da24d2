import type { Hex } from '@odf/protocol';
import type { DecodeEventLogReturnType } from 'viem';
import type { collateralVaultAbi } from '../../contracts/index.js';
import { change, lower, pairId, type Change } from '../change.js';
import type { CollateralState } from '../mirror-states.js';

type VaultEvent = DecodeEventLogReturnType<typeof collateralVaultAbi>;

/** What an event of CollateralVault changes. */
export function vaultChanges({ eventName, args }: VaultEvent): Change[] {
  switch (eventName) {
    case 'Deposited':
      return [collateral(args, (before) => ({ ...before, free: before.free + args.amount }))];
    case 'UnbondingRequested':
      return [
        collateral(args, (before) => ({
          ...before,
          free: before.free - args.amount,
          unbonding: before.unbonding + args.amount,
          ready_at: args.readyAt,
        })),
      ];
    case 'Withdrawn':
      return [collateral(args, (before) => ({ ...before, unbonding: before.unbonding - args.amount, ready_at: 0n }))];
    case 'Locked':
      return [collateral(args, (before) => moved(before, args.amount))];
    case 'Released':
      return [collateral(args, (before) => moved(before, -args.amount))];
    case 'Seized':
      return [collateral(args, (before) => seized(before, args.amount)), entitlement(args, args.amount)];
    case 'Collected':
      return [entitlement(args, -args.amount)];
  }
}

function collateral(of: { owner: Hex; asset: Hex }, apply: (before: CollateralState) => CollateralState): Change {
  const [owner, asset] = [lower(of.owner), lower(of.asset)];
  const none = { owner, asset, free: 0n, locked: 0n, unbonding: 0n, ready_at: 0n };
  return change('collateral', { id: pairId(owner, asset), group: owner }, apply, none);
}

function entitlement(of: { beneficiary: Hex; asset: Hex }, by: bigint): Change {
  const [beneficiary, asset] = [lower(of.beneficiary), lower(of.asset)];
  const place = { id: pairId(beneficiary, asset), group: beneficiary };
  const none = { beneficiary, asset, amount: 0n };
  return change('entitlement', place, (before) => ({ ...before, amount: before.amount + by }), none);
}

function moved(before: CollateralState, toLocked: bigint): CollateralState {
  return { ...before, free: before.free - toLocked, locked: before.locked + toLocked };
}

/** The vault takes what is locked first, then what unbonds. */
function seized(before: CollateralState, amount: bigint): CollateralState {
  const fromLocked = amount < before.locked ? amount : before.locked;
  return { ...before, locked: before.locked - fromLocked, unbonding: before.unbonding - (amount - fromLocked) };
}
