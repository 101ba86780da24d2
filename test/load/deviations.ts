import { PRICING_RULES } from '@odf/protocol';
import { knownMarket, regretOf } from '../../libs/market/test/deviations.fixture.js';

const MARKETS = 8;
const CASES: [name: string, supply: number, capBps: number][] = [
  ['no cap, supply 1.8 ×', 1.8, 10_000],
  ['cap 25 %, supply 1.8 ×', 1.8, 2_500],
  ['cap 25 %, supply 1.25 ×', 1.25, 2_500],
];

const percent = (share: number): string => `${(100 * share).toFixed(3)} %`.padStart(9);

/** What lying alone brings under each pricing rule: 24 bidders × 8 markets, in shares of all payments. */
export async function run(_args: string[]): Promise<void> {
  for (const [name, supply, capBps] of CASES) {
    const markets = Array.from({ length: MARKETS }, (_, index) => knownMarket(index + 1, supply));
    process.stdout.write(`${name}\n  rule        price lying  withholding  most of one  mean fee\n`);
    for (const rule of PRICING_RULES) {
      const { price, capacity, most, fee_bps } = regretOf(markets, rule, capBps);
      const cells = [percent(price), percent(capacity), percent(most), `${fee_bps.toFixed(0)} bps`.padStart(9)];
      process.stdout.write(`  ${rule.padEnd(10)} ${cells.join('    ')}\n`);
    }
  }
  await Promise.resolve();
}
