import { stakesOfDecision, type AllocationRange, type AuctionDecision, type DecidedAward } from '@odf/market';
import type { Hex } from '@odf/protocol';
import type { Coprocessor } from './coprocessors.js';
import type { CoverLedger } from './cover-ledger.js';
import type { Random } from './random.js';
import type { CoprocessorRecord } from './records.js';
import { inRewards, REWARD_WEI, STAKE_WEI, taskAtMs, TASKS, termStartMs, TERM_MS } from './units.js';

const FULL_BPS = 10_000;

/** Somebody who bids, with what the relay knows of it. */
export interface Participant {
  coprocessor: Coprocessor;
  record: CoprocessorRecord;
}

/** Units of a class that have the same primary and the same standby. */
interface Segment {
  units: number;
  primary: AllocationRange;
  standby: AllocationRange | null;
}

/** What a term came to; rewards are counted in rewards of a unit and task. */
export interface TermFigures {
  /** Rewards that there were to earn. */
  due: number;
  delivered: number;
  /** Of these by standbys. */
  byStandbys: number;
  /** Had an award, got no delivery in time. */
  missed: number;
  fees: number;
  /** What wrong results cost beyond what lines paid. */
  uncovered: number;
  /** Fees less costs, less cover that was paid, by coprocessor. */
  profits: Map<Coprocessor, number>;
}

/** The term after an auction: who delivers what, what it earns, and what the relay observes of it. */
export class Service {
  readonly #segments: Segment[];
  readonly #participants: Map<bigint, Participant>;
  readonly #onTime = new Map<Coprocessor, boolean[]>();
  readonly #figures: TermFigures;

  constructor(
    readonly decision: AuctionDecision,
    participants: ReadonlyMap<Hex, Participant>,
    readonly term: number,
    random: Random,
  ) {
    const { bids, members } = decision.inputs;
    this.#segments = segmentsOf(decision);
    this.#participants = new Map(
      bids.map(({ receipt, bid }) => [receipt.seq, participants.get(bid.message.coprocessor)!]),
    );
    for (const { coprocessor } of this.#participants.values()) {
      const chance = coprocessor.behaviour.reliability(term);
      const draws = random.fork(`${coprocessor.name} ${term} ${decision.inputs.auction.avs_id}`);
      this.#onTime.set(
        coprocessor,
        Array.from({ length: TASKS }, () => draws.unit() < chance),
      );
    }
    this.#figures = {
      ...{ due: members.length * TASKS, delivered: 0, byStandbys: 0, missed: 0, fees: 0, uncovered: 0 },
      profits: new Map(),
    };
  }

  /** Serves every task; `payer` tells whose line answers for a coprocessor. */
  run(ledger: CoverLedger, payer: (coprocessor: Coprocessor) => Coprocessor): TermFigures {
    for (const segment of this.#segments) {
      for (let task = 0; task < TASKS; task++) this.#serve(segment, task, ledger, payer);
    }
    return this.#figures;
  }

  #serve(
    { units, primary, standby }: Segment,
    task: number,
    ledger: CoverLedger,
    payer: (one: Coprocessor) => Coprocessor,
  ): void {
    const figures = this.#figures;
    const server = [primary, standby].find((range) => range && this.#isOnTime(range, task));
    if (!server) {
      figures.missed += units;
      return;
    }
    const { coprocessor } = this.#participants.get(server.seq)!;
    figures.delivered += units;
    if (server.role === 1) figures.byStandbys += units;
    const fee = (units * server.price_bps) / FULL_BPS;
    figures.fees += fee;
    this.#addProfit(coprocessor, fee - (units * coprocessor.costBps) / FULL_BPS);
    if (coprocessor.behaviour.betraysIn === this.term && task === TASKS - 1) {
      const paidWei = ledger.pay(payer(coprocessor).lineId, BigInt(units) * server.liability_wei);
      figures.uncovered += inRewards(BigInt(units) * STAKE_WEI - paidWei);
      this.#addProfit(coprocessor, -inRewards(paidWei));
    }
  }

  #addProfit(coprocessor: Coprocessor, profit: number): void {
    const { profits } = this.#figures;
    profits.set(coprocessor, (profits.get(coprocessor) ?? 0) + profit);
  }

  #isOnTime({ seq }: AllocationRange, task: number): boolean {
    return this.#onTime.get(this.#participants.get(seq)!.coprocessor)![task]!;
  }

  /** Writes into the records what the relay saw of this term. */
  observe(): void {
    const { awards, inputs } = this.decision;
    const { auction_id, avs_id } = inputs.auction;
    const stakesOf = stakesOfDecision(this.decision);
    for (const award of awards) {
      const { coprocessor, record } = this.#participants.get(award.seq)!;
      for (let task = 0; task < TASKS; task++) {
        if (award.role === 1 && !this.#isNeeded(award, task)) continue;
        const kind = this.#onTime.get(coprocessor)![task] ? 'delivered' : 'withheld';
        const stakes = stakesOf(auction_id, award.coprocessor, award.role);
        record.observe(auction_id, taskAtMs(this.term, task), { avs_id, kind, stakes });
      }
      if (award.role === 0 && coprocessor.coverBps === 0) this.#earn(award, coprocessor, record);
      if (coprocessor.behaviour.betraysIn === this.term) record.slash(taskAtMs(this.term, TASKS - 1), null);
    }
  }

  /** Whether a primary that it stands by for lets a task down. */
  #isNeeded({ seq }: DecidedAward, task: number): boolean {
    return this.#segments.some(({ primary, standby }) => standby?.seq === seq && !this.#isOnTime(primary, task));
  }

  /** Credit is made of fees: only who bids on its record alone needs any. */
  #earn({ leaves }: DecidedAward, coprocessor: Coprocessor, record: CoprocessorRecord): void {
    const served = BigInt(this.#onTime.get(coprocessor)!.filter((onTime) => onTime).length);
    const fees = new Map<Hex, bigint>();
    for (const { operator, fee_wei } of leaves) fees.set(operator, (fees.get(operator) ?? 0n) + fee_wei * served);
    record.earn(Number(termStartMs(this.term) / TERM_MS), fees);
  }
}

/** Splits the primaries' ranges where their standbys change. */
function segmentsOf({ ranges }: AuctionDecision): Segment[] {
  const standbys = ranges.filter(({ role }) => role === 1);
  return ranges
    .filter(({ role }) => role === 0)
    .flatMap((primary) => {
      const end = primary.from + primary.units;
      const own = standbys.filter(
        ({ class_index, from }) => class_index === primary.class_index && primary.from <= from && from < end,
      );
      const covered = own.reduce((sum, { units }) => sum + units, 0);
      const segments = own.map((standby): Segment => ({ units: standby.units, primary, standby }));
      return covered < primary.units
        ? [...segments, { units: primary.units - covered, primary, standby: null }]
        : segments;
    });
}

/** Fees of a day that give an established coprocessor credit, wei by operator. */
export function usualFees(operators: readonly Hex[], units: number, feeBps: number): Map<Hex, bigint> {
  const each = (BigInt(units * TASKS) * ((REWARD_WEI * BigInt(feeBps)) / BigInt(FULL_BPS))) / BigInt(operators.length);
  return new Map(operators.map((operator) => [operator, each]));
}
