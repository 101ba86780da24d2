import { Capacity } from './capacity.js';

const at = (from: number, to: number, rate = 1) => ({
  from_ms: BigInt(from),
  to_ms: BigInt(to),
  tasks_per_second: rate,
});

describe('Capacity', () => {
  it('counts what overlaps, whoever won it', () => {
    const capacity = new Capacity({ units: 10, tasks_per_second: 5 });
    capacity.set('term a', { units: 4, ...at(0, 100) });
    capacity.set('bid b', { units: 3, ...at(50, 150) });
    expect(capacity.free('bid c', at(60, 90))).toBe(3);
    expect(capacity.free('bid c', at(100, 120))).toBe(7);
    expect(capacity.free('bid b', at(50, 150))).toBe(6);
  });

  it('offers nothing when the tasks would come too fast', () => {
    const capacity = new Capacity({ units: 10, tasks_per_second: 5 });
    capacity.set('term a', { units: 1, ...at(0, 100, 4) });
    expect(capacity.free('bid b', at(0, 100, 1))).toBe(9);
    expect(capacity.free('bid b', at(0, 100, 2))).toBe(0);
  });

  it('forgets what ended and what was withdrawn', () => {
    const capacity = new Capacity({ units: 5, tasks_per_second: 5 });
    capacity.set('term a', { units: 4, ...at(0, 100) });
    capacity.set('bid b', { units: 1, ...at(0, 300) });
    capacity.expire(100n);
    capacity.set('bid b', { units: 0, ...at(0, 300) });
    expect(capacity.free('bid c', at(0, 300))).toBe(5);
  });
});
