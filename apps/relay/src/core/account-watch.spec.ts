import { ManualClock } from '@odf/telemetry';
import { pino } from 'pino';
import { parseEther, parseGwei } from 'viem';
import { RelayMetrics } from '../relay.metrics.js';
import { AccountWatch } from './account-watch.js';

it('tells the balance, warns once each time that it gets low, and fetches bonds that are worth their gas once an hour', async () => {
  const lines: { msg: string; account: string }[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
  const metrics = new RelayMetrics();
  let balance = parseEther('0.07');
  let returned = parseGwei('120000');
  const clock = new ManualClock(0);
  const keys: string[] = [];
  const outbox = { enqueue: async ({ key }: { key: string }) => keys.push(key) > 0 };
  const client = {
    getBalance: async () => balance,
    getGasPrice: async () => parseGwei('1'),
    readContract: async ({ functionName }: { functionName: string }) =>
      functionName === 'claimBond' ? parseEther('0.01') : returned,
  };
  const address = `0x${'ab'.repeat(20)}` as const;
  const deployment = { hub: '0x01', claims: '0x02' } as const;
  const watch = new AccountWatch({ client: client as never, deployment, address, outbox, clock, metrics, logger });
  const pass = async (ether: string) => {
    balance = parseEther(ether);
    await watch.pass();
    return lines.length;
  };
  // Five filings cost 5 · (0.01 + 1.3 M · 1 gwei) = 0.0565 ether.
  expect([await pass('0.0565'), await pass('0.0564'), await pass('0.01')]).toEqual([0, 1, 1]);
  expect([await pass('1'), await pass('0')]).toEqual([1, 2]);
  expect(keys).toEqual([]);
  returned += 1n;
  await pass('1');
  clock.advance(3_600_000);
  await pass('1');
  expect(keys).toEqual(['claims/collect/0', 'claims/collect/1']);
  expect(lines[0]).toMatchObject({ account: address, msg: expect.stringContaining('is low') as string });
  expect(await metrics.registry.getSingleMetricAsString('odf_claims_account_balance_ether')).toMatch(/ 1$/);
});
