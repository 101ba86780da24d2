import { p95FitsWindow } from './latency.js';

const windows = { deliver: 1_000, commit: 500, grace: 100 };
const latency = { compute: 800, delivery: 200, verification: 300, reveal: 100 };

describe('p95FitsWindow', () => {
  it('takes a term that just fits', () => {
    expect(p95FitsWindow(latency, windows)).toBe(true);
  });

  it.each(['compute', 'delivery', 'verification', 'reveal'] as const)(
    'refuses one with a millisecond more of %s',
    (step) => {
      expect(p95FitsWindow({ ...latency, [step]: latency[step] + 1 }, windows)).toBe(false);
    },
  );
});
