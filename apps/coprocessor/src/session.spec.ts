import { zeroHex, type Hex } from '@odf/protocol';
import { FakeRelay } from '../test/fake-relay.js';
import { chooseLine, openSession, WrongRelay, type CoverLine } from './session.js';

const line = (digit: string, change: Partial<CoverLine> = {}): CoverLine => ({
  line_id: `0x${digit.repeat(64)}`,
  avs_id: null,
  kind: 1,
  asset: zeroHex(20),
  cap_wei: 10n,
  reserved_wei: 0n,
  free_wei: 10n,
  valid_from_ms: 0n,
  valid_until_ms: 100n,
  ...change,
});

describe('openSession', () => {
  const info = (pubkey: Hex) => () => ({ pubkey, chain_id: 5n, settlement: zeroHex(20) });

  it('signs in the domain that the relay names', async () => {
    const relay = new FakeRelay();
    relay.on('info', info(relay.secret.pubkey));
    expect((await openSession(relay.client)).context).toEqual({
      chainId: 5n,
      settlement: zeroHex(20),
      relayRoot: relay.relayRoot,
    });
  });

  it('refuses a relay with another key than its URL names', async () => {
    const relay = new FakeRelay().on('info', info(`0x${'ab'.repeat(48)}`));
    await expect(openSession(relay.client)).rejects.toThrow(WrongRelay);
  });

  it('refuses a URL without a key', async () => {
    const { client } = new FakeRelay();
    await expect(openSession({ ...client, url: { origin: 'http://x', search: '' } })).rejects.toThrow(/give the URL/);
  });
});

describe('chooseLine', () => {
  it('takes the line in force with the most free cover', () => {
    const lines = [line('1'), line('2', { free_wei: 20n }), line('3', { free_wei: 30n, valid_until_ms: 5n })];
    expect(chooseLine(lines, undefined, 50n)).toBe(lines[1]);
  });

  it('takes the line that the strategy names, or none', () => {
    const lines = [line('1'), line('2', { free_wei: 20n })];
    expect(chooseLine(lines, lines[0]!.line_id, 50n)).toBe(lines[0]);
    expect(chooseLine(lines, `0x${'9'.repeat(64)}`, 50n)).toBeUndefined();
  });
});
