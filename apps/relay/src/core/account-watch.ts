import { odfHubAbi, type Deployment } from '@odf/settlement';
import type { Logger } from 'pino';
import { formatEther, type PublicClient } from 'viem';
import type { RelayMetrics } from '../relay.metrics.js';
import { reasonOf } from './reason-of.js';
import { Ticker } from './ticker.js';

/** What an {@link AccountWatch} watches. */
export interface AccountWatchOptions {
  client: Pick<PublicClient, 'getBalance' | 'getGasPrice' | 'readContract'>;
  deployment: Pick<Deployment, 'hub'>;
  address: `0x${string}`;
  metrics: RelayMetrics;
  logger: Logger;
}

const EVERY_MS = 60_000;
/** An account that cannot pay for so many filings is low. */
const FEWEST_FILINGS = 5n;
/** Of an anchor, a filing and its finalisation together. */
const GAS_OF_CLAIM = 1_300_000n;

/** Tells how much the account of this relay has left, and warns once each time that it gets low. */
export class AccountWatch {
  readonly #ticker: Ticker;
  #isLow = false;

  constructor(private readonly options: AccountWatchOptions) {
    this.#ticker = new Ticker({
      pass: () => this.pass(),
      atMostMs: EVERY_MS,
      onError: (error) =>
        options.logger.warn({ reason: reasonOf(error) }, 'the balance of the account could not be read'),
    });
  }

  start(): void {
    this.#ticker.start();
  }

  stop(): Promise<void> {
    return this.#ticker.stop();
  }

  /** Looks once, and returns in how many ms to look again. */
  async pass(): Promise<number> {
    const { client, deployment, address, metrics, logger } = this.options;
    const [balance, gasPrice, bond] = await Promise.all([
      client.getBalance({ address }),
      client.getGasPrice(),
      client.readContract({ abi: odfHubAbi, address: deployment.hub, functionName: 'claimBond' }),
    ]);
    metrics.accountBalance.set(Number(formatEther(balance)));
    const needed = FEWEST_FILINGS * (bond + GAS_OF_CLAIM * gasPrice);
    const isLow = balance < needed;
    if (isLow && !this.#isLow) {
      const facts = { account: address, ether: formatEther(balance), needed: formatEther(needed) };
      logger.warn(facts, 'the account that files claims is low: send it some ether');
    }
    this.#isLow = isLow;
    return EVERY_MS;
  }
}
