import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processIdentity } from '@odf/telemetry';
import { Children, stopOrphans } from './children.js';

const dir = mkdtempSync(join(tmpdir(), 'odf-children-'));
afterAll(() => rmSync(dir, { recursive: true }));

const pidFile = join(dir, 'demo.pid');
const forever = join(dir, 'forever.cjs');
const failing = join(dir, 'failing.cjs');
writeFileSync(forever, 'setInterval(() => {}, 1000);');
writeFileSync(failing, 'console.error("the reason"); process.exit(3);');

describe('Children', () => {
  it('shows the last log lines of one that ends by itself', async () => {
    const children = new Children(pidFile);
    children.start('broken', failing, [], {}, join(dir, 'broken.log'));
    await expect(children.failure).rejects.toThrow(/broken ended \(exit code 3\).*broken\.log.*the reason/s);
    await children.stop();
  });

  it('goes on when it kills one itself', async () => {
    const children = new Children(pidFile);
    const { process: child } = children.start('victim', forever, [], {}, join(dir, 'victim.log'));
    await children.kill('victim');
    expect(child.signalCode).toBe('SIGKILL');
    expect(await Promise.race([children.failure, Promise.resolve('alive')])).toBe('alive');
    await expect(children.kill('nobody')).rejects.toThrow('no process nobody');
    await children.stop();
  });

  it('stops all and forgets them', async () => {
    const children = new Children(pidFile);
    const { process: child } = children.start('one', forever, [], {}, join(dir, 'one.log'));
    await children.stop();
    expect(child.signalCode).toBe('SIGTERM');
    expect(existsSync(pidFile)).toBe(false);
  });
});

describe('stopOrphans', () => {
  it('stops what a killed demo left, and nothing that only has its id', async () => {
    const orphan = spawn(process.execPath, [forever]);
    const stranger = spawn(process.execPath, [forever]);
    const gone = once(orphan, 'exit');
    const records = [
      { name: 'relay', pid: orphan.pid, started: processIdentity(orphan.pid!) },
      { name: 'coprocessor-1', pid: stranger.pid, started: 'another time' },
    ];
    writeFileSync(pidFile, JSON.stringify(records));
    expect(await stopOrphans(pidFile)).toEqual(['relay']);
    await gone;
    expect(processIdentity(stranger.pid!)).toBeDefined();
    stranger.kill();
  });

  it('refuses to run beside a living demo', async () => {
    const children = new Children(pidFile);
    expect(JSON.parse(readFileSync(pidFile, 'utf8'))).toHaveLength(1);
    await expect(stopOrphans(pidFile)).rejects.toThrow(/running already/);
    await children.stop();
  });
});
