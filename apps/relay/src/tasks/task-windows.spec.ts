import fc from 'fast-check';
import { leastTimeMs, lightweightWindows, windowsOf } from './task-windows.js';

const windows = { bidding: 5, term: 1_000, deliver: 100, grace: 20, commit: 60 };
const NOW = 10_000;

describe('windowsOf', () => {
  it('counts from the announcement', () => {
    expect(windowsOf(windows, NOW, 99_000)).toEqual({
      announcedAtMs: 10_000,
      deliverByMs: 10_100,
      switchUntilMs: 10_120,
      commitByMs: 10_160,
    });
  });

  it('cuts the time to commit at the deadline', () => {
    expect(windowsOf(windows, NOW, 10_130)).toMatchObject({ deliverByMs: 10_100, commitByMs: 10_130 });
  });

  it('is null when the deadline leaves a validator no time behind the standby', () => {
    expect(windowsOf(windows, NOW, 10_121)).not.toBeNull();
    expect(windowsOf(windows, NOW, 10_120)).toBeNull();
    expect(windowsOf(windows, NOW, NOW - 1)).toBeNull();
  });

  it('is never null for a task that was accepted and is announced at once', () => {
    const lengths = fc
      .record({
        bidding: fc.integer({ min: 0, max: 1_000 }),
        deliver: fc.integer({ min: 1, max: 1_000 }),
        commit: fc.integer({ min: 1, max: 1_000 }),
        share: fc.double({ min: 0, max: 0.999, noNaN: true }),
        spareMs: fc.integer({ min: 1, max: 1_000 }),
      })
      .map(({ share, ...rest }) => ({ ...rest, grace: Math.floor(rest.commit * share) }));
    fc.assert(
      fc.property(lengths, ({ spareMs, ...of }) => {
        const all = { ...of, term: 1 };
        for (const mode of ['term', 'task'] as const) {
          const deadlineMs = NOW + leastTimeMs({ mode, windows_ms: all }, false) + spareMs;
          const announcedAtMs = mode === 'task' ? NOW + of.bidding : NOW;
          const due = windowsOf(all, announcedAtMs, deadlineMs)!;
          expect(due.deliverByMs).toBeGreaterThan(announcedAtMs);
          expect(due.switchUntilMs).toBeGreaterThanOrEqual(due.deliverByMs);
          expect(due.commitByMs).toBeGreaterThan(due.switchUntilMs);
          expect(due.commitByMs).toBeLessThanOrEqual(deadlineMs);
        }
      }),
    );
  });
});

describe('leastTimeMs', () => {
  it('adds the bidding where each task has its own auction, and asks nothing of a lightweight AVS', () => {
    expect(leastTimeMs({ mode: 'term', windows_ms: windows }, false)).toBe(160);
    expect(leastTimeMs({ mode: 'task', windows_ms: windows }, false)).toBe(165);
    expect(leastTimeMs({ mode: 'task', windows_ms: windows }, true)).toBe(0);
  });
});

it('gives a lightweight task until its deadline for everything', () => {
  expect(lightweightWindows(NOW, 12_000)).toEqual({
    announcedAtMs: 10_000,
    deliverByMs: 12_000,
    switchUntilMs: 12_000,
    commitByMs: 12_000,
  });
});
