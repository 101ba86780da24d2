import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { freePort } from './ports.js';

const secrets = z.object({
  admin_token: z.string(),
  avs_token: z.string(),
  runs: z.int(),
  ports: z.record(z.string(), z.int()),
});

/** What a demo keeps from run to run beside what its processes keep. */
export type DemoState = z.output<typeof secrets>;

/** The data folder of a demo. */
export class Workspace {
  readonly dir: string;
  readonly state: DemoState;

  /** Makes the folder, or finds what an earlier run left in it. */
  constructor(dir: string) {
    this.dir = resolve(dir);
    mkdirSync(this.dir, { recursive: true, mode: 0o755 });
    const file = this.path('demo.json');
    this.state = existsSync(file)
      ? secrets.parse(JSON.parse(readFileSync(file, 'utf8')))
      : { admin_token: token(), avs_token: token(), runs: 0, ports: {} };
    this.state.runs += 1;
    this.save();
  }

  /** Whether an earlier run worked here. */
  get resumed(): boolean {
    return this.state.runs > 1;
  }

  /** A path in the folder. */
  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  /** A folder in the folder, made when it is not there. */
  folder(...parts: string[]): string {
    const path = this.path(...parts);
    mkdirSync(path, { recursive: true, mode: 0o755 });
    return path;
  }

  /** A free port for a purpose, the same as in the last run where that is possible. */
  async port(purpose: string, usual: number): Promise<number> {
    const taken = Object.entries(this.state.ports).filter(([name]) => name !== purpose);
    let port = await freePort(this.state.ports[purpose] ?? usual);
    while (taken.some(([, other]) => other === port)) port = await freePort(0);
    this.state.ports[purpose] = port;
    this.save();
    return port;
  }

  /** Writes a text, readable by its owner only when it is secret. */
  write(path: string, text: string, secret = false): void {
    writeDurably(path, text, secret ? 0o600 : 0o644);
  }

  private save(): void {
    this.write(this.path('demo.json'), `${JSON.stringify(this.state, null, 2)}\n`, true);
  }
}

/** Replaces a file as a whole: a reader sees the old text or the new one, also after a crash. */
export function writeDurably(path: string, content: string | Uint8Array, mode = 0o644): void {
  writeFileSync(`${path}.new`, content, { mode, flush: true });
  renameSync(`${path}.new`, path);
}

function token(): string {
  return randomBytes(24).toString('hex');
}
