import { zeroHex } from '@odf/protocol';
import { Secret } from '@odf/telemetry';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { pino } from 'pino';
import { readRelayConfig } from './relay.config.js';
import { openFiler, type FilerParts } from './relay.filer.js';

const KEY = `0x${'42'.repeat(32)}`;
const logged: string[] = [];
const logger = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'odf-filer-'));
});
afterAll(() => rm(folder, { recursive: true }));

function open(environment: Record<string, string>) {
  const chain = { client: {}, deployment: { chainId: 1n, hub: zeroHex(20) }, confirmations: 1 };
  const parts = { config: readRelayConfig(environment), chain, logger } as unknown as FilerParts;
  return openFiler(parts);
}
const FOREIGN = { CHAIN_RPC_URL: 'http://127.0.0.1:1' };

describe('the account of the relay', () => {
  it('comes from the environment or from a file, and shows in no log', async () => {
    const file = join(folder, 'key');
    await writeFile(file, `${KEY}\n`);
    expect(open({ ...FOREIGN, CHAIN_ACCOUNT_KEY: KEY })).not.toBeNull();
    expect(open({ ...FOREIGN, CHAIN_ACCOUNT_KEY_FILE: file })).not.toBeNull();
    const config = readRelayConfig({ CHAIN_ACCOUNT_KEY: KEY });
    expect(config.chainAccountKey).toBeInstanceOf(Secret);
    expect(inspect(config, { depth: 9 }) + logged.join('')).not.toContain('42'.repeat(32));
  });

  it('is one of development on the embedded chain, and none on another one, which is told', () => {
    expect(open({})).not.toBeNull();
    expect(open(FOREIGN)).toBeNull();
    expect(logged.join('')).toContain('set CHAIN_ACCOUNT_KEY_FILE');
  });

  it.each<[string, string | null, RegExp]>([
    ['there is not', null, /ENOENT/],
    ['holds no key', 'not a key', /64 hex digits/],
    ['holds a number that is no key', `0x${'ff'.repeat(32)}`, /no secp256k1 key/],
  ])('is refused from a file that %s, without a word of it', async (_, text, message) => {
    const file = join(folder, 'bad');
    if (text === null) await rm(file, { force: true });
    else await writeFile(file, text);
    const opening = () => open({ ...FOREIGN, CHAIN_ACCOUNT_KEY_FILE: file });
    expect(opening).toThrow(message);
    if (text !== null) expect(opening).not.toThrow(text);
  });

  it('is given once', () => {
    expect(() => open({ ...FOREIGN, CHAIN_ACCOUNT_KEY: KEY, CHAIN_ACCOUNT_KEY_FILE: 'key' })).toThrow(/not both/);
  });
});
