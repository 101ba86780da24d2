import type { Hex } from '@odf/protocol';
import type { DecodeEventLogReturnType } from 'viem';
import type { feeEscrowAbi } from '../../contracts/index.js';
import { change, lower, pairId, type Change } from '../change.js';
import type { ChannelState, EscrowState } from '../mirror-states.js';

type EscrowEvent = DecodeEventLogReturnType<typeof feeEscrowAbi>;

/** What an event of FeeEscrow changes. */
export function escrowChanges({ eventName, args }: EscrowEvent): Change[] {
  switch (eventName) {
    case 'EscrowDeposited':
      return [escrow(args.operator, (before) => ({ ...before, balance: args.balance }))];
    case 'EscrowWithdrawalRequested':
      return [escrow(args.operator, (before) => ({ ...before, leaving: args.amount, ready_at: args.readyAt }))];
    case 'EscrowWithdrawn':
      return [
        escrow(args.operator, (before) => ({
          ...before,
          balance: before.balance - args.amount,
          leaving: 0n,
          ready_at: 0n,
        })),
      ];
    case 'FeePaid':
      return [
        escrow(args.operator, (before) => paid(before, args.amount)),
        channel(args, (before) => ({ ...before, paid: args.paid })),
      ];
    case 'FeeProved':
      return [channel(args, (before) => ({ ...before, proved: before.proved + args.feeWei }))];
    case 'DelegatedSignerSet': {
      const operator = lower(args.operator);
      const state = { hot_key: lower(args.hotKey), valid_until: args.validUntil, nonce: args.nonce };
      return [change('voucher_signer', { id: operator, group: operator }, () => state, state)];
    }
  }
}

function escrow(of: Hex, apply: (before: EscrowState) => EscrowState): Change {
  const operator = lower(of);
  const none = { balance: 0n, leaving: 0n, ready_at: 0n, paid: 0n };
  return change('escrow', { id: operator, group: operator }, apply, none);
}

function channel(of: { operator: Hex; owner: Hex }, apply: (before: ChannelState) => ChannelState): Change {
  const [operator, owner] = [lower(of.operator), lower(of.owner)];
  const none = { operator, owner, paid: 0n, proved: 0n };
  return change('channel', { id: pairId(operator, owner), group: operator }, apply, none);
}

/** A payment may take from what is leaving, which then is no more than the balance. */
function paid(before: EscrowState, amount: bigint): EscrowState {
  const balance = before.balance - amount;
  const leaving = before.leaving < balance ? before.leaving : balance;
  return { ...before, balance, leaving, paid: before.paid + amount };
}
