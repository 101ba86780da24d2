import {
  decideAuction,
  nextReferenceTerms,
  type AuctionDecision,
  type ReferenceTerm,
  type ReputationState,
} from '@odf/market';
import type { Hex } from '@odf/protocol';
import { adversaryOf, type Intrusion } from './adversaries.js';
import type { Coprocessor } from './coprocessors.js';
import { CoverLedger } from './cover-ledger.js';
import { auditLies, type LieOutcome } from './lies.js';
import { rulesOf, type MarketRules } from './market-rules.js';
import { CoprocessorRecord, historyOf } from './records.js';
import { RelayDesk } from './relay-desk.js';
import { replaysByteForByte } from './replay.js';
import { Service, usualFees, type Participant, type TermFigures } from './service.js';
import { BOND_WEI, CLAIM_TAIL_MS, inRewards, STAKE_WEI, TERM_MS, termStartMs } from './units.js';
import { demandUnder } from './validators.js';
import { worldOf, type World } from './world.js';

/** What is simulated once. */
export interface Job {
  adversary: string;
  /** Name of the market's rules. */
  market: string;
  seed: number;
  terms: number;
  units: number;
}

/** What came of it; shares are of all rewards that there were to earn, in per cent. */
export interface RunResult {
  job: Job;
  net: number;
  missed: number;
  unserved: number;
  byStandbys: number;
  uncovered: number;
  fees: number;
  hhi: number;
  /** Terms after its arrival until the newcomer served 2 % of all units; null when it never did. */
  newcomerTerms: number | null;
  /** What the adversary's ring made, and what each honest coprocessor made. */
  ringProfit: number;
  ringHonestly: string[];
  profits: Record<string, number>;
  /** Identities that the ring used up. */
  identities: number;
  /** The most that a line ever owed beyond what it held, in rewards of a unit and term. */
  overPromised: number;
  replayed: { auctions: number; equal: number };
  lies: LieOutcome[];
  /** Net reward of each term in per cent. */
  netByTerm: number[];
  /** The newcomer's share of each term's units in per cent. */
  newcomerByTerm: number[];
}

const NEWCOMER_SHARE = 0.02;
const LIE_EVERY = 60;
/** Bids that a lying relay hides where nobody can see it. */
const HIDDEN = 8;
/** Operators whose fees made the credit of those who bid on their record. */
const PAYERS = 20;
const USUAL_FEE_BPS = 1000;

/** Runs one world under one market's rules; the same job gives the same result. */
export async function runJob(job: Job): Promise<RunResult> {
  return new Run(job).result();
}

class Run {
  readonly #world: World;
  readonly #rules: MarketRules;
  readonly #intrusion: Intrusion;
  readonly #desk: RelayDesk;
  readonly #ledger = new CoverLedger();
  readonly #participants = new Map<Hex, Participant>();
  readonly #gone = new Set<Coprocessor>();
  readonly #avss: { id: Hex; referenceTerms: ReferenceTerm[] }[];
  readonly #sums = { due: 0, delivered: 0, byStandbys: 0, missed: 0, fees: 0, uncovered: 0, hhi: 0 };
  readonly #profits = new Map<Coprocessor, number>();
  readonly #replayed = { auctions: 0, equal: 0 };
  readonly #lies: LieOutcome[] = [];
  readonly #netByTerm: number[] = [];
  readonly #newcomerByTerm: number[] = [];
  readonly #lying: boolean;
  readonly #hiding: boolean;
  #history: ReputationState | undefined;

