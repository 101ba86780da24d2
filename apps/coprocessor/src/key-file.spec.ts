import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKeyFile } from './key-file.js';

const dir = mkdtempSync(join(tmpdir(), 'odf-key-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('openKeyFile', () => {
  it('makes a key once, readable by its owner only', () => {
    const path = join(dir, 'new.key');
    const made = openKeyFile(path, randomBytes);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(openKeyFile(path, randomBytes).pubkey).toBe(made.pubkey);
  });

  it('does not show what it found instead of a key', () => {
    const path = join(dir, 'bad.key');
    writeFileSync(path, 'my password');
    expect(() => openKeyFile(path, randomBytes)).toThrow(/holds no BLS secret key/);
    expect(() => openKeyFile(path, randomBytes)).not.toThrow(/my password/);
  });
});
