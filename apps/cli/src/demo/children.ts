import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from '@odf/telemetry';
import { z } from 'zod';
import { writeDurably } from './workspace.js';

/** A process that the demo started. */
export interface Child {
  name: string;
  logFile: string;
  process: ChildProcess;
}

/** A process of the demo ended by itself; the message shows its last log lines. */
export class ChildFailed extends Error {
  override readonly name = 'ChildFailed';
}

const record = z.object({ name: z.string(), pid: z.int(), started: z.string() });
const pidFile = z.array(record);
type PidRecord = z.output<typeof record>;

const SHOWN_LINES = 15;
/** How long a process may take to end in order; a relay drains. */
const STOP_MS = 30_000;

/** The last lines of a log. */
export function lastLines(file: string, count = SHOWN_LINES): string {
  if (!existsSync(file)) return '(no log)';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}

async function untilGone(isGone: () => boolean, timeoutMs: number): Promise<boolean> {
  for (let waited = 0; waited < timeoutMs; waited += 50) {
    if (isGone()) return true;
    await delay(50);
  }
  return isGone();
}

async function stopProcess({ pid, started }: PidRecord, graceMs: number): Promise<void> {
  const isGone = () => processIdentity(pid) !== started;
  if (isGone()) return;
  process.kill(pid, 'SIGTERM');
  if (await untilGone(isGone, graceMs)) return;
  process.kill(pid, 'SIGKILL');
  await untilGone(isGone, 5_000);
}

/**
 * Stops what a killed demo left behind, known by process id and start time, so that nobody else's process is touched.
 *
 * @returns the names of what was stopped.
 * @throws {Error} when the demo itself still runs.
 */
export async function stopOrphans(file: string): Promise<string[]> {
  if (!existsSync(file)) return [];
  const alive = pidFile
    .parse(JSON.parse(readFileSync(file, 'utf8')))
    .filter(({ pid, started }) => processIdentity(pid) === started);
  const other = alive.find(({ name }) => name === 'demo');
  if (other) {
    throw new Error(
      `a demo with this data folder is running already (process ${other.pid}); stop it, or give --data-dir`,
    );
  }
  const [relay, others] = [alive.filter(({ name }) => name === 'relay'), alive.filter(({ name }) => name !== 'relay')];
  for (const group of [others, relay]) await Promise.all(group.map((orphan) => stopProcess(orphan, STOP_MS)));
  return alive.map(({ name }) => name);
}

/** The processes of one demo, in the order of their start. */
export class Children {
  readonly #children: Child[] = [];
  readonly #records: PidRecord[] = [];
  readonly #killed = new Set<Child>();
  #stopping = false;
  #failed: (error: Error) => void = () => undefined;
  /** Rejects when a process ends that should not. */
  readonly failure: Promise<never>;

  constructor(private readonly file: string) {
    this.failure = new Promise((_, reject) => (this.#failed = reject));
    this.failure.catch(() => undefined);
    this.#note('demo', process.pid);
  }

  /** Ends the demo with what else went wrong. */
  fail(error: Error): void {
    if (!this.#stopping) this.#failed(error);
  }

  /** Starts a Node program with its output in a log file. */
  start(name: string, entry: string, args: readonly string[], env: Record<string, string>, logFile: string): Child {
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, [entry, ...args], {
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', log, log],
      // A process group of its own: Ctrl-C reaches the demo alone, which then stops the others in order.
      detached: true,
    });
    closeSync(log);
    const started: Child = { name, logFile, process: child };
    this.#children.push(started);
    if (child.pid !== undefined) this.#note(name, child.pid);
    child.once('error', (error) => this.#lost(started, error.message));
    child.once('exit', (code, signal) => this.#lost(started, signal ? `killed by ${signal}` : `exit code ${code}`));
    return started;
  }

  /** Kills a process for good, which may happen to it: the others go on. */
  async kill(name: string): Promise<void> {
    const child = this.#children.find((one) => one.name === name);
    if (!child) throw new Error(`there is no process ${name}`);
    this.#killed.add(child);
    const gone = once(child.process, 'exit');
    child.process.kill('SIGKILL');
    await gone;
  }

  /** Stops all, the last started first, and waits for them. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const group of this.#groups()) await Promise.all(group.map((child) => this.#end(child)));
    rmSync(this.file, { force: true });
  }

  /** The relay outlives those that talk to it. */
  #groups(): Child[][] {
    const [first, ...others] = this.#children;
    return [others, first ? [first] : []];
  }

  async #end({ process: child }: Child): Promise<void> {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(late);
  }

  #note(name: string, pid: number): void {
    this.#records.push({ name, pid, started: processIdentity(pid) ?? '' });
    writeDurably(this.file, `${JSON.stringify(this.#records, null, 2)}\n`);
  }

  #lost(child: Child, why: string): void {
    if (this.#stopping || this.#killed.has(child)) return;
    const { name, logFile } = child;
    this.#failed(
      new ChildFailed(`${name} ended (${why}). Its log is ${logFile}, the end of it:\n\n${lastLines(logFile)}`),
    );
  }
}

/** The environment without the variables that configure our programs: what a shell has set must not leak into a demo. */
function cleanEnvironment(): Record<string, string> {
  const ours =
    /^(ODF_|RELAYS$|RELAY_|DATABASE_URL$|REDIS_URL$|CHAIN_|GENESIS_FORK_VERSION$|NODE_ENV$|LOG_|NODE_OPTIONS$)/;
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !ours.test(entry[0]),
    ),
  );
}
