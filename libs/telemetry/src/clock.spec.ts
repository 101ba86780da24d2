import { ManualClock, systemClock } from './clock.js';

describe('clocks', () => {
  it('the manual one stands until it is moved, and never goes back', () => {
    const clock = new ManualClock(1_000);
    expect(clock.nowMs()).toBe(1_000);
    expect(clock.advance(5)).toBe(1_005);
    expect(() => clock.advance(-1)).toThrow(RangeError);
    expect(() => clock.advance(Number.NaN)).toThrow(RangeError);
    expect(clock.nowMs()).toBe(1_005);
  });

  it("the system's is Unix milliseconds", () => {
    const before = Date.now();
    expect(systemClock.nowMs()).toBeGreaterThanOrEqual(before);
    expect(systemClock.nowMs()).toBeLessThanOrEqual(Date.now());
  });
});
