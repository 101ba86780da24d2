import { bandOf, intervalOf, meanOf, medianOf } from './statistics.js';

describe('intervals', () => {
  it('are Student’s', () => {
    const { mean, low, high } = intervalOf([1, 2, 3, 4, 5]);
    expect(mean).toBe(3);
    // 2.776 · √(2.5 / 5)
    expect(high - mean).toBeCloseTo(1.963, 3);
    expect(mean - low).toBeCloseTo(1.963, 3);
    expect(intervalOf(Array.from({ length: 100 }, (_, index) => index % 2)).high).toBeCloseTo(0.5985, 3);
  });

  it('have no width for one sample or for equal ones', () => {
    expect(intervalOf([7])).toEqual({ mean: 7, low: 7, high: 7 });
    expect(intervalOf([7, 7, 7])).toEqual({ mean: 7, low: 7, high: 7 });
  });

  it('go along series', () => {
    expect(
      bandOf([
        [1, 5],
        [3, 5],
      ]).map(({ mean }) => mean),
    ).toEqual([2, 5]);
    expect(bandOf([])).toEqual([]);
  });
});

describe('middles', () => {
  it('are the mean and the lower median', () => {
    expect(meanOf([])).toBe(0);
    expect(meanOf([1, 2])).toBe(1.5);
    expect(medianOf([9, 1, 4])).toBe(4);
    expect(medianOf([4, 1, 9, 5])).toBe(4);
  });
});
