import { coprocessorCommand, readOptions } from './options.js';

const read = (argv: string[], env: Record<string, string> = {}) =>
  readOptions(
    argv,
    env,
    coprocessorCommand(env)
      .exitOverride()
      .configureOutput({ writeErr: () => undefined }),
  );

describe('readOptions', () => {
  it('takes flags before the environment', () => {
    const env = { RELAYS: 'http://a, http://b', ODF_STRATEGY: 's.yaml', ODF_DATA_DIR: '/data', LOG_LEVEL: 'warn' };
    expect(read([], env)).toMatchObject({
      relay: ['http://a', 'http://b'],
      strategy: 's.yaml',
      dataDir: '/data',
      key: '/data/coprocessor.key',
      logLevel: 'warn',
      addr: { host: '127.0.0.1', port: 18552 },
    });
    const argv = ['--relay', 'http://c', '--relay', 'http://d,http://e', '--addr', '[::1]:0', '--workers', '3'];
    expect(read(argv, env)).toMatchObject({
      relay: ['http://c', 'http://d', 'http://e'],
      addr: { host: '::1', port: 0 },
      workers: 3,
    });
  });

  it('does nothing on chain unless it is told where', () => {
    const given = ['--relay', 'r', '--strategy', 's'];
    expect(read(given)).toMatchObject({ chainConfirmations: 3, ownerKey: '.odf/coprocessor/owner.key' });
    expect(read(given)).not.toHaveProperty('chainRpcUrl');
    const env = { CHAIN_RPC_URL: 'http://c:1', ODF_SETTLEMENT: `0x${'AB'.repeat(20)}`, CHAIN_CONFIRMATIONS: '1' };
    expect(read([...given, '--owner-key', 'k'], env)).toMatchObject({
      chainRpcUrl: 'http://c:1',
      settlement: `0x${'ab'.repeat(20)}`,
      chainConfirmations: 1,
      ownerKey: 'k',
    });
  });

  it.each([
    ['no relay', ['--strategy', 's']],
    ['no strategy', ['--relay', 'r']],
    ['no such port', ['--relay', 'r', '--strategy', 's', '--addr', 'x:70000']],
    ['no workers', ['--relay', 'r', '--strategy', 's', '--workers', '0']],
    ['no URL of a chain', ['--relay', 'r', '--strategy', 's', '--chain-rpc-url', 'memory:']],
    ['no address of a hub', ['--relay', 'r', '--strategy', 's', '--settlement', '0x12']],
    ['no such level', ['--relay', 'r', '--strategy', 's', '--log-level', 'loud']],
    ['an unknown flag', ['--relay', 'r', '--strategy', 's', '--lie', 'late']],
  ])('refuses %s', (_what, argv) => {
    expect(() => read(argv)).toThrow();
  });
});
