import { parseStrategy, stepsWithin, StrategyError } from './strategy.js';

const good = `
capacity: { units: 6 }
avs:
  - avs: kzg-da
    steps: [{ fee_share_bps: 900, units: 4 }, { fee_share_bps: 1500, units: 2 }]
    cover_wei_per_unit: 32000000000000000000
`;

describe('parseStrategy', () => {
  it('fills in defaults and keeps every digit of wei', () => {
    const strategy = parseStrategy(good);
    expect(strategy.avs[0]).toMatchObject({ enabled: true, standing: true, cover_wei_per_unit: 32n * 10n ** 18n });
    expect(strategy.capacity).toEqual({ units: 6, tasks_per_second: 1000 });
  });

  it.each([
    ['falling prices', good.replace('1500', '900'), /avs\.0\.steps: fee_share_bps must rise/],
    ['more than the whole reward', good.replace('1500', '10001'), /avs\.0\.steps\.1\.fee_share_bps/],
    ['an unknown member', `${good}    color: red\n`, /color/],
    ['no steps', good.replace(/steps: .*/, 'steps: []'), /avs\.0\.steps/],
    ['an AVS twice', `${good}${good.slice(good.indexOf('  - avs'))}`, /named twice/],
    ['no YAML', 'capacity: [', /not YAML/],
    ['fractions of wei', good.replace('32000000000000000000', '0.5'), /whole number of wei/],
  ])('refuses %s and says where', (_what, text, message) => {
    expect(() => parseStrategy(text)).toThrow(StrategyError);
    expect(() => parseStrategy(text)).toThrow(message);
  });
});

describe('stepsWithin', () => {
  const steps = [
    { fee_share_bps: 900, units: 4 },
    { fee_share_bps: 1500, units: 2 },
  ];

  it('keeps the cheapest units that fit', () => {
    expect(stepsWithin(steps, 5)).toEqual([steps[0], { fee_share_bps: 1500, units: 1 }]);
    expect(stepsWithin(steps, 3)).toEqual([{ fee_share_bps: 900, units: 3 }]);
    expect(stepsWithin(steps, 9)).toEqual(steps);
  });

  it('offers nothing without room', () => {
    expect(stepsWithin(steps, 0)).toEqual([]);
  });
});
