import { coprocessorOf, type Coprocessor } from './coprocessors.js';
import { Random } from './random.js';
import { validatorsOf } from './validators.js';

/** Honest coprocessors from the first term on. */
const HONEST = 24;
/** Of these so many bid on their record alone. */
const UNCOVERED = 2;
/** Capacity of all honest coprocessors over demand. */
const SUPPLY = 3;
/** When a cheap, honest newcomer arrives, as a share of all terms. */
const NEWCOMER_AT = 1 / 3;

/** Everybody in a simulated market; the same seed gives the same people, whatever the market's rules. */
export interface World {
  random: Random;
  units: number;
  terms: number;
  validators: ReturnType<typeof validatorsOf>;
  /** The honest ones, before an adversary changes or joins them. */
  honest: readonly Coprocessor[];
  newcomer: Coprocessor;
  /** Everybody who bids. */
  coprocessors: Coprocessor[];
}

/** The world of a seed. */
export function worldOf({ seed, units, terms }: { seed: number; units: number; terms: number }): World {
  const random = new Random(`odf simulate ${seed}`);
  const honest = Array.from({ length: HONEST }, (_, index) => honestOf(random.fork(`honest ${index}`), index, units));
  const newcomer = coprocessorOf(random, 'newcomer', {
    ...{ costBps: 550, capacity: Math.floor(units * 0.15), reliability: 0.999, covers: Math.floor(units * 0.15) },
    bornTerm: Math.floor(terms * NEWCOMER_AT),
  });
  const denied = [honest[0]!.pubkey, honest[1]!.pubkey];
  const validators = validatorsOf(random.fork('validators'), units, denied);
  return { random, units, terms, validators, honest, newcomer, coprocessors: [...honest, newcomer] };
}

/** Costs of 5 to 14 % of the reward, log-normal sizes, 0.5 to 5 misses in a thousand, lines for 38 to 125 % of the capacity. */
function honestOf(random: Random, index: number, units: number): Coprocessor {
  const capacity = Math.max(1, Math.floor(((SUPPLY * units) / HONEST) * Math.exp(0.5 * random.normal())));
  return coprocessorOf(random, `honest ${index}`, {
    costBps: 500 + random.below(900),
    reliability: 0.995 + 0.0045 * random.unit(),
    capacity,
    covers: Math.floor((capacity * (15 + 35 * random.unit())) / 40),
    ...(index >= HONEST - UNCOVERED ? { coverBps: 0 } : {}),
    established: true,
  });
}
