import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './relay.config.js';
import { keyFromFile } from './relay.keys.js';

const KEY = `0x${'ab'.repeat(32)}`;
const OTHER = `0x${'cd'.repeat(32)}`;
let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'odf-keys-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const never = (): string => {
  throw new Error('a key is known');
};

it('makes a key once, for its owner only, and leaves nothing else behind', () => {
  expect(keyFromFile(folder, 'relay.key', () => KEY)).toBe(KEY);
  expect(keyFromFile(folder, 'relay.key', never)).toBe(KEY);
  expect(statSync(join(folder, 'relay.key')).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['relay.key']);
});

it('keeps the key of another process that was quicker', () => {
  const beaten = (): string => {
    expect(keyFromFile(folder, 'relay.key', () => OTHER)).toBe(OTHER);
    return KEY;
  };
  expect(keyFromFile(folder, 'relay.key', beaten)).toBe(OTHER);
  expect(readdirSync(folder)).toEqual(['relay.key']);
});

it('shows the file only once the key is in it', () => {
  const generate = (): string => {
    expect(existsSync(join(folder, 'relay.key'))).toBe(false);
    return KEY;
  };
  keyFromFile(folder, 'relay.key', generate);
});

it.each(['', 'ab'.repeat(32), `${KEY}00`, 'not a key'])(
  'refuses a file that holds %p, and leaves it as it is',
  (text) => {
    writeFileSync(join(folder, 'relay.key'), text);
    expect(() => keyFromFile(folder, 'relay.key', never)).toThrow(ConfigError);
    expect(statSync(join(folder, 'relay.key')).size).toBe(text.length);
  },
);

it('says which file cannot be read', () => {
  mkdirSync(join(folder, 'relay.key'));
  expect(() => keyFromFile(folder, 'relay.key', never)).toThrow(/relay\.key cannot be read/);
});
