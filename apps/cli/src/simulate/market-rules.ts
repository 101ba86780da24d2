import type { PricingRule } from '@odf/protocol';

/** What a market does of MARKET.md; the core is the same for all. */
export interface MarketRules {
  name: string;
  /** What it lets validators ask for. */
  asks: 'all' | 'cover' | 'reputation' | 'half cover' | 'nothing';
  /** Whether records count: reputation, circuit breaker, quarantine and credit. */
  records: boolean;
  /** Whether cover is reserved in a ledger, taken at its word for each auction, or not there. */
  cover: 'reserved' | 'declared' | 'none';
  standby: boolean;
  capBps: number;
  newcomerBps: number;
  pricing: PricingRule;
}

/** The market as it is. */
export const OURS: MarketRules = {
  name: 'ours',
  asks: 'all',
  records: true,
  cover: 'reserved',
  standby: true,
  capBps: 2500,
  newcomerBps: 500,
  pricing: 'critical',
};

/** The lowest fee wins and nothing else counts; paid the critical price, as bidders who shade their bids would be. */
export const NAIVE: MarketRules = {
  name: 'naive',
  asks: 'nothing',
  records: false,
  cover: 'none',
  standby: false,
  capBps: 10_000,
  newcomerBps: 0,
  pricing: 'critical',
};

/** The naive market that asks for cover, and believes what bidders say of it: each auction counts the whole line. */
export const BELIEVING: MarketRules = { ...NAIVE, name: 'cover at its word', asks: 'cover', cover: 'declared' };

/** The market without one of its parts, or with another price rule. */
export const ABLATIONS = {
  'no standby': { ...OURS, standby: false },
  'no reputation': { ...OURS, asks: 'cover', records: false },
  'no lane': { ...OURS, newcomerBps: 0 },
  'no cap': { ...OURS, capBps: 10_000 },
  'no cover': { ...OURS, asks: 'reputation', cover: 'none' },
  'half cover': { ...OURS, asks: 'half cover' },
  'price first': { ...OURS, pricing: 'first' },
  'price uniform': { ...OURS, pricing: 'uniform' },
  'price standby': { ...OURS, pricing: 'standby' },
} as const satisfies Record<string, Omit<MarketRules, 'name'>>;

/** The rules of a market by name. */
export function rulesOf(name: string): MarketRules {
  const known = [OURS, NAIVE, BELIEVING, ...Object.entries(ABLATIONS).map(([key, rules]) => ({ ...rules, name: key }))];
  const rules = known.find((one) => one.name === name);
  if (!rules) throw new RangeError(`no market "${name}"`);
  return rules;
}
