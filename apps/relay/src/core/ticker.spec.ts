import { Ticker } from './ticker.js';

/** Lets promises settle without moving the clock. */
const settle = async () => {
  for (let count = 0; count < 20; count++) await Promise.resolve();
};

describe('Ticker', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const errors: unknown[] = [];
  const tickerOf = (pass: () => Promise<number>, atMostMs = 500) =>
    new Ticker({ pass, atMostMs, onError: (error) => errors.push(error) });

  it('passes at once and again when the pass says, but at most after the longest wait', async () => {
    const waits = [100, 60_000, 1_000];
    const pass = jest.fn(() => Promise.resolve(waits.shift() ?? 1_000));
    const ticker = tickerOf(pass);
    ticker.start();
    await settle();
    expect(pass).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(99);
    expect(pass).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(pass).toHaveBeenCalledTimes(2);
    await jest.advanceTimersByTimeAsync(499);
    expect(pass).toHaveBeenCalledTimes(2);
    await jest.advanceTimersByTimeAsync(1);
    expect(pass).toHaveBeenCalledTimes(3);
    await ticker.stop();
  });

  it('does not spin when a pass says that something is due already', async () => {
    const pass = jest.fn(() => Promise.resolve(-5));
    const ticker = tickerOf(pass);
    ticker.start();
    await jest.advanceTimersByTimeAsync(100);
    expect(pass.mock.calls.length).toBeLessThanOrEqual(21);
    expect(pass.mock.calls.length).toBeGreaterThan(5);
    await ticker.stop();
  });

  it('never runs two passes at once; any number of nudges meanwhile cost one more', async () => {
    const finish: (() => void)[] = [];
    let running = 0;
    const pass = jest.fn(async () => {
      running += 1;
      expect(running).toBe(1);
      await new Promise<void>((resolve) => finish.push(resolve));
      running -= 1;
      return 1_000;
    });
    const ticker = tickerOf(pass);
    ticker.start();
    for (let count = 0; count < 5; count++) ticker.nudge();
    await settle();
    expect(pass).toHaveBeenCalledTimes(1);
    for (let count = 0; count < 5; count++) ticker.nudge();
    finish[0]!();
    await settle();
    expect(pass).toHaveBeenCalledTimes(2);
    finish[1]!();
    await settle();
    expect(pass).toHaveBeenCalledTimes(2);
    await ticker.stop();
  });

  it('forgets no nudge, at whatever moment around the end of a pass it comes', async () => {
    for (let delay = 0; delay < 12; delay++) {
      let passes = 0;
      const ticker = tickerOf(() => Promise.resolve((passes += 1) && 60_000), 60_000);
      ticker.start();
      for (let count = 0; count < delay; count++) await Promise.resolve();
      const before = passes;
      ticker.nudge();
      await settle();
      expect(passes).toBeGreaterThan(before);
      await ticker.stop();
    }
  });

  it('reports a pass that fails, thrown or rejected, and tries again', async () => {
    errors.length = 0;
    const failures = [
      () => Promise.reject(new Error('rejected')),
      (): Promise<number> => {
        throw new Error('thrown');
      },
    ];
    const pass = jest.fn(() => failures.shift()?.() ?? Promise.resolve(1_000));
    const ticker = tickerOf(pass, 1_000);
    ticker.start();
    await jest.advanceTimersByTimeAsync(600);
    expect(errors).toEqual([new Error('rejected'), new Error('thrown')]);
    expect(pass).toHaveBeenCalledTimes(3);
    await ticker.stop();
  });

  it('stops: waits for the pass under way and starts no other', async () => {
    let finish: () => void = () => undefined;
    const pass = jest.fn(async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      return 0;
    });
    const ticker = tickerOf(pass);
    ticker.start();
    await settle();
    ticker.nudge();
    let stopped = false;
    const stopping = ticker.stop().then(() => (stopped = true));
    await settle();
    expect(stopped).toBe(false);
    finish();
    await stopping;
    ticker.nudge();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(pass).toHaveBeenCalledTimes(1);
  });
});
