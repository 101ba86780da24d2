import type { LocalAccount } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';

/** Anvil's first account deploys and does nothing else, so that the hub has the address of the protocol's vectors. */
const MNEMONIC = 'test test test test test test test test test test test junk';

/** One of the ten accounts that anvil funds at its start; its key is public. */
export function devAccount(index: number): LocalAccount {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index });
}

/** Who holds which power on a local settlement, as numbers of accounts. */
export const DEPLOYER = 0;
export const TIMELOCK = 1;
export const GUARDIAN = 2;
export const RESOLVER = 3;
export const VETO = 4;
