import { Wakeup } from './wakeup.js';

const HOUR_MS = 3_600_000;
const never = new AbortController().signal;

it('waits its time', async () => {
  const begin = performance.now();
  await new Wakeup().pause(20, never);
  expect(performance.now() - begin).toBeGreaterThan(15);
});

it('is cut short by a wake, during it or before it, and then waits again', async () => {
  const wakeup = new Wakeup();
  const waiting = wakeup.pause(HOUR_MS, never);
  wakeup.wake();
  await waiting;
  wakeup.wake();
  await wakeup.pause(HOUR_MS, never);
  const again = wakeup.pause(HOUR_MS, never);
  expect(await Promise.race([again, Promise.resolve('waits')])).toBe('waits');
  wakeup.wake();
  await again;
});

it('ends with its signal', async () => {
  const stopping = new AbortController();
  const waiting = new Wakeup().pause(HOUR_MS, stopping.signal);
  stopping.abort();
  await waiting;
  await new Wakeup().pause(HOUR_MS, stopping.signal);
});
