import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hex } from '@odf/protocol';
import { ManualClock } from '@odf/telemetry';
import { exportProtection, importProtection, SlashingProtection } from './protection.js';
import { Store } from './store.js';

const root = (byte: string): Hex => `0x${byte.repeat(32)}`;

describe('SlashingProtection', () => {
  let folder: string;
  let store: Store;
  let protection: SlashingProtection;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'odf-protection-'));
    store = await Store.open(folder);
    protection = new SlashingProtection(store, new ManualClock());
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it('lets one digest pass for a task, again and again, and no other, also after a restart', async () => {
    await protection.claim(root('a1'), root('01'), root('d1'));
    await protection.claim(root('a1'), root('01'), root('d1'));
    await expect(protection.claim(root('a1'), root('01'), root('d2'))).rejects.toThrow('PROTECTION_CONFLICT');
    await store.close();
    store = await Store.open(folder);
    const later = new SlashingProtection(store, new ManualClock());
    await expect(later.claim(root('a1'), root('01'), root('d2'))).rejects.toThrow('PROTECTION_CONFLICT');
    await later.claim(root('a1'), root('02'), root('d2'));
    await later.claim(root('a2'), root('01'), root('d2'));
  });

  it('lets exactly one of two digests pass that come at once', async () => {
    const claims = ['d1', 'd2', 'd3'].map((digest) => protection.claim(root('a1'), root('01'), root(digest)));
    const settled = await Promise.allSettled(claims);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('moves to another machine as JSON', async () => {
    const file = join(folder, 'protection.json');
    await protection.claim(root('a1'), root('01'), root('d1'));
    expect(await exportProtection(protection, file)).toBe(1);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ format: 'odf-slashing-protection/1' });
    const otherStore = await Store.open(join(folder, 'other'));
    const other = new SlashingProtection(otherStore, new ManualClock());
    expect(await importProtection(other, file)).toBe(1);
    expect(await importProtection(other, file)).toBe(0);
    await expect(other.claim(root('a1'), root('01'), root('d2'))).rejects.toThrow('PROTECTION_CONFLICT');
    await otherStore.close();
  });

  it('takes over nothing from a file that contradicts it, or is none', async () => {
    const file = join(folder, 'bad.json');
    const entry = (task: string, digest: string) => ({
      avs_id: root('a1'),
      task_id: root(task),
      digest: root(digest),
      at_ms: '1',
    });
    await protection.claim(root('a1'), root('01'), root('d1'));
    const data = [entry('02', 'd1'), entry('01', 'd2')];
    await writeFile(file, JSON.stringify({ format: 'odf-slashing-protection/1', data }));
    await expect(importProtection(protection, file)).rejects.toThrow('PROTECTION_CONFLICT');
    expect(await protection.all()).toHaveLength(1);
    await writeFile(file, JSON.stringify({ data: [] }));
    await expect(importProtection(protection, file)).rejects.toThrow('is no odf-slashing-protection/1');
  });

  it('has one writer', async () => {
    await expect(Store.open(folder)).rejects.toThrow('in use by another odf-boost');
  });
});
