import { behave, coprocessorOf, type Coprocessor } from './coprocessors.js';
import type { World } from './world.js';

/** Who works against the market, once they have entered a world. */
export interface Intrusion {
  /** Whose profit is measured together. */
  ring: Coprocessor[];
  /** Whose profit the ring would have made by honest means; nobody's where the ring came from outside. */
  honestly: readonly Coprocessor[];
  /** A new identity for one that may not bid any more; without it, it waits or is gone. */
  reenter?: (gone: Coprocessor, term: number) => Coprocessor;
  /** Lines that bidders name though they are another's, by public key. */
  borrowedLines?: ReadonlyMap<string, Coprocessor>;
}

/** An adversary: what it does, and how the market that it is compared with is called. */
export interface Adversary {
  about: string;
  baseline: 'naive' | 'cover at its word';
  /** How many AVSs the same validators and lines serve. */
  avss: 1 | 2;
  /** Whether the relay publishes lies. */
  lyingRelay: boolean;
  enter: (world: World) => Intrusion;
}

const WITHHOLDERS = 6;
/** When the cheating betray whom they serve, and when the outage is, as shares of all terms. */
const BETRAYALS = [9 / 18, 10 / 18, 11 / 18] as const;
const OUTAGE = 9 / 18;
/** What members of a ring that keep prices up ask at least, bps. */
const RING_ASK_BPS = 1600;
/** Sizes of cartels. */
const CARTELS = [2, 3, 4, 5, 6, 8, 10, 12] as const;

function adversary(about: string, enter: Adversary['enter'], changes: Partial<Adversary> = {}): Adversary {
  return { about, enter, baseline: 'naive', avss: 1, lyingRelay: false, ...changes };
}

/** The cheapest of the honest who bid with cover, cheapest first. */
export function cheapest({ honest }: World, count: number): Coprocessor[] {
  return honest
    .filter(({ coverBps }) => coverBps > 0)
    .sort((a, b) => a.costBps - b.costBps || (a.name < b.name ? -1 : 1))
    .slice(0, count);
}

function nobody(): Intrusion {
  return { ring: [], honestly: [] };
}

/** Six who ask one per cent and deliver four tasks of ten. */
function withholders(world: World, share: number): Coprocessor[] {
  const units = Math.floor(world.units * share);
  const ring = Array.from({ length: WITHHOLDERS }, (_, index) =>
    coprocessorOf(world.random, `withholder ${index}`, {
      ...{ costBps: 100, capacity: units, covers: units, reliability: 0.4 },
    }),
  );
  world.coprocessors.push(...ring);
  return ring;
}

/** Whoever was suspended comes back under another name. */
function reentering(world: World, ring: Coprocessor[]): Intrusion['reenter'] {
  return (gone, term) => {
    const { units, reliability } = gone.behaviour;
    const again = coprocessorOf(world.random, `${gone.name.replace(/ #.*/, '')} #${term}`, {
      ...{ costBps: gone.costBps, capacity: units(term), covers: units(term), reliability: reliability(term) },
      bornTerm: term,
    });
    ring.push(again);
    world.coprocessors.push(again);
    return again;
  };
}

function betrayals({ terms }: World): number[] {
  return BETRAYALS.map((share) => Math.floor(terms * share));
}

function exitScammers(world: World): Intrusion {
  const capacity = Math.floor(world.units / 4);
  const ring = betrayals(world).map((betraysIn, index) =>
    coprocessorOf(world.random, `scammer ${index}`, {
      ...{ costBps: 300, capacity, covers: capacity, reliability: 0.999, established: true, betraysIn },
    }),
  );
  world.coprocessors.push(...ring);
  return { ring, honestly: [] };
}

/** The three cheapest move half of their units to identities of their own that ask eight per cent more. */
function shills(world: World): Intrusion {
  const honestly = cheapest(world, 3);
  const second = honestly.map((first) => {
    const units = first.behaviour.units;
    const half = (term: number): number => Math.floor(units(term) / 2);
    const shill = coprocessorOf(world.random, `shill of ${first.name}`, {
      ...{ costBps: first.costBps, capacity: half(0), covers: half(0), reliability: first.behaviour.reliability(0) },
      established: true,
    });
    behave(shill, { askBps: () => first.costBps + 800 });
    behave(first, { units: (term) => units(term) - half(term) });
    return shill;
  });
  world.coprocessors.push(...second);
  return { ring: [...honestly, ...second], honestly };
}

