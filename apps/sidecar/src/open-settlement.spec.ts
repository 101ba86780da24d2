import type { Hex } from '@odf/protocol';
import { createLogger } from '@odf/telemetry';
import { openSettlement } from './open-settlement.js';
import { parseOptions } from './options.js';

const log = createLogger({ level: 'silent', name: 'test' });
const HUB: Hex = `0x${'5e'.repeat(20)}`;
const policy = { enrollment_days: 1, keep_payloads: false, validators: [] };
const given = {
  relays: ['http://relay'],
  policy: 'policy.yaml',
  addr: '127.0.0.1:1',
  dataDir: '.',
  loglevel: 'info',
  requestTimeoutGetheader: '1',
  requestTimeout: '1',
  chainConfirmations: '12',
  claimRelayPatience: '1',
  relayCheck: false,
  json: false,
};
const onChain = { chainRpcUrl: 'http://127.0.0.1:1', settlement: HUB, allocationManager: HUB };

describe('openSettlement', () => {
  it('opens none without a chain', async () => {
    expect(await openSettlement(parseOptions(given), policy, log)).toBeUndefined();
  });

  it.each([
    ['the hub', { settlement: undefined }, /--settlement/],
    ['who tells of slashes', { allocationManager: undefined }, /--allocation-manager/],
    ['a chain that answers', {}, /does not answer/],
  ])('asks for %s', async (_, change, message) => {
    const options = parseOptions({ ...given, ...onChain, ...change });
    await expect(openSettlement(options, policy, log)).rejects.toThrow(message);
  });

  it.each([
    ['chainRpcUrl', 'ftp://chain'],
    ['settlement', '0x12'],
    ['chainConfirmations', '0'],
  ])('refuses a wrong %s', (flag, value) => {
    expect(() => parseOptions({ ...given, [flag]: value })).toThrow(flag);
  });
});