  constructor(readonly job: Job) {
    const { adversary: name, market } = job;
    const adversary = adversaryOf(name);
    this.#world = worldOf(job);
    this.#rules = rulesOf(market);
    this.#intrusion = adversary.enter(this.#world);
    this.#lying = adversary.lyingRelay && this.#rules.records;
    this.#hiding = adversary.lyingRelay && !this.#rules.records;
    const demand = demandUnder(this.#rules, this.#world.validators);
    this.#desk = new RelayDesk(this.#world.random, this.#rules, demand, this.#intrusion.borrowedLines);
    this.#avss = Array.from({ length: adversary.avss }, (_, index) => ({
      id: this.#world.random.bytes(32, `avs ${index}`),
      referenceTerms: [],
    }));
    for (const coprocessor of this.#world.coprocessors) this.#admit(coprocessor);
  }

  async result(): Promise<RunResult> {
    for (let term = 0; term < this.job.terms; term++) await this.#runTerm(term);
    const { due, delivered, byStandbys, missed, fees, uncovered, hhi } = this.#sums;
    const percent = (amount: number): number => (100 * amount) / due;
    const { ring, honestly } = this.#intrusion;
    const bonds = inRewards(BOND_WEI) * Math.max(0, this.#identities());
    const profitOf = (coprocessor: Coprocessor): number => percent(this.#profits.get(coprocessor) ?? 0);
    const first = this.#newcomerByTerm.findIndex((share) => share >= 100 * NEWCOMER_SHARE);
    return {
      job: this.job,
      net: percent(delivered - fees - uncovered),
      missed: percent(missed),
      unserved: percent(due - delivered - missed),
      byStandbys: percent(byStandbys),
      uncovered: percent(uncovered),
      fees: percent(fees),
      hhi: hhi / this.job.terms,
      newcomerTerms: first < 0 ? null : first - this.#world.newcomer.bornTerm,
      ringProfit: ring.reduce((sum, one) => sum + profitOf(one), 0) - percent(bonds),
      ringHonestly: honestly.map(({ name }) => name),
      profits: Object.fromEntries(this.#world.honest.map((one) => [one.name, profitOf(one)])),
      identities: this.#identities(),
      overPromised: Number(this.#ledger.overPromisedWei / 10n ** 9n) / Number(STAKE_WEI / 10n ** 9n),
      replayed: this.#replayed,
      lies: this.#lies,
      netByTerm: this.#netByTerm,
      newcomerByTerm: this.#newcomerByTerm,
    };
  }

  /** Identities that came back under another name. */
  #identities(): number {
    return this.#intrusion.ring.filter(({ name }) => name.includes('#')).length;
  }

  #admit(coprocessor: Coprocessor): void {
    this.#ledger.open(coprocessor.lineId, coprocessor.fundsWei);
    this.#participants.set(coprocessor.pubkey, { coprocessor, record: this.#recordOf(coprocessor) });
  }

  /** Who is established served a usual share for many operators alike. */
  #recordOf({ established, coverBps }: Coprocessor): CoprocessorRecord {
    if (!established || !this.#rules.records) return new CoprocessorRecord();
    const operators = [...new Set(this.#world.validators.map(({ operator }) => operator))];
    const share = Math.floor(this.job.units / this.#world.honest.length);
    const stake = (BigInt(share) * STAKE_WEI) / BigInt(operators.length);
    const stakes = new Map(operators.map((operator) => [operator, stake]));
    const served = { avs_id: this.#avss[0]!.id, kind: 'delivered', stakes } as const;
    this.#history ??= historyOf(served);
    const fees = coverBps === 0 ? usualFees(operators.slice(0, PAYERS), share, USUAL_FEE_BPS) : null;
    return CoprocessorRecord.established(this.#history, Number(termStartMs(0) / TERM_MS), fees);
  }

  async #runTerm(term: number): Promise<void> {
    const audited = term === this.job.terms - 1;
    const lying = this.#lying && term % LIE_EVERY === 0;
    const decisions: AuctionDecision[] = [];
    for (const [at] of this.#avss.entries()) decisions.push(this.#hold(term, at, audited || lying));
    if (audited) {
      this.#replayed.auctions += decisions.length;
      this.#replayed.equal += decisions.filter(replaysByteForByte).length;
    }
    if (lying)
      this.#lies.push(
        ...(await auditLies(this.#desk, decisions[0]!, (key) => this.#participants.get(key)!.record.reputation)),
      );
    const services = decisions.map(
      (decision) => new Service(decision, this.#participants, term, this.#world.random.fork('service')),
    );
    const figures = services.map((service) => service.run(this.#ledger, (one) => this.#payerOf(one)));
    if (this.#rules.records) for (const service of services) service.observe();
    this.#count(figures, decisions);
    this.#endTerm(term);
  }

  #payerOf(coprocessor: Coprocessor): Coprocessor {
    return this.#intrusion.borrowedLines?.get(coprocessor.pubkey) ?? coprocessor;
  }

  #hold(term: number, at: number, signed: boolean): AuctionDecision {
    const avs = this.#avss[at]!;
    const bidders = [...this.#participants.values()]
      .filter(({ coprocessor }) => coprocessor.bornTerm <= term && !this.#gone.has(coprocessor))
      .map((one) => ({ ...one, units: this.#unitsOf(one.coprocessor, term) }))
      .filter(({ units }) => units > 0);
    if (this.#hiding) hideCheapest(bidders, term);
    const occasion = { term, avsId: avs.id, referenceTerms: avs.referenceTerms, bidders, ledger: this.#ledger, signed };
    const decision = decideAuction(this.#desk.inputsOf(occasion));
    const { auction_id, frozen_at_ms, term_end_ms } = decision.inputs.auction;
    for (const { line_id, cover_wei } of decision.awards) {
      if (cover_wei === 0n) continue;
      const until_ms = term_end_ms + CLAIM_TAIL_MS;
      this.#ledger.reserve({ line_id, amount_wei: cover_wei, until_ms }, frozen_at_ms);
    }
    avs.referenceTerms = nextReferenceTerms(avs.referenceTerms, { auction_id, median_bps: decision.median_bps });
    return decision;
  }

  /** The honest split what they have among the AVSs; who cheats offers all of it in each. */
  #unitsOf(coprocessor: Coprocessor, term: number): number {
    const units = coprocessor.behaviour.units(term);
    return this.#intrusion.ring.includes(coprocessor) ? units : Math.floor(units / this.#avss.length);
  }

  #count(figures: readonly TermFigures[], decisions: readonly AuctionDecision[]): void {
    const term = { due: 0, delivered: 0, byStandbys: 0, missed: 0, fees: 0, uncovered: 0 };
    for (const one of figures) {
      for (const key of Object.keys(term) as (keyof typeof term)[]) term[key] += one[key];
      for (const [coprocessor, profit] of one.profits) {
        this.#profits.set(coprocessor, (this.#profits.get(coprocessor) ?? 0) + profit);
      }
    }
    for (const key of Object.keys(term) as (keyof typeof term)[]) this.#sums[key] += term[key];
    this.#netByTerm.push((100 * (term.delivered - term.fees - term.uncovered)) / term.due);
    const shares = sharesOf(decisions);
    this.#sums.hhi += [...shares.values()].reduce((sum, share) => sum + share * share, 0) * 10_000;
    this.#newcomerByTerm.push(100 * (shares.get(this.#world.newcomer.pubkey) ?? 0));
  }

  #endTerm(term: number): void {
    for (const { coprocessor, record } of [...this.#participants.values()]) {
      if (this.#gone.has(coprocessor) || coprocessor.bornTerm > term) continue;
      if (this.#rules.records) record.endDay();
      if (coprocessor.behaviour.betraysIn === term) this.#gone.add(coprocessor);
      else this.#reenter(coprocessor, record, term);
    }
  }

  #reenter(coprocessor: Coprocessor, record: CoprocessorRecord, term: number): void {
    const { ring, reenter } = this.#intrusion;
    if (!reenter || !ring.includes(coprocessor)) return;
    if (record.standing.suspended_until_ms <= termStartMs(term + 1)) return;
    this.#gone.add(coprocessor);
    this.#admit(reenter(coprocessor, term + 1));
  }
}

/** The primaries' shares of all served units. */
function sharesOf(decisions: readonly AuctionDecision[]): Map<Hex, number> {
  const units = new Map<Hex, number>();
  for (const award of decisions.flatMap(({ awards }) => awards)) {
    if (award.role === 0) units.set(award.coprocessor, (units.get(award.coprocessor) ?? 0) + award.units);
  }
  const total = [...units.values()].reduce((sum, one) => sum + one, 0);
  return new Map([...units].map(([coprocessor, one]) => [coprocessor, one / total]));
}

/** Drops the bids that ask least. */
function hideCheapest(bidders: { coprocessor: Coprocessor }[], term: number): void {
  bidders.sort((a, b) => a.coprocessor.behaviour.askBps(term) - b.coprocessor.behaviour.askBps(term));
  bidders.splice(0, HIDDEN);
}
