import { paginate } from '@odf/client';
import { routes, type CoprocessorFee, type FeeProof, type FeeState, type Hex } from '@odf/protocol';
import type { RelaySession } from '../session.js';
import type { DueFee } from './payment-plan.js';

/** A fee as it is kept in memory: without its proof. */
export interface LedgerFee extends DueFee {
  auction_id: Hex;
  task_id: Hex;
  avs_id: Hex;
  operator: Hex;
  role: number;
  state: FeeState;
  settled_at_ms: bigint | null;
}

/** A coprocessor's fees at one relay, read anew only as far back as some are not settled. */
export class FeeLedger {
  #settled: LedgerFee[] = [];
  #open: LedgerFee[] = [];

  constructor(
    private readonly session: RelaySession,
    private readonly pubkey: Hex,
  ) {}

  /** All fees, newest first. */
  get fees(): LedgerFee[] {
    return [...this.#open, ...this.#settled];
  }

  /** Learns what came and what was settled. */
  async refresh(): Promise<void> {
    const boundary = this.#settled[0]?.id;
    const read: LedgerFee[] = [];
    for await (const fee of this.#pages()) {
      if (fee.id === boundary) break;
      read.push(withoutProof(fee));
    }
    const lastOpen = read.findLastIndex(({ state }) => state === 'exposed');
    this.#settled = [...read.slice(lastOpen + 1), ...this.#settled];
    this.#open = read.slice(0, lastOpen + 1);
  }

  /** The proof of a fee that is due; null when the relay has none. */
  async proofOf({ id, auction_id }: LedgerFee): Promise<FeeProof | null> {
    for await (const fee of this.#pages(auction_id)) if (fee.id === id) return fee.proof;
    return null;
  }

  #pages(auctionId?: Hex): AsyncGenerator<CoprocessorFee, void> {
    const query = auctionId === undefined ? {} : { auction_id: auctionId };
    const options = { params: { pubkey: this.pubkey }, query };
    return paginate(this.session.client, routes.coprocessorFees, options);
  }
}

function withoutProof(fee: CoprocessorFee): LedgerFee {
  const { id, auction_id, task_id, avs_id, operator, role, fee_wei, state, settled_at_ms } = fee;
  return { id, auction_id, task_id, avs_id, operator, role, fee_wei, state, settled_at_ms };
}
