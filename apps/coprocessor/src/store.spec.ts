import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoprocessorStore } from './store.js';

const dir = mkdtempSync(join(tmpdir(), 'odf-store-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('CoprocessorStore', () => {
  it('gives every number once, also to those who ask at the same time and after a restart', async () => {
    const first = await CoprocessorStore.open(dir);
    const asked = await Promise.all(Array.from({ length: 20 }, () => first.nextSeq()));
    expect(asked).toEqual(Array.from({ length: 20 }, (_, index) => BigInt(index + 1)));
    await first.close();
    const second = await CoprocessorStore.open(dir);
    expect(await second.nextSeq()).toBe(21n);
    await second.close();
  });

  it('is open in one place only', async () => {
    const store = await CoprocessorStore.open(dir);
    await expect(CoprocessorStore.open(dir)).rejects.toThrow();
    await store.close();
  });
});
