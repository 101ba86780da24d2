import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOwnerKey } from './owner-key.js';

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'odf-owner-'))));
afterEach(() => rmSync(dir, { recursive: true }));

const never = () => {
  throw new Error('not to be drawn');
};

describe('openOwnerKey', () => {
  it('draws a secret once, for its owner alone, and skips bytes that are none', () => {
    const path = join(dir, 'owner.key');
    const draws = [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(32).fill(7)];
    const { address } = openOwnerKey(path, () => draws.shift()!);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(openOwnerKey(path, never).address).toBe(address);
  });

  it.each(['0x12', 'secret words', `0x${'00'.repeat(32)}`])(
    'refuses a file without a secret, and does not show it',
    (text) => {
      const path = join(dir, 'owner.key');
      writeFileSync(path, text);
      const open = () => openOwnerKey(path, never);
      expect(open).toThrow(/holds no secret key/);
      expect(open).not.toThrow(new RegExp(text));
    },
  );
});
