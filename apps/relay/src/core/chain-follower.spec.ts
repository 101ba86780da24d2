import { ManualClock } from '@odf/telemetry';
import { pino } from 'pino';
import { HttpRequestError } from 'viem';
import { RelayMetrics } from '../relay.metrics.js';
import { ChainFollower } from './chain-follower.js';

function followed() {
  const clock = new ManualClock();
  const metrics = new RelayMetrics();
  const logs: string[] = [];
  const logger = pino({}, { write: (line: string) => void logs.push(line) });
  const indexer: { head: bigint | null; lag: bigint | null } = { head: null, lag: null };
  const run = jest.fn(
    (signal: AbortSignal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
  );
  const follower = new ChainFollower({ indexer, loop: { run }, clock, metrics, logger });
  const seen = (head: bigint, lag: bigint): void => {
    Object.assign(indexer, { head, lag });
    follower.stepped({ did: 'nothing' });
  };
  const metric = async (name: string) => (await metrics.registry.getSingleMetric(name)!.get()).values[0]!.value;
  return { clock, logs, follower, seen, run, metric };
}

it('is not ready before the chain has answered', () => {
  const { follower, seen } = followed();
  expect(follower.unready()).toBe('the chain has not answered yet');
  seen(10n, 0n);
  expect(follower.unready()).toBeUndefined();
});

it('is not ready while the mirror is far behind', async () => {
  const { follower, seen, metric } = followed();
  seen(100n, 33n);
  expect(follower.unready()).toBe('the mirror of the chain is 33 blocks behind');
  expect([await metric('odf_chain_head_block'), await metric('odf_chain_lag_blocks')]).toEqual([100, 33]);
  seen(101n, 32n);
  expect(follower.unready()).toBeUndefined();
});

it('is patient for a minute with a chain that is away, and says once that it is', async () => {
  const { follower, seen, clock, logs, metric } = followed();
  seen(10n, 0n);
  for (let second = 0; second <= 60; second += 1) {
    follower.failed(new Error('connect ECONNREFUSED'));
    expect(follower.unready()).toBeUndefined();
    clock.advance(1_000);
  }
  expect(follower.unready()).toBe('the chain does not answer');
  expect(logs).toHaveLength(1);
  expect(await metric('odf_chain_failures_total')).toBe(61);
  seen(11n, 0n);
  expect(follower.unready()).toBeUndefined();
  expect(logs).toHaveLength(2);
});

it('counts reorganisations', async () => {
  const { follower, logs, metric } = followed();
  follower.stepped({ did: 'rolled back', dropped: 3n });
  expect(await metric('odf_chain_reorgs_total')).toBe(1);
  expect(JSON.parse(logs[0]!)).toMatchObject({ dropped: 3 });
});

it('never logs the URL, which may hold a key', () => {
  const { follower, logs } = followed();
  const url = 'https://rpc.example/secret-key';
  follower.failed(new HttpRequestError({ url, status: 503, details: 'Service Unavailable' }));
  expect(logs[0]).toContain('Service Unavailable');
  expect(logs[0]).not.toContain('secret-key');
});

it('runs the loop once and ends it', async () => {
  const { follower, run } = followed();
  follower.start();
  follower.start();
  await follower.stop();
  expect(run).toHaveBeenCalledTimes(1);
});
