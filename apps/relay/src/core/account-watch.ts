import { collectBondsCall, fraudClaimsAbi, odfHubAbi, type Deployment } from '@odf/settlement';
import type { Clock } from '@odf/telemetry';
import type { Logger } from 'pino';
import { formatEther, zeroAddress, type PublicClient } from 'viem';
import type { RelayFiler } from './relay-filer.js';
import type { RelayMetrics } from '../relay.metrics.js';
import { reasonOf } from './reason-of.js';
import { Ticker } from './ticker.js';

/** What an {@link AccountWatch} watches. */
export interface AccountWatchOptions {
  client: Pick<PublicClient, 'getBalance' | 'getGasPrice' | 'readContract'>;
  deployment: Pick<Deployment, 'hub' | 'claims'>;
  address: `0x${string}`;
  outbox: RelayFiler['outbox'];
  clock: Clock;
  metrics: RelayMetrics;
  logger: Logger;
}

const EVERY_MS = 60_000;
/** An account that cannot pay for so many filings is low. */
const FEWEST_FILINGS = 5n;
/** Of an anchor, a filing and its finalisation together. */
const GAS_OF_CLAIM = 1_300_000n;

/** Of a collection; what is worth less than twice that waits. */
const GAS_OF_COLLECTION = 60_000n;
/** At most one collection in so long, ms. */
const COLLECTED_EVERY_MS = 3_600_000;

/** Tells how much the account of this relay has left, warns once each time that it gets low, and fetches bonds that came back. */
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
    const collectable = { abi: fraudClaimsAbi, address: deployment.claims, functionName: 'collectable' } as const;
    const [balance, gasPrice, bond, returned] = await Promise.all([
      client.getBalance({ address }),
      client.getGasPrice(),
      client.readContract({ abi: odfHubAbi, address: deployment.hub, functionName: 'claimBond' }),
      client.readContract({ ...collectable, args: [address, zeroAddress] }),
    ]);
    metrics.accountBalance.set(Number(formatEther(balance)));
    const needed = FEWEST_FILINGS * (bond + GAS_OF_CLAIM * gasPrice);
    const isLow = balance < needed;
    if (isLow && !this.#isLow) {
      const facts = { account: address, ether: formatEther(balance), needed: formatEther(needed) };
      logger.warn(facts, 'the account that files claims is low: send it some ether');
    }
    this.#isLow = isLow;
    if (returned > 2n * GAS_OF_COLLECTION * gasPrice) await this.#collect();
    return EVERY_MS;
  }

  async #collect(): Promise<void> {
    const { outbox, deployment, address, clock } = this.options;
    const key = `claims/collect/${Math.floor(clock.nowMs() / COLLECTED_EVERY_MS)}`;
    await outbox.enqueue({ key, call: collectBondsCall(deployment, address) });
  }
}
