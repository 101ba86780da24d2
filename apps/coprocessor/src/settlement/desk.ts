import type { BlsKey } from '@odf/bls';
import type { Hex } from '@odf/protocol';
import { NATIVE_ASSET, type ChainCall, type Deployment } from '@odf/settlement';
import type { Clock } from '@odf/telemetry';
import type { Logger } from 'pino';
import type { RelaySession } from '../session.js';
import type { CoprocessorStore } from '../store.js';
import { Blocked, type SettlementChain } from './ports.js';
import type { Sending } from './sending.js';
import type { SettlementStrategy } from './settlement-strategy.js';

/** What every duty on chain works with. */
export interface SettlementDesk {
  key: BlsKey;
  /** The account that pays, owns the collateral and gets the fees. */
  owner: Hex;
  deployment: Deployment;
  chain: SettlementChain;
  sending: Sending;
  strategy: SettlementStrategy;
  store: CoprocessorStore;
  /** Relays that are connected and settle on this deployment. */
  relays(): RelaySession[];
  clock: Clock;
  logger: Logger;
}

/** What gas of a few transactions may cost; less on the account is not worth a try. */
const GAS_WEI = 10n ** 15n;

/**
 * Sends a call that the owner can pay for.
 *
 * @throws {Blocked} when the account lacks funds, saying how much to send where; or when the call failed.
 */
export async function sendFunded(
  { chain, owner, sending }: SettlementDesk,
  key: string,
  call: ChainCall,
  signal: AbortSignal,
): Promise<void> {
  await requireFunds(chain, owner, NATIVE_ASSET, call.value + GAS_WEI);
  await sending.send(key, call, signal);
}

/**
 * Makes sure that an account holds at least so much of an asset.
 *
 * @throws {Blocked} saying how much to send where.
 */
export async function requireFunds(chain: SettlementChain, account: Hex, asset: Hex, neededWei: bigint): Promise<void> {
  const funds = await chain.fundsWei(account, asset);
  if (funds >= neededWei) return;
  const what = asset === NATIVE_ASSET ? 'ETH' : `the token ${asset}`;
  throw new Blocked(`send ${what} to ${account}: it holds ${funds} wei and needs ${neededWei}`);
}
