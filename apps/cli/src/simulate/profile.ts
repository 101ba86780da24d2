import { ADVERSARIES, adversaryOf } from './adversaries.js';
import { ABLATIONS, OURS } from './market-rules.js';
import type { Job } from './run.js';

/** How much is simulated. */
export interface Profile {
  seeds: number;
  terms: number;
  /** Validators. */
  units: number;
  adversaries: readonly string[];
  /** Parts that are left out, against whom. */
  ablations: readonly (readonly [market: keyof typeof ABLATIONS, adversary: string])[];
}

/** `short` tells within seconds whether the claims hold; `full` is what docs/market-evaluation.md keeps. */
export const PROFILES: Readonly<Record<'short' | 'full', Profile>> = {
  short: {
    seeds: 2,
    terms: 24,
    units: 1000,
    adversaries: ['none', 'withholders', 'exit scam', 'cartel 4', 'lying relay', 'double spending'],
    ablations: [],
  },
  full: {
    seeds: 10,
    terms: 180,
    units: 1200,
    adversaries: Object.keys(ADVERSARIES),
    ablations: [
      ['no standby', 'none'],
      ['no standby', 'withholders'],
      ['no standby', 'sybils'],
      ['no standby', 'outage'],
      ['no reputation', 'withholders'],
      ['no reputation', 'exit scam'],
      ['no lane', 'none'],
      ['no lane', 'sybils'],
      ['no cap', 'none'],
      ['no cap', 'capped market'],
      ['no cover', 'exit scam'],
      ['half cover', 'exit scam'],
      ['price first', 'none'],
      ['price uniform', 'none'],
      ['price standby', 'none'],
      ['price uniform', 'cartel 8'],
      ['price standby', 'cartel 8'],
    ],
  },
};

/** The runs of a profile: every adversary against the market and what it is compared with, then the ablations, seed by seed. */
export function jobsOf({ seeds, terms, units, adversaries, ablations }: Profile): Job[] {
  const names = [...new Set(['none', ...adversaries])];
  const pairs = [
    ...names.flatMap((adversary) => [
      { adversary, market: adversaryOf(adversary).baseline },
      { adversary, market: OURS.name },
    ]),
    ...ablations
      .filter(([, adversary]) => names.includes(adversary))
      .map(([market, adversary]) => ({ adversary, market: market })),
  ];
  return pairs.flatMap((pair) =>
    Array.from({ length: seeds }, (_, index) => ({ ...pair, seed: index + 1, terms, units })),
  );
}
