import { pino } from 'pino';
import { parseEther, parseGwei } from 'viem';
import { RelayMetrics } from '../relay.metrics.js';
import { AccountWatch } from './account-watch.js';

it('tells the balance, and warns once each time that it gets low', async () => {
  const lines: { msg: string; account: string }[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
  const metrics = new RelayMetrics();
  let balance = parseEther('0.07');
  const client = {
    getBalance: async () => balance,
    getGasPrice: async () => parseGwei('1'),
    readContract: async () => parseEther('0.01'),
  };
  const address = `0x${'ab'.repeat(20)}` as const;
  const watch = new AccountWatch({ client: client as never, deployment: { hub: '0x01' }, address, metrics, logger });
  const pass = async (ether: string) => {
    balance = parseEther(ether);
    await watch.pass();
    return lines.length;
  };
  // Five filings cost 5 · (0.01 + 1.3 M · 1 gwei) = 0.0565 ether.
  expect([await pass('0.0565'), await pass('0.0564'), await pass('0.01')]).toEqual([0, 1, 1]);
  expect([await pass('1'), await pass('0')]).toEqual([1, 2]);
  expect(lines[0]).toMatchObject({ account: address, msg: expect.stringContaining('is low') as string });
  expect(await metrics.registry.getSingleMetricAsString('odf_claims_account_balance_ether')).toMatch(/ 0$/);
});
