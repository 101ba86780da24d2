import { inspect } from 'node:util';
import { createLogger } from './logger.js';
import { redact } from './redact.js';
import { Secret } from './secret.js';

const hidden = 'deadbeefcafe';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): {
  lines: Record<string, unknown>[];
  text: string;
} {
  let text = '';
  write(createLogger({ level: 'debug', name: 'test', destination: { write: (line) => void (text += line) } }));
  const lines = text.split('\n').filter(Boolean);
  return { lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>), text };
}

describe('createLogger', () => {
  it.each(['key', 'payload', 'secret_key', 'responseDigest', 'response_digest', 'authorization', 'salt', 'result'])(
    'shows no member %s at any depth, in bindings and error members neither',
    (name) => {
      const error = Object.assign(new Error('failed'), { [name]: hidden, inner: { [name]: hidden } });
      const { text, lines } = logged((logger) => {
        logger.info({ [name]: hidden, a: { b: [{ c: { [name]: hidden } }] } }, 'message');
        logger
          .child({ [name]: hidden })
          .child({ a: { [name]: hidden } })
          .warn('bound');
        logger.error(error);
        logger.error({ err: error, error, list: [error] }, 'everywhere');
      });
      expect(lines).toHaveLength(4);
      expect(text).not.toContain(hidden);
      expect(text).toContain('[redacted]');
    },
  );

  it('shows no Secret, and of bytes only how many they are', () => {
    const { text, lines } = logged((logger) => {
      logger.info({ wrapped: new Secret(hidden), list: [new Secret({ hidden })], bytes: Buffer.from(hidden) }, 'x');
    });
    expect(text).not.toContain(hidden);
    expect(text).not.toContain(Buffer.from(hidden).toString('hex'));
    expect(lines[0]).toMatchObject({ wrapped: '[redacted]', list: ['[redacted]'], bytes: '[12 bytes]' });
  });

  it('shows everything else: name, message, roots, wei as decimal text, errors with their stack', () => {
    const { lines } = logged((logger) => {
      logger.info({ attestation_root: '0x01', wei: 10n ** 30n, at: new Date(0), none: null }, 'bid accepted');
      logger.error(new Error('failed', { cause: new Error('deeper') }));
    });
    expect(lines[0]).toMatchObject({
      name: 'test',
      msg: 'bid accepted',
      attestation_root: '0x01',
      wei: `1${'0'.repeat(30)}`,
      at: '1970-01-01T00:00:00.000Z',
      none: null,
    });
    expect(lines[1]!.err).toMatchObject({
      message: expect.stringContaining('failed'),
      stack: expect.stringContaining('deeper'),
    });
  });

  it('shows of requests and answers what they were, not their headers', () => {
    const { text, lines } = logged((logger) => {
      const req = { id: 'r1', method: 'GET', url: '/livez', ip: '::1', headers: { 'x-any': hidden }, body: hidden };
      logger.child({ req }).info({ req, res: { statusCode: 200, body: hidden } }, 'answered');
    });
    expect(text).not.toContain(hidden);
    expect(lines[0]).toMatchObject({
      req: { id: 'r1', method: 'GET', url: '/livez', ip: '::1' },
      res: { statusCode: 200 },
    });
  });

  it('writes nothing below its level', () => {
    const { lines } = logged((logger) => logger.trace('fine detail'));
    expect(lines).toEqual([]);
  });
});

describe('redact', () => {
  it('ends on a cycle', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(JSON.stringify(redact(cycle))).toContain('[too deep]');
  });
});

describe('Secret', () => {
  it('gives its value only when asked', () => {
    const secret = new Secret(hidden);
    const shown = [JSON.stringify({ secret }), inspect(secret, { showHidden: true }), String(secret)].join();
    expect(shown).not.toContain(hidden);
    expect(secret.expose()).toBe(hidden);
  });
});
