import { join } from 'node:path';
import { LevelIntentStore } from '@odf/settlement';
import type { CoprocessorOptions } from '../options.js';
import { openOwnerKey } from './owner-key.js';
import { SettlementService, type SettlementParts } from './settlement-service.js';

/** What `/status` says where there is no chain. */
export const NO_CHAIN = {
  state: 'off',
  hint: 'set CHAIN_RPC_URL to register, open lines and be paid on chain',
} as const;

type Given = Omit<SettlementParts, 'account' | 'intents'> & { random: (length: number) => Uint8Array };

/**
 * Opens the owner's key and its transactions; undefined where no chain is named.
 *
 * @throws {Error} when the key file or the store of transactions cannot be used.
 */
export async function openSettlement(
  { chainRpcUrl, settlement: hub, ownerKey, chainConfirmations: confirmations, dataDir }: CoprocessorOptions,
  { random, ...parts }: Given,
): Promise<SettlementService | undefined> {
  if (chainRpcUrl === undefined) {
    parts.logger.info(`nothing is done on chain: ${NO_CHAIN.hint}`);
    return undefined;
  }
  const account = openOwnerKey(ownerKey, random);
  const intents = await LevelIntentStore.open(join(dataDir, 'transactions.db'));
  parts.logger.info({ owner: account.address.toLowerCase() }, "the owner's account pays for bonds, collateral and gas");
  return new SettlementService({ rpcUrl: chainRpcUrl, hub, confirmations }, { ...parts, account, intents });
}
