import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';

/** How a local chain is run. */
export interface LocalChainOptions {
  /** 31337 unless told. */
  chainId?: number;
  /** A file that keeps the state over restarts and kills, written every second; in memory only when unset. */
  stateFile?: string;
}

/** A development chain of this process: anvil on the loopback, with its ten well-known funded accounts. */
export interface LocalChain {
  rpcUrl: string;
  pid: number;
  /** Ends it in order, its state written. */
  stop(): Promise<void>;
}

/** The chain did not start; the message says why and what to do. */
export class LocalChainError extends Error {
  override readonly name = 'LocalChainError';
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const START_MS = 20_000;
const POLL_MS = 10;

/**
 * Starts anvil from npm's package for this platform on a free port, pinned to Prague: what the contracts are compiled for.
 *
 * @throws {LocalChainError} when the package is missing or the chain does not answer.
 */
export async function startLocalChain({ chainId = 31_337, stateFile }: LocalChainOptions = {}): Promise<LocalChain> {
  const state = stateFile === undefined ? [] : ['--state', stateFile, '--state-interval', '1'];
  const args = ['--host', '127.0.0.1', '--port', '0', '--chain-id', String(chainId), '--hardfork', 'prague', ...state];
  // A group of its own: Ctrl-C of the parent must not end the chain before those that still write to it.
  const child = spawn(anvilBinary(), args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const port = await portOf(child);
  return {
    rpcUrl: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function anvilBinary(): string {
  const name = `@foundry-rs/anvil-${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/anvil`);
  } catch (cause) {
    throw new LocalChainError(`${name} is not installed: run npm ci with optional dependencies`, { cause });
  }
}

/** Waits for the line by which anvil tells its port. */
async function portOf(child: ChildProcess): Promise<number> {
  let said = '';
  const listen = (chunk: Buffer) => (said += chunk.toString('utf8'));
  child.stdout!.on('data', listen);
  child.stderr!.on('data', listen);
  for (let waited = 0; waited < START_MS; waited += POLL_MS) {
    const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
    if (port !== undefined) return Number(port);
    if (child.exitCode !== null) break;
    await delay(POLL_MS);
  }
  child.kill('SIGKILL');
  throw new LocalChainError(`the local chain did not start: ${said.trim().slice(-500) || 'it said nothing'}`);
}
