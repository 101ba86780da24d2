import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from '@odf/telemetry';

/** The chain did not start; the message says why and what to do. */
export class LocalChainError extends Error {
  override readonly name = 'LocalChainError';
}

/** An anvil that was seen running; `identity` tells it from a later process under the same pid. */
export interface Anvil {
  pid: number;
  identity: string;
  port: number;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const START_MS = 30_000;
const POLL_MS = 20;
const STOP_MS = 30_000;

/** The address of an anvil's RPC. */
export function rpcUrlOf({ port }: Pick<Anvil, 'port'>): string {
  return `http://127.0.0.1:${port}`;
}

/** Whether that very process still runs. */
export function isRunning({ pid, identity }: Anvil): boolean {
  return processIdentity(pid) === identity;
}

/**
 * Starts an anvil that outlives us, its output in `logFile`.
 *
 * @throws {LocalChainError} when npm's package for this platform is missing, or it does not come to answer.
 */
export async function spawnAnvil(args: readonly string[], logFile: string): Promise<Anvil> {
  const port = await freePort();
  const output = openSync(logFile, 'w', 0o600);
  // A group of its own: Ctrl-C of the parent must not end the chain before those that still write to it.
  const child = spawn(anvilBinary(), ['--quiet', '--host', '127.0.0.1', '--port', String(port), ...args], {
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  await once(child, 'spawn').catch((cause: unknown) => {
    throw new LocalChainError(`anvil cannot run: ${String(cause)}`, { cause });
  });
  child.unref();
  const anvil = { pid: child.pid!, identity: processIdentity(child.pid!) ?? 'ended', port };
  for (let waited = 0; waited < START_MS && isRunning(anvil); waited += POLL_MS) {
    if (await answers(anvil)) return anvil;
    await delay(POLL_MS);
  }
  if (isRunning(anvil)) process.kill(anvil.pid, 'SIGKILL');
  const said = readFileSync(logFile, 'utf8').trim().slice(-500);
  throw new LocalChainError(`the local chain did not start: ${said || 'it said nothing'}`);
}

/** Whether it serves its RPC. */
export async function answers(anvil: Pick<Anvil, 'port'>): Promise<boolean> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(rpcUrlOf(anvil), {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.timeout(2_000),
  }).catch(
    // Refused or timed out: it does not serve yet, or no more.
    () => undefined,
  );
  await answer?.body?.cancel();
  return answer?.ok ?? false;
}

/** Ends it in order, so that it writes its state; by force when it does not come to an end. */
export async function stopAnvil(anvil: Anvil): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isRunning(anvil)) return;
    process.kill(anvil.pid, signal);
    for (let waited = 0; waited < STOP_MS && isRunning(anvil); waited += POLL_MS) await delay(POLL_MS);
  }
}

function anvilBinary(): string {
  const name = `@foundry-rs/anvil-${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/anvil`);
  } catch (cause) {
    throw new LocalChainError(`${name} is not installed: run npm ci with optional dependencies, or set CHAIN_RPC_URL`, {
      cause,
    });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
