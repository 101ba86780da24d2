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

  it.each([
    ['no relay', ['--strategy', 's']],
    ['no strategy', ['--relay', 'r']],
    ['no such port', ['--relay', 'r', '--strategy', 's', '--addr', 'x:70000']],
    ['no workers', ['--relay', 'r', '--strategy', 's', '--workers', '0']],
    ['no such level', ['--relay', 'r', '--strategy', 's', '--log-level', 'loud']],
    ['an unknown flag', ['--relay', 'r', '--strategy', 's', '--lie', 'late']],
  ])('refuses %s', (_what, argv) => {
    expect(() => read(argv)).toThrow();
  });
});
