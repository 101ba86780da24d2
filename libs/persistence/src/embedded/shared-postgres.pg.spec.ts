import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from '@odf/telemetry';
import { ask, makeFolder, postmasterPid, removeFolder, startParent, until } from './test/harness.js';

jest.setTimeout(60_000);

describe('shareEmbeddedPostgres', () => {
  it('is one server for all its users, and goes with its data after the last was killed', async () => {
    const folder = makeFolder();
    const dataDir = join(folder, 'postgres');
    const users = await Promise.all([1, 2].map(() => startParent(folder, { script: 'server-user.ts' })));
    const [first, second] = users;
    const server = postmasterPid(dataDir);
    const reaper = Number(readFileSync(join(folder, 'users/reaper'), 'utf8').split(' ')[0]);
    expect(second?.url).toBe(first?.url);

    await first?.kill();
    const third = await startParent(folder, { script: 'server-user.ts' });
    await second?.kill();
    expect(await ask(third.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(processIdentity(server)).toBeDefined();

    await third.kill();
    await until(() => processIdentity(reaper) === undefined);
    expect(readFileSync(join(folder, 'reaper.log'), 'utf8')).toBe('');
    expect(processIdentity(server)).toBeUndefined();
    expect(existsSync(dataDir)).toBe(false);
    await removeFolder(folder, dataDir);
  });
});
