import {
  creditWei,
  foldDay,
  incrementOf,
  NO_RECORD,
  quarantinedUntilMs,
  scoreOf,
  suspendedUntilMs,
  type AttestedSlash,
  type DueDelivery,
  type EarnedDay,
  type Observed,
  type ReputationSnapshot,
  type ReputationState,
  type Standing,
} from '@odf/market';
import type { Hex } from '@odf/protocol';

/** Days of service that established coprocessors start with. */
const HISTORY_DAYS = 60;

/** The record of sixty days of service, the same every day. */
export function historyOf(served: Observed): ReputationState {
  const day = incrementOf([served], 0);
  return Array.from({ length: HISTORY_DAYS }).reduce<ReputationState>((state) => foldDay(state, day), NO_RECORD);
}

/** What a relay knows of one coprocessor, kept by the production rules: record, standing, earned fees. */
export class CoprocessorRecord {
  #state: ReputationState = NO_RECORD;
  #today: Observed[] = [];
  #slashesToday = 0;
  readonly #deliveries: DueDelivery[] = [];
  readonly #slashes: AttestedSlash[] = [];
  readonly #earned: EarnedDay[] = [];

  /** A record with a history before `day`, and the fees of each of its days. */
  static established(history: ReputationState, day: number, fees: EarnedDay['fees'] | null): CoprocessorRecord {
    const record = new CoprocessorRecord();
    record.#state = history;
    for (let ago = HISTORY_DAYS; ago > 0 && fees; ago--) record.#earned.push({ day: day - ago, fees });
    return record;
  }

  get reputation(): ReputationSnapshot {
    return scoreOf(this.#state);
  }

  get standing(): Standing {
    return {
      registered: true,
      suspended_until_ms: suspendedUntilMs(this.#deliveries),
      quarantined_until_ms: quarantinedUntilMs(this.#slashes),
    };
  }

  /** What it may put at risk on its record alone, wei. */
  creditWei(day: number): bigint {
    return creditWei(this.#earned, day);
  }

  /** A task that was due. */
  observe(auctionId: Hex, atMs: bigint, observed: Observed): void {
    this.#today.push(observed);
    this.#deliveries.push({ auction_id: auctionId, at_ms: atMs, on_time: observed.kind === 'delivered' });
  }

  /** A response that it attested was slashed; its claim is paid while `paidAtMs` is not null. */
  slash(atMs: bigint, paidAtMs: bigint | null): void {
    this.#slashesToday++;
    this.#slashes.push({ at_ms: atMs, paid_at_ms: paidAtMs });
  }

  earn(day: number, fees: EarnedDay['fees']): void {
    this.#earned.push({ day, fees });
  }

  /** Folds the day. */
  endDay(): void {
    this.#state = foldDay(this.#state, incrementOf(this.#today, this.#slashesToday));
    this.#today = [];
    this.#slashesToday = 0;
  }
}
