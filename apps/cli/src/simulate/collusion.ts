import { decideAuction, type AuctionDecision } from '@odf/market';
import { cheapest } from './adversaries.js';
import type { Coprocessor } from './coprocessors.js';
import { CoverLedger } from './cover-ledger.js';
import { OURS } from './market-rules.js';
import { CoprocessorRecord } from './records.js';
import { RelayDesk } from './relay-desk.js';
import { intervalOf, type Interval } from './statistics.js';
import { demandUnder } from './validators.js';
import { worldOf } from './world.js';

/** What the best mark-up brings a ring in one auction, in % of all payments when everybody is honest. */
export interface Ambition {
  size: number;
  gain: Interval;
  /** What validators pay more. */
  overcharge: Interval;
}

const SIZES = [2, 3, 4, 5, 6, 8, 10, 12] as const;
const MARK_UPS_BPS = [100, 200, 400, 800, 1600] as const;

/** The most that rings of each size gain by any of five mark-ups, over seeds; records count for nobody here. */
export function ambitionsOf({ seeds, units, terms }: { seeds: number; units: number; terms: number }): Ambition[] {
  const best = Array.from({ length: seeds }, (_, index) => bestOfSeed({ seed: index + 1, units, terms }));
  return SIZES.map((size, at) => ({
    size,
    gain: intervalOf(best.map((sizes) => sizes[at]!.gain)),
    overcharge: intervalOf(best.map((sizes) => sizes[at]!.overcharge)),
  }));
}

function bestOfSeed(options: { seed: number; units: number; terms: number }): { gain: number; overcharge: number }[] {
  const world = worldOf(options);
  const rules = { ...OURS, asks: 'cover', records: false, standby: false } as const;
  const desk = new RelayDesk(world.random, rules, demandUnder(rules, world.validators));
  const ledger = new CoverLedger();
  for (const { lineId, fundsWei } of world.honest) ledger.open(lineId, fundsWei);
  const auction = (markUp: (coprocessor: Coprocessor) => number): Outcome => {
    const bidders = world.honest.map((coprocessor) => ({
      coprocessor: withMarkUp(coprocessor, markUp(coprocessor)),
      record: new CoprocessorRecord(),
      units: coprocessor.behaviour.units(0),
    }));
    const occasion = {
      term: 0,
      avsId: world.random.bytes(32, 'avs 0'),
      referenceTerms: [],
      bidders,
      ledger,
      signed: false,
    };
    return new Outcome(decideAuction(desk.inputsOf(occasion)));
  };
  const honest = auction(() => 0);
  return SIZES.map((size) => {
    const ring = cheapest(world, size);
    const honestly = honest.profitOf(ring);
    let best = { gain: 0, overcharge: 0 };
    for (const markUp of MARK_UPS_BPS) {
      const outcome = auction((one) => (ring.indexOf(one) > 0 ? markUp : 0));
      const gain = (100 * (outcome.profitOf(ring) - honestly)) / honest.payments;
      if (gain > best.gain) best = { gain, overcharge: 100 * (outcome.payments / honest.payments - 1) };
    }
    return best;
  });
}

function withMarkUp(coprocessor: Coprocessor, markUpBps: number): Coprocessor {
  const { behaviour, costBps } = coprocessor;
  return { ...coprocessor, behaviour: { ...behaviour, askBps: () => costBps + markUpBps } };
}

/** Who is paid what, in units × bps. */
class Outcome {
  readonly payments: number;
  readonly #rows: { coprocessor: string; units: number; price: number }[];

  constructor({ ranges, inputs }: AuctionDecision) {
    this.#rows = ranges.map(({ seq, units, price_bps }) => ({
      ...{ coprocessor: inputs.bids[Number(seq) - 1]!.bid.message.coprocessor, units, price: price_bps },
    }));
    this.payments = this.#rows.reduce((sum, { units, price }) => sum + units * price, 0);
  }

  profitOf(ring: readonly Coprocessor[]): number {
    const costs = new Map<string, number>(ring.map(({ pubkey, costBps }) => [pubkey, costBps]));
    return this.#rows.reduce((sum, { coprocessor, units, price }) => {
      const cost = costs.get(coprocessor);
      return cost === undefined ? sum : sum + units * (price - cost);
    }, 0);
  }
}
