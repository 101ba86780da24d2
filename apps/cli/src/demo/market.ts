import { RelayError, retrying, type RelayClient } from '@odf/client';
import { AwardRole, routes, type AnswerOf, type Hex, type ValidatorAuction } from '@odf/protocol';
import { kzgDa, type DemoCoprocessor, type DemoValidator } from './fleet.js';

/** What a validator won in an auction; wei per task. */
export interface WonAward {
  /** Null for a task that the validator computes itself. */
  coprocessor: string | null;
  fee_wei: bigint;
}

/** A running term and who serves whom in it. */
export interface RunningTerm {
  auction_id: Hex;
  term_end_ms: number;
  awards: ReadonlyMap<DemoValidator, WonAward>;
}

const RETRY = { attempts: 20, maxMs: 1_000 };

/** What the demo sees of the market, through the relay's public routes. */
export class Market {
  constructor(
    private readonly client: RelayClient,
    private readonly validators: readonly DemoValidator[],
    private readonly coprocessors: readonly DemoCoprocessor[],
  ) {}

  /** The running term of the kzg-da AVS, if there is one. */
  async runningTerm(nowMs: number): Promise<RunningTerm | undefined> {
    const auctions = await retrying(
      () =>
        this.client.data(routes.coprocessorAuctions, { query: { avs_id: kzgDa.avs_id, status: 'running', limit: 5 } }),
      RETRY,
    );
    const auction = auctions.find((one) => Number(one.term_start_ms) <= nowMs && Number(one.term_end_ms) > nowMs);
    if (!auction) return undefined;
    return {
      auction_id: auction.auction_id,
      term_end_ms: Number(auction.term_end_ms),
      awards: await this.awards(auction.auction_id),
    };
  }

  /** Who serves whom in an auction. */
  async awards(auctionId: Hex): Promise<Map<DemoValidator, WonAward>> {
    const awards = new Map<DemoValidator, WonAward>();
    for (const validator of this.validators) {
      const award = (await this.#auctionsOf(validator)).find(({ auction_id }) => auction_id === auctionId)?.award;
      if (award?.role === 0)
        awards.set(validator, { coprocessor: this.#nameOf(award.coprocessor), fee_wei: award.fee_wei });
    }
    return awards;
  }

  /** Why a validator has no award. */
  async explain(auctionId: Hex, { pubkey }: DemoValidator): Promise<string> {
    const { reason, detail } = await this.client.data(routes.explain, { params: { auction_id: auctionId, pubkey } });
    return [reason, detail].filter((part) => part).join(': ');
  }

  /** Deliveries of a task by its primaries that the relay has verified. */
  async delivered(taskId: Hex): Promise<number> {
    const deliveries = await retrying(
      () => this.client.data(routes.dataDeliveries, { query: { task_id: taskId } }),
      RETRY,
    );
    return deliveries.filter(({ role, state }) => role === AwardRole.primary && state === 'verified').length;
  }

  /** A task's auction and windows; undefined while the relay does not know it. */
  async task(taskId: Hex): Promise<AnswerOf<typeof routes.getTask> | undefined> {
    try {
      return await retrying(() => this.client.data(routes.getTask, { params: { task_id: taskId } }), RETRY);
    } catch (error) {
      if (error instanceof RelayError && error.code === 'TASK_UNKNOWN') return undefined;
      throw error;
    }
  }

  #auctionsOf({ pubkey }: DemoValidator): Promise<ValidatorAuction[]> {
    const query = { avs_id: kzgDa.avs_id, pubkey, limit: 10 };
    return retrying(() => this.client.data(routes.validatorAuctions, { query }), RETRY);
  }

  #nameOf(pubkey: Hex): string {
    return this.coprocessors.find((one) => one.pubkey === pubkey)?.name ?? pubkey;
  }
}
