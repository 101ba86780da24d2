import { paginate, RelayError } from '@odf/client';
import {
  isSignedByAccount,
  OutcomeStatus,
  routes,
  typedDigest,
  type CoprocessorFee,
  type DataAuction,
  type DataClaim,
  type DataOutcome,
  type Fee,
  type Hex,
  type Voucher,
} from '@odf/protocol';
import { contextOf, type Verify } from '../audit/bundle.js';
import type { AskedRelay } from '../audit/fetch-bundle.js';
import type { Progress } from '../audit/progress.js';
import { againstAward, againstCommitment, proveAwards, type FeeCheck, type ProvedAwards } from './check-fees.js';
import {
  channelKey,
  outcomeKey,
  type Contradiction,
  type OutcomeName,
  type RelayRecords,
  type ShownVoucher,
  type Subject,
  type TermClaim,
} from './records.js';

/** Which terms are shown; all where nothing is named. */
export interface TermFilter {
  auction_id?: Hex | undefined;
  avs_id?: Hex | undefined;
  /** Terms that start in [from, to); Unix ms. */
  from_ms?: bigint | undefined;
  to_ms?: bigint | undefined;
}

/** Whether a signature over a voucher holds where the operator may be a contract. */
export type ContractCheck = (account: Hex, digest: Hex, signature: Hex) => Promise<boolean>;

/** Fees whose signatures are checked at once. */
const AT_ONCE = 500;
const OUTCOMES = Object.fromEntries(Object.entries(OutcomeStatus).map(([name, status]) => [status, name])) as Record<
  number,
  OutcomeName
>;

/** Asks a relay for everything that a statement needs, page by page, and checks what it has signed on the way. */
export class RelayCollector {
  readonly contradictions: Contradiction[] = [];
  readonly #check: FeeCheck;
  readonly #awards = new Map<string, ProvedAwards>();

  constructor(
    private readonly relay: AskedRelay,
    private readonly subject: Subject,
    verify: Verify,
    private readonly progress: Progress,
  ) {
    this.#check = { relay: relay.pubkey, context: contextOf(relay.info), verify };
  }

