import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIntentStore } from './intent-store.contract.js';
import { newTransaction } from './intent.js';
import { LevelIntentStore } from './level-intent-store.js';

const folder = () => mkdtemp(join(tmpdir(), 'odf-intents-'));

describeIntentStore('LevelIntentStore', async () => {
  const home = await folder();
  const store = await LevelIntentStore.open(home);
  const destroy = async () => {
    await store.close();
    await rm(home, { recursive: true });
  };
  return { store, peer: store, destroy };
});

describe('LevelIntentStore', () => {
  it('remembers over a restart and is open to one process only', async () => {
    const home = await folder();
    const store = await LevelIntentStore.open(home);
    const call = { to: `0x${'bb'.repeat(20)}`, data: '0x', value: 1n } as const;
    const row = newTransaction({ key: 'a', call }, { chainId: 1n, account: call.to }, 5);
    await store.insert(row);
    await expect(LevelIntentStore.open(home)).rejects.toThrow('in use by another process');
    await store.close();
    const again = await LevelIntentStore.open(home);
    expect(await again.find('a')).toEqual(row);
    await again.close();
    await rm(home, { recursive: true });
  });
});
