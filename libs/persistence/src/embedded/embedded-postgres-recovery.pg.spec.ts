import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { processIdentity } from '@odf/telemetry';
import { nobody } from './reachable.js';
import {
  ask,
  isRoot,
  killServer,
  makeFolder,
  postmasterPid,
  removeFolder,
  spawnParent,
  startParent,
  until,
} from './test/harness.js';

jest.setTimeout(60_000);

describe('an embedded Postgres after a kill', () => {
  let folder: string;
  let dataDir: string;

  beforeEach(() => {
    folder = makeFolder();
    dataDir = join(folder, 'postgres');
  });
  afterEach(() => removeFolder(folder, dataDir));

  it('is adopted, the same server with its rows, when its parent was killed', async () => {
    const parent = await startParent(dataDir);
    const pid = postmasterPid(dataDir);
    await ask(parent.url, 'create table kept as select 42 as value');
    await parent.kill();
    expect(processIdentity(pid)).toBeDefined();

    const server = await startEmbeddedPostgres({ dataDir });
    expect(server.adopted).toBe(true);
    expect(server.url).toBe(parent.url);
    expect(postmasterPid(dataDir)).toBe(pid);
    expect(await ask(server.url, 'select value from kept')).toEqual([{ value: 42 }]);
    await server.stop();
    expect(processIdentity(pid)).toBeUndefined();
  });

  it('starts when everything was killed and another process of the same user has the old pid', async () => {
    const parent = await startParent(dataDir);
    await ask(parent.url, 'create table kept as select 42 as value');
    await parent.kill();
    await killServer(postmasterPid(dataDir));
    const bystander = spawn('sleep', ['600'], { ...(isRoot ? nobody : {}), stdio: 'ignore' });
    await once(bystander, 'spawn');
    const pidFile = join(dataDir, 'data/postmaster.pid');
    writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(/^\d+/, String(bystander.pid)));

    try {
      const server = await startEmbeddedPostgres({ dataDir });
      expect(server.adopted).toBe(false);
      expect(await ask(server.url, 'select value from kept')).toEqual([{ value: 42 }]);
      await server.stop();
      expect(processIdentity(bystander.pid ?? 0)).toBeDefined();
    } finally {
      bystander.kill();
    }
  });

  it('is one server for starters that come at the same moment', async () => {
    const parents = await Promise.all([1, 2, 3].map(() => startParent(dataDir)));
    expect(new Set(parents.map(({ url }) => url)).size).toBe(1);
    expect(parents.filter(({ adopted }) => !adopted)).toHaveLength(1);
    await Promise.all(parents.map((parent) => parent.kill()));
  });

  it.each(['with initdb', 'alone'])(
    'starts afresh when the first starter was killed during initdb, %s',
    async (how) => {
      const child = spawnParent(dataDir);
      const ended = once(child, 'exit');
      const drafts = () =>
        existsSync(dataDir) ? readdirSync(dataDir).filter((name) => /^initdb-\w+$/.test(name)) : [];
      await until(() => drafts().some((name) => existsSync(join(dataDir, name, 'base'))));
      process.kill((how === 'alone' ? 1 : -1) * (child.pid ?? 0), 'SIGKILL');
      await ended;
      expect(existsSync(join(dataDir, 'data'))).toBe(false);

      const server = await startEmbeddedPostgres({ dataDir });
      expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
      await server.stop();
      const next = await startEmbeddedPostgres({ dataDir });
      await next.stop();
      expect(drafts()).toEqual([]);
    },
  );

  it('comes back by itself on the same URL and has every acknowledged row', async () => {
    const log: string[] = [];
    const server = await startEmbeddedPostgres({ dataDir, log: (message) => log.push(message) });
    await ask(server.url, 'create table written (value int primary key)');
    const acknowledged: number[] = [];
    for (let kill = 1; kill <= 3; kill++) {
      const client = new pg.Client({ connectionString: server.url });
      client.on('error', () => undefined);
      await client.connect();
      const goal = acknowledged.length + 100;
      const writing = writeUntilRefused(client, acknowledged);
      await until(() => acknowledged.length >= goal);
      await killServer(postmasterPid(dataDir));
      await writing;
      await until(() =>
        ask(server.url, 'select 1').then(
          () => true,
          () => false,
        ),
      );
    }
    const rows = await ask<{ value: number }>(server.url, 'select value from written');
    const there = new Set(rows.map(({ value }) => value));
    expect(acknowledged.length).toBeGreaterThanOrEqual(300);
    expect(acknowledged.filter((value) => !there.has(value))).toEqual([]);
    expect(log.filter((message) => message.includes('died'))).toHaveLength(3);
    await server.stop();
  });
});

let nextValue = 0;

async function writeUntilRefused(client: pg.Client, acknowledged: number[]): Promise<void> {
  try {
    for (;;) {
      const value = nextValue++;
      await client.query('insert into written values ($1)', [value]);
      acknowledged.push(value);
    }
  } catch {
    // The kill ends the loop; what was not acknowledged may or may not be there.
  }
}
