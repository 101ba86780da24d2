import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { processIdentity } from '@odf/telemetry';
import { nobody, rootStore } from './reachable.js';
import {
  ask,
  asRoot,
  asRootForOthers,
  homeOf,
  makeFolder,
  postmasterPid,
  removeFolder,
  startParent,
} from './test/harness.js';

jest.setTimeout(60_000);

describe('startEmbeddedPostgres', () => {
  let folder: string;
  let dataDir: string;

  beforeEach(() => {
    folder = makeFolder();
    dataDir = join(folder, 'postgres');
  });
  afterEach(() => removeFolder(folder, dataDir));

  it('serves durably, keeps its rows over a stop, and leaves nothing running', async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    const pid = postmasterPid(dataDir);
    expect(first.adopted).toBe(false);
    await ask(first.url, 'create table kept as select 42 as value');
    const settings = `select name, setting from pg_settings where name in
      ('fsync', 'full_page_writes', 'synchronous_commit', 'max_connections', 'listen_addresses') order by name`;
    expect((await ask<{ setting: string }>(first.url, settings)).map(({ setting }) => setting)).toEqual([
      'on',
      'on',
      '127.0.0.1',
      '100',
      'on',
    ]);
    await Promise.all([first.stop(), first.stop()]);
    expect(processIdentity(pid)).toBeUndefined();

    const second = await startEmbeddedPostgres({ dataDir });
    expect(second.adopted).toBe(false);
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, 'select value from kept')).toEqual([{ value: 42 }]);
    await second.stop();
  });

  it('lets nobody in without the password, which only its owner can read', async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    const guess = new URL(server.url);
    guess.password = 'guess';
    await expect(ask(guess.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dataDir, 'data/pg_hba.conf'), 'utf8')).not.toMatch(/^[^#]*\b(trust|password|md5)\b/m);
    await server.stop();
  });

  it('keeps values of failing statements out of its log', async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    await ask(server.url, 'create table secrets (value text primary key)');
    await ask(server.url, `insert into secrets values ('hush')`);
    await expect(ask(server.url, `insert into secrets values ('hush')`)).rejects.toThrow('duplicate');
    await server.stop();
    const log = readFileSync(join(dataDir, 'server.log'), 'utf8');
    expect(log).toContain('duplicate key');
    expect(log).not.toContain('hush');
  });

  it('takes another port when somebody else listens on the last one', async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    await first.stop();
    const port = Number(new URL(first.url).port);
    const squatter = createServer();
    await new Promise<void>((listening) => squatter.listen(port, '127.0.0.1', listening));
    const second = await startEmbeddedPostgres({ dataDir });
    expect(Number(new URL(second.url).port)).not.toBe(port);
    expect(await ask(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await second.stop();
    await new Promise((closed) => squatter.close(closed));
  });

  it('names DATABASE_URL where there is no Postgres for the machine', async () => {
    const { arch } = process;
    Object.defineProperty(process, 'arch', { value: 'sparc' });
    try {
      await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/@embedded-postgres\/\w+-sparc.*DATABASE_URL/);
    } finally {
      Object.defineProperty(process, 'arch', { value: arch });
    }
  });

  asRoot('runs as nobody', async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    expect(statSync(`/proc/${postmasterPid(dataDir)}`).uid).toBe(nobody.uid);
    expect(statSync(join(dataDir, 'data'))).toMatchObject({ uid: nobody.uid });
    await server.stop();
  });

  asRootForOthers('serves an ordinary user as that user', async () => {
    const uid = 1; // `daemon`: initdb wants a user with a name
    const shared = makeFolder(0o777);
    const parent = await startParent(join(shared, 'postgres'), { uid });
    expect(statSync(`/proc/${postmasterPid(join(shared, 'postgres'))}`).uid).toBe(uid);
    await ask(parent.url, 'create table kept as select 42 as value');
    await parent.kill();
    const adopted = await startEmbeddedPostgres({ dataDir: join(shared, 'postgres') });
    expect(adopted.adopted).toBe(true);
    await adopted.stop();
    const restarted = await startEmbeddedPostgres({ dataDir: join(shared, 'postgres') });
    expect(statSync(`/proc/${postmasterPid(join(shared, 'postgres'))}`).uid).toBe(uid);
    await restarted.stop();
    const again = await startParent(join(shared, 'postgres'), { uid });
    expect(await ask(again.url, 'select value from kept')).toEqual([{ value: 42 }]);
    await again.kill();
    await removeFolder(shared, join(shared, 'postgres'));
  });

  asRoot('keeps its data elsewhere when nobody cannot pass the folders above, whose modes stay', async () => {
    const closed = makeFolder(0o700);
    const inside = join(closed, 'checkout/.odf/postgres');
    const first = await startEmbeddedPostgres({ dataDir: inside });
    await ask(first.url, 'create table kept as select 42 as value');
    await first.stop();
    expect(statSync(closed).mode & 0o777).toBe(0o700);
    expect(dirname(homeOf(inside))).toBe(rootStore);
    expect(readdirSync(inside)).toEqual(['location']);

    const second = await startEmbeddedPostgres({ dataDir: inside });
    expect(await ask(second.url, 'select value from kept')).toEqual([{ value: 42 }]);
    await second.stop();
    await removeFolder(closed, inside);
  });

  asRootForOthers('tells an ordinary user whose data it cannot serve', async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    await server.stop();
    await expect(startParent(dataDir, { uid: 1 })).rejects.toThrow(
      /belongs to another user \(uid 65534\).*DATABASE_URL/,
    );
  });
});
