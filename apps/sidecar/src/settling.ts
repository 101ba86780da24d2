import { sleep } from '@odf/client';
import type { Ciphertexts } from './ciphertexts.js';
import { keepClaims, type ClaimKeeperDeps } from './claims/claim-keeper.js';
import type { EvidenceFiles } from './claims/evidence-files.js';
import { pruneEvidence } from './claims/prune-evidence.js';
import { watchSlashes } from './claims/slash-watch.js';
import { compareWithRelay, type FeeDifference } from './fees/compare-with-relay.js';
import { FeeLedger } from './fees/fee-ledger.js';
import { postVouchers } from './fees/post-vouchers.js';

/** What settling needs. */
export interface SettlingDeps extends ClaimKeeperDeps {
  files: EvidenceFiles;
  ciphertexts: Ciphertexts;
  /** Between rounds, milliseconds. */
  pollMs: number;
  /** Between comparisons with relays and looks for old evidence, milliseconds. */
  refreshMs: number;
}

/** Settles what tasks left behind: fees become vouchers, slashes become claims, old evidence goes. */
export class Settling {
  /** Where relays tell other fees than the ledger; the owner should ask why. */
  differences: FeeDifference[] = [];
  readonly #fees: FeeLedger;
  #refreshedMs = -Infinity;

  constructor(private readonly deps: SettlingDeps) {
    this.#fees = new FeeLedger(deps);
  }

  /** Works until the signal; what fails is tried again in the next round and stops nothing else. */
  async run(): Promise<void> {
    const { signal, pollMs } = this.deps;
    while (!signal.aborted) {
      await this.round();
      await sleep(pollMs, signal).catch(() => undefined);
    }
  }

  /** One look at everything. */
  async round(): Promise<void> {
    const { deps } = this;
    await this.#part('slashes', () => watchSlashes({ ...deps, fees: this.#fees }));
    await this.#part('claims', () => keepClaims(deps));
    await this.#part('fees', () => this.#fees.settle());
    await this.#part('vouchers', () => postVouchers(deps, deps.signal));
    if (deps.clock.nowMs() - this.#refreshedMs < deps.refreshMs) return;
    await this.#part('comparison', () => this.#compare());
    await this.#part('old evidence', () => pruneEvidence(deps));
    this.#refreshedMs = deps.clock.nowMs();
  }

  async #part(part: string, work: () => Promise<void>): Promise<void> {
    if (this.deps.signal.aborted) return;
    try {
      await work();
    } catch (error) {
      if (this.deps.signal.aborted) return;
      this.deps.metrics.settlingFailuresTotal.inc({ part });
      this.deps.log.warn({ err: error, part }, 'settling failed, will be tried again');
    }
  }

  async #compare(): Promise<void> {
    const { sessions, validators, store, signal } = this.deps;
    const found: FeeDifference[] = [];
    for (const session of sessions.values()) {
      if (!session.isUsable) continue;
      for (const validator of validators.values()) {
        found.push(...(await compareWithRelay(session, validator, store, signal)));
      }
    }
    this.differences = found;
  }
}
