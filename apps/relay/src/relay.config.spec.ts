import { ConfigError, readRelayConfig, relayEnvironment } from './relay.config.js';

const KEY = `0x${'Ab'.repeat(32)}`;

function problemOf(environment: Record<string, string>): string {
  try {
    readRelayConfig(environment);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

it('has a default for everything', () => {
  expect(readRelayConfig({})).toEqual({
    port: 18550,
    host: '0.0.0.0',
    dataDir: '.odf',
    databaseUrl: undefined,
    chainRpcUrl: undefined,
    confirmations: 12,
    relaySecretKey: undefined,
    escrowKey: undefined,
    avsConfigFile: undefined,
    adminTokens: [],
    genesisForkVersion: '0x00000000',
    chainId: 31337n,
    settlement: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
    settlementBlock: 0n,
    logLevel: 'info',
    logPretty: false,
    dev: false,
    maxEventStreams: 10_000,
  });
});

it('takes a blank variable for one that is not set', () => {
  const blank = Object.fromEntries(Object.keys(relayEnvironment.shape).map((name) => [name, '']));
  expect(readRelayConfig(blank)).toEqual(readRelayConfig({}));
  expect(readRelayConfig({ ODF_PORT: ' ' }).port).toBe(18550);
});

it('reads what is given', () => {
  const config = readRelayConfig({
    ODF_PORT: '0',
    RELAY_SECRET_KEY: KEY,
    ODF_ADMIN_TOKENS: ' viewer:eight-ch , operator:with:colon ,',
    GENESIS_FORK_VERSION: '0x0A000000',
    CHAIN_RPC_URL: 'https://rpc.example/key',
    CHAIN_CONFIRMATIONS: '64',
    ODF_SETTLEMENT_BLOCK: '123',
    ODF_CHAIN_ID: '17000',
    ODF_SETTLEMENT: `0x${'AB'.repeat(20)}`,
    ODF_DEV: 'true',
  });
  expect(config).toMatchObject({
    port: 0,
    relaySecretKey: KEY,
    adminTokens: [
      { role: 'viewer', token: 'eight-ch' },
      { role: 'operator', token: 'with:colon' },
    ],
    genesisForkVersion: '0x0a000000',
    chainId: 17_000n,
    chainRpcUrl: 'https://rpc.example/key',
    confirmations: 64,
    settlementBlock: 123n,
    settlement: `0x${'ab'.repeat(20)}`,
    dev: true,
  });
});

it.each([
  ['ODF_PORT', '65536'],
  ['ODF_PORT', 'http'],
  ['RELAY_SECRET_KEY', '0x01'],
  ['ODF_ESCROW_KEY', 'ab'.repeat(32)],
  ['ODF_ADMIN_TOKENS', 'operator'],
  ['ODF_ADMIN_TOKENS', 'admin:long-enough'],
  ['ODF_ADMIN_TOKENS', 'operator:2short'],
  ['ODF_ADMIN_TOKENS', 'operator:no bearer token has spaces'],
  ['ODF_ADMIN_TOKENS', `operator:${'x'.repeat(513)}`],
  ['ODF_ADMIN_TOKENS', 'operator:schlüssel'],
  ['GENESIS_FORK_VERSION', '0x00'],
  ['ODF_CHAIN_ID', '0'],
  ['ODF_CHAIN_ID', '0x1'],
  ['ODF_SETTLEMENT', '0x00'],
  ['LOG_LEVEL', 'loud'],
  ['ODF_DEV', 'yes'],
  ['ODF_MAX_EVENT_STREAMS', '0'],
  ['REDIS_URL', 'redis://localhost'],
  ['CHAIN_RPC_URL', 'localhost:8545'],
  ['CHAIN_RPC_URL', 'ws://localhost:8545'],
  ['CHAIN_CONFIRMATIONS', '0'],
  ['ODF_SETTLEMENT_BLOCK', '0x1'],
])('refuses %s=%s by its name', (name, text) => {
  expect(problemOf({ [name]: text })).toContain(`${name}: `);
});

it('names all that is wrong at once, and repeats no secret', () => {
  const problem = problemOf({ ODF_PORT: '-1', RELAY_SECRET_KEY: 'hunter2', ODF_ADMIN_TOKENS: 'operator:hunter2' });
  for (const name of ['ODF_PORT', 'RELAY_SECRET_KEY', 'ODF_ADMIN_TOKENS']) expect(problem).toContain(name);
  expect(problem).not.toContain('hunter2');
});

describe('in production', () => {
  const complete = {
    NODE_ENV: 'production',
    DATABASE_URL: 'postgres://x',
    CHAIN_RPC_URL: 'https://rpc.example/key',
    RELAY_SECRET_KEY: KEY,
    ODF_ESCROW_KEY: KEY,
  };

  it('starts on explicit keys and database only, or when told otherwise', () => {
    expect(problemOf(complete)).toBe('');
    for (const name of ['DATABASE_URL', 'CHAIN_RPC_URL', 'RELAY_SECRET_KEY', 'ODF_ESCROW_KEY']) {
      expect(problemOf({ ...complete, [name]: '' })).toContain(`${name}: `);
    }
    expect(problemOf({ NODE_ENV: 'production', ODF_ALLOW_EMBEDDED: '1' })).toBe('');
  });

  it('never settles in memory', () => {
    expect(problemOf({ ...complete, CHAIN_RPC_URL: 'memory:', ODF_ALLOW_EMBEDDED: '1' })).toContain('CHAIN_RPC_URL: ');
  });

  it('never opens the development route', () => {
    expect(problemOf({ ...complete, ODF_DEV: '1', ODF_ALLOW_EMBEDDED: '1' })).toContain('ODF_DEV: ');
  });
});
