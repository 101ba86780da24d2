import { sleep } from '@odf/client';
import { routes, type AvsInfo, type Hex } from '@odf/protocol';
import { keepDeposited, type AssetCollateral } from './collateral.js';
import type { SettlementDesk } from './desk.js';
import { LineDuty, type ServedAvs } from './lines.js';
import { PaymentDuty } from './payments.js';
import { Blocked } from './ports.js';
import { keepRegistered } from './registration.js';

/** How often the chain is held against the strategy. */
const ROUND_MS = 6_000;

/** Brings the chain to what the strategy says, again and again: registered, funded, covered, paid. */
export class SettlementKeeper {
  registered = false;
  collateral: AssetCollateral[] = [];
  served: ServedAvs[] = [];
  /** What the last round could not do, and what to do about it. */
  problems: string[] = [];
  readonly payments: PaymentDuty;
  readonly #lines: LineDuty;
  #found: string[] = [];

  constructor(readonly desk: SettlementDesk) {
    this.payments = new PaymentDuty(desk);
    this.#lines = new LineDuty(desk);
  }

  /** Our lines for an AVS at a relay, the best first; none where none is kept. */
  linesFor(relayRoot: Hex, avsId: Hex): Hex[] {
    const place = this.served.find((one) => one.relayRoot === relayRoot && one.avs_id === avsId);
    return place?.lines.map(({ id }) => id) ?? [];
  }

  /** Rounds until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.round(signal);
      await sleep(ROUND_MS, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }

  /** One round; what fails does not keep the rest from being done. */
  async round(signal: AbortSignal): Promise<void> {
    const { desk } = this;
    this.#found = [];
    await this.#attempt(signal, async () => {
      this.registered = false;
      await keepRegistered(desk, signal);
      this.registered = true;
    });
    await this.#fund(signal);
    if (this.registered) await this.#cover(signal);
    await this.#attempt(signal, async () => {
      this.#found.push(...(await this.payments.settle(desk.strategy.redeem_above_wei, signal)));
    });
    this.#tell();
  }

  /** Redeems and takes out everything where the strategy asks for it at the end; what fails is told and left. */
  async finish(signal: AbortSignal): Promise<void> {
    if (!this.desk.strategy.redeem_at_shutdown) return;
    this.#found = [];
    await this.#attempt(signal, async () => {
      this.#found.push(...(await this.payments.settle(0n, signal)));
    });
    this.#tell();
  }

  async #fund(signal: AbortSignal): Promise<void> {
    const collateral: AssetCollateral[] = [];
    for (const wanted of this.desk.strategy.collateral) {
      await this.#attempt(signal, async () => {
        collateral.push(await keepDeposited(this.desk, wanted, signal));
      });
    }
    this.collateral = collateral;
  }

  async #cover(signal: AbortSignal): Promise<void> {
    const served: ServedAvs[] = [];
    for (const session of this.desk.relays()) {
      await this.#attempt(signal, async () => {
        const avss: AvsInfo[] = await session.client.data(routes.listAvs, { signal });
        for (const wanted of this.desk.strategy.lines) {
          if (wanted.relay !== undefined && wanted.relay !== session.pubkey) continue;
          await this.#attempt(signal, async () => {
            const one = await this.#lines.keepOpen(session, wanted, avss, signal);
            if (one) served.push(one);
          });
        }
      });
    }
    this.served = served;
  }

  async #attempt(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    if (signal.aborted) return;
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      this.#found.push(error instanceof Error ? error.message : String(error));
      if (!(error instanceof Blocked)) this.desk.logger.debug({ err: error }, 'settlement step failed');
    }
  }

  /** Logs each problem when it comes, not as long as it stays. */
  #tell(): void {
    for (const problem of this.#found) {
      if (!this.problems.includes(problem))
        this.desk.logger.warn({ problem }, 'settlement is not as the strategy says');
    }
    this.problems = this.#found;
  }
}