  /** The subject's fees of all terms, oldest first, each held against its award and its commitment. */
  async fees(): Promise<Fee[]> {
    const fees: Fee[] = [];
    for (const account of this.subject.accounts) {
      const query = { [this.subject.side]: account, order_by: 'id' as const };
      let batch: CoprocessorFee[] = [];
      for await (const fee of paginate(this.relay.client, routes.dataFees, { query })) {
        batch.push(fee);
        if (batch.length < AT_ONCE) continue;
        fees.push(...(await this.#checked(batch)));
        this.progress(`checked ${fees.length} fees`);
        batch = [];
      }
      fees.push(...(await this.#checked(batch)));
    }
    return fees;
  }

  /** The auctions of these fees and claims that the filter takes. */
  async terms(auctionIds: ReadonlySet<Hex>, filter: TermFilter): Promise<Map<Hex, DataAuction>> {
    const terms = new Map<Hex, DataAuction>();
    for (const auction_id of auctionIds) {
      if (filter.auction_id !== undefined && filter.auction_id !== auction_id) continue;
      const [auction] = await this.relay.client.data(routes.dataAuctions, { query: { auction_id, limit: 1 } });
      if (!auction) {
        const expected = 'a term that the relay knows';
        this.contradictions.push({ code: 'FEE_NOT_AWARDED', at: `auction ${auction_id}`, expected, found: 'none' });
      } else if (takes(filter, auction)) terms.set(auction_id, auction);
    }
    return terms;
  }

  /** The newest voucher of each channel of these fees. */
  async vouchers(fees: readonly Fee[], byContract: ContractCheck | null): Promise<Map<string, ShownVoucher>> {
    const found = new Map<string, ShownVoucher>();
    const asked = new Set<string>();
    for (const { operator, owner, coprocessor } of fees) {
      const narrowed = this.subject.side === 'operator' ? operator : undefined;
      const question = `${narrowed ?? ''}${coprocessor}`;
      if (asked.has(question)) continue;
      asked.add(question);
      for await (const voucher of this.#vouchersOf(coprocessor, narrowed)) {
        const key = channelKey(voucher);
        if (voucher.owner !== owner || found.has(key)) continue;
        found.set(key, { ...voucher, holds: await this.#holds(voucher, byContract) });
      }
    }
    return found;
  }

  /** The subject's claims, with the terms of their tasks. */
  async claims(fees: readonly Fee[]): Promise<TermClaim[]> {
    const { side, accounts, validator, coprocessor } = this.subject;
    const termOf = new Map(fees.map(({ task_id, auction_id }) => [task_id, auction_id]));
    const keys = new Set([...fees.map((fee) => fee.coprocessor), ...(coprocessor ? [coprocessor] : [])]);
    const queries =
      side === 'operator' ? accounts.map((operator) => ({ operator })) : [...keys].map((key) => ({ coprocessor: key }));
    const claims: TermClaim[] = [];
    for (const narrowed of queries) {
      for await (const claim of paginate(this.relay.client, routes.dataClaims, { query: narrowed })) {
        const isAsked = (validator ?? claim.validator) === claim.validator;
        if (!isAsked || (coprocessor ?? claim.coprocessor) !== claim.coprocessor) continue;
        claims.push({ ...claim, auction_id: termOf.get(claim.task_id) ?? (await this.#termOf(claim)) });
      }
    }
    return claims;
  }

  /** How the responses behind these fees ended; a slash counts whatever came after it. */
  async outcomes(fees: readonly Fee[]): Promise<Map<string, OutcomeName>> {
    const keys = this.subject.side === 'operator' ? ('validator' as const) : ('task_id' as const);
    const wanted = new Set(fees.map(outcomeKey));
    const found = new Map<string, OutcomeName>();
    for (const value of new Set(fees.map((fee) => fee[keys]))) {
      const query = { [keys]: value, order_by: 'id' as const };
      for await (const outcome of paginate(this.relay.client, routes.dataOutcomes, { query })) {
        const key = outcomeKey(outcome);
        if (wanted.has(key) && found.get(key) !== 'slashed') found.set(key, nameOf(outcome));
      }
    }
    return found;
  }

  /** Everything of the relay but the vouchers, which are read after the chain. */
  async records(filter: TermFilter): Promise<Omit<RelayRecords, 'vouchers'>> {
    const fees = await this.fees();
    this.progress(`${fees.length} fees in all; reading their terms and claims`);
    const claims = await this.claims(fees);
    const ids = [...this.#own(fees), ...claims].flatMap(({ auction_id }) => (auction_id ? [auction_id] : []));
    const terms = await this.terms(new Set(ids), filter);
    const outcomes = await this.outcomes(this.#own(fees).filter(({ auction_id }) => terms.has(auction_id)));
    return { relay: this.relay.pubkey, fees, claims, terms, outcomes };
  }

  #own(fees: readonly Fee[]): Fee[] {
    return fees.filter((fee) => isShown(this.subject, fee));
  }

  async #checked(fees: readonly CoprocessorFee[]): Promise<Fee[]> {
    for (const fee of fees) await this.#awardsOf(fee);
    const against = await Promise.all(fees.map((fee) => againstCommitment(fee, this.#check)));
    return fees.map(({ proof: _, ...fee }, index) => {
      const contradiction = againstAward(fee, this.#awards.get(awardKey(fee))!) ?? against[index];
      if (contradiction) this.contradictions.push(contradiction);
      return fee;
    });
  }

  async #awardsOf(fee: Fee): Promise<void> {
    if (this.#awards.has(awardKey(fee))) return;
    const { auction_id, coprocessor } = fee;
    const params = { auction_id, pubkey: coprocessor };
    const answer = await this.relay.client
      .call(routes.coprocessorAwards, { params, query: { leaves: '1' } })
      .then(({ data }) => data, nullIf('AUCTION_UNKNOWN', 'COPROCESSOR_UNKNOWN'));
    const proved = await proveAwards({ auction_id, coprocessor }, answer ?? { awards: [], leaves: [] }, this.#check);
    this.contradictions.push(...proved.contradictions);
    this.#awards.set(awardKey(fee), proved);
  }

  /** Pages of vouchers go by operator. */
  async *#vouchersOf(pubkey: Hex, operator: Hex | undefined): AsyncGenerator<Voucher, void> {
    for (let cursor: Hex | undefined; ;) {
      const query = { limit: AT_ONCE, ...(operator && { operator }), ...(cursor && { cursor }) };
      const page = await this.relay.client
        .data(routes.getVouchers, { params: { pubkey }, query })
        .catch(nullIf('COPROCESSOR_UNKNOWN'));
      yield* page ?? [];
      if (!page || page.length < AT_ONCE) return;
      cursor = page.at(-1)!.operator;
    }
  }

  async #holds(voucher: Voucher, byContract: ContractCheck | null): Promise<boolean | null> {
    const { operator, owner, cumulative_wei, signature } = voucher;
    const consent = { operator, owner, cumulativeWei: cumulative_wei };
    const digest = typedDigest('Voucher', consent, this.#check.context);
    if (await isSignedByAccount(digest, signature, operator)) return true;
    return byContract && byContract(operator, digest, signature);
  }

  async #termOf({ task_id }: DataClaim): Promise<Hex | null> {
    const task = await this.relay.client.data(routes.getTask, { params: { task_id } }).catch(nullIf('TASK_UNKNOWN'));
    return task && task.auction_id;
  }
}

/** Whether a fee is one of those that the subject asked to see. */
export function isShown({ validator, coprocessor }: Subject, fee: Pick<Fee, 'validator' | 'coprocessor'>): boolean {
  return (validator ?? fee.validator) === fee.validator && (coprocessor ?? fee.coprocessor) === fee.coprocessor;
}

function takes({ avs_id, from_ms, to_ms }: TermFilter, auction: DataAuction): boolean {
  return (
    (avs_id ?? auction.avs_id) === auction.avs_id &&
    (from_ms === undefined || auction.term_start_ms >= from_ms) &&
    (to_ms === undefined || auction.term_start_ms < to_ms)
  );
}

const awardKey = ({ auction_id, coprocessor }: Pick<Fee, 'auction_id' | 'coprocessor'>): string =>
  `${auction_id}:${coprocessor}`;

const nameOf = ({ status }: DataOutcome): OutcomeName => OUTCOMES[status] ?? 'submitted';

function nullIf(...codes: string[]): (error: unknown) => null {
  return (error) => {
    if (error instanceof RelayError && codes.includes(error.code)) return null;
    throw error;
  };
}