/** The three cheapest offer half of what they have. */
function capacityWithholding(world: World): Intrusion {
  const ring = cheapest(world, 3);
  for (const one of ring) {
    const { units } = one.behaviour;
    behave(one, { units: (term) => Math.floor(units(term) / 2) });
  }
  return { ring, honestly: ring };
}

/** The cheapest bids its cost, the others of the ring keep out of its way. */
function cartel(size: number): Adversary['enter'] {
  return (world) => {
    const ring = cheapest(world, size);
    for (const one of ring.slice(1)) behave(one, { askBps: () => Math.max(one.costBps, RING_ASK_BPS) });
    return { ring, honestly: ring };
  };
}

/** A third of the honest fail together for a whole term. */
function outage(world: World): Intrusion {
  const outageTerm = Math.floor(world.terms * OUTAGE);
  for (const one of world.honest.filter((_, index) => index % 3 === 0)) {
    const { reliability } = one.behaviour;
    behave(one, { reliability: (term) => (term === outageTerm ? 0 : reliability(term)) });
  }
  return nobody();
}

/** Three offer one line in two AVSs at once, a fourth names the line of the first; each lets everybody down at the end. */
function doubleSpenders(world: World): Intrusion {
  const capacity = Math.floor(world.units / 2);
  const ring = betrayals(world).map((betraysIn, index) =>
    coprocessorOf(world.random, `double spender ${index}`, {
      ...{ costBps: 300, capacity, covers: Math.floor(capacity / 2), reliability: 0.999, established: true, betraysIn },
    }),
  );
  const borrower = coprocessorOf(world.random, 'borrower', {
    ...{
      costBps: 250,
      capacity,
      covers: capacity,
      reliability: 0.999,
      established: true,
      betraysIn: ring[0]!.behaviour.betraysIn!,
    },
  });
  world.coprocessors.push(...ring, borrower);
  return { ring: [...ring, borrower], honestly: [], borrowedLines: new Map([[borrower.pubkey, ring[0]!]]) };
}

/** Three who could each serve everybody, for less than anyone else. */
function giants(world: World): Intrusion {
  const ring = [300, 350, 400].map((costBps, index) =>
    coprocessorOf(world.random, `giant ${index}`, {
      ...{ costBps, capacity: world.units, covers: world.units, reliability: 0.998, established: true },
    }),
  );
  world.coprocessors.push(...ring);
  return { ring, honestly: [] };
}

/** Every adversary by its name. */
export const ADVERSARIES: Readonly<Record<string, Adversary>> = {
  none: adversary('everybody is honest', nobody),
  withholders: adversary('six ask 1 % and deliver 40 % of their tasks', (world) => ({
    ring: withholders(world, 1 / WITHHOLDERS),
    honestly: [],
  })),
  sybils: adversary('the same six come back under a new name once suspended', (world) => {
    const ring = withholders(world, 1 / WITHHOLDERS);
    return { ring, honestly: [], reenter: reentering(world, ring) };
  }),
  'sybil pairs': adversary('sybils of three times the size, who stand by for each other', (world) => {
    const ring = withholders(world, 3 / WITHHOLDERS);
    return { ring, honestly: [], reenter: reentering(world, ring) };
  }),
  'exit scam': adversary('three of good record have everybody sign a wrong result, once', exitScammers),
  shills: adversary('the three cheapest bid half of their units through shills', shills),
  'capacity withholding': adversary('the three cheapest offer half of their units', capacityWithholding),
  ...Object.fromEntries(
    CARTELS.map((size) => [
      `cartel ${size}`,
      adversary(`the ${size} cheapest: one bids, the others ask 16 %`, cartel(size)),
    ]),
  ),
  outage: adversary('a third of the honest fail together for a term', outage),
  'lying relay': adversary(
    'the relay hides the eight cheapest bids where nobody can see it; where one can, it publishes lies of ten kinds',
    nobody,
    { lyingRelay: true },
  ),
  'double spending': adversary('one line offered in two AVSs, and by somebody else', doubleSpenders, {
    ...{ avss: 2, baseline: 'cover at its word' },
  }),
  'capped market': adversary('three could each serve everybody cheaper than anyone', giants),
};

/**
 * An adversary by name.
 *
 * @throws {RangeError} naming all of them.
 */
export function adversaryOf(name: string): Adversary {
  const known = ADVERSARIES[name];
  if (!known) throw new RangeError(`no adversary "${name}"; there are: ${Object.keys(ADVERSARIES).join(', ')}`);
  return known;
}
