import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIfThere, withStartLock } from '@odf/telemetry';
import { z } from 'zod';
import { answers, isRunning, rpcUrlOf, spawnAnvil, stopAnvil, type Anvil } from './anvil.js';

/** How a local chain is run. */
export interface LocalChainOptions {
  /** 31337 unless told. */
  chainId?: number;
  /** A folder that keeps its state over restarts and kills, written every second; in memory only when unset. */
  dataDir?: string;
  /** Seconds between blocks; a block for every transaction when unset. */
  blockTimeS?: number;
}

/** A development chain: anvil on the loopback, with its ten well-known funded accounts. */
export interface LocalChain {
  rpcUrl: string;
  pid: number;
  /** Whether it was found running, left by a process that was killed. */
  adopted: boolean;
  /** Ends it in order, its state written. */
  stop(): Promise<void>;
}

const note = z.object({ pid: z.int(), identity: z.string(), port: z.int(), args: z.array(z.string()) });

/**
 * Starts anvil from npm's package for this platform on a free port, pinned to Prague: what the contracts are compiled for.
 * One that runs on the same folder with the same options is taken over, one with other options ends first.
 *
 * @throws {LocalChainError} when the package is missing or the chain does not answer.
 */
export async function startLocalChain({
  chainId = 31_337,
  dataDir,
  blockTimeS,
}: LocalChainOptions = {}): Promise<LocalChain> {
  const args = ['--chain-id', String(chainId), '--hardfork', 'prague'];
  if (blockTimeS !== undefined) args.push('--block-time', String(blockTimeS));
  if (dataDir !== undefined) return startKept(dataDir, args);
  const folder = mkdtempSync(join(tmpdir(), 'odf-chain-'));
  const anvil = await spawnAnvil(args, join(folder, 'chain.log'));
  return chainOf(anvil, false, () => rmSync(folder, { recursive: true, force: true }));
}

async function startKept(dataDir: string, options: readonly string[]): Promise<LocalChain> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const pidFile = join(dataDir, 'chain.pid');
  const args = [...options, '--state', join(dataDir, 'state.json'), '--state-interval', '1'];
  return withStartLock(join(dataDir, 'start.lock'), async () => {
    const found = readNote(pidFile);
    const isSame = found?.args.join(' ') === args.join(' ');
    const adopted = found !== undefined && isSame && isRunning(found) && (await answers(found));
    if (found && !adopted) await stopAnvil(found);
    const anvil = adopted ? found : await spawnAnvil(args, join(dataDir, 'chain.log'));
    if (!adopted) writeFileSync(pidFile, JSON.stringify({ ...anvil, args }), { mode: 0o600 });
    return chainOf(anvil, adopted, () => rmSync(pidFile, { force: true }));
  });
}

/** Ends the chain that was left running on a folder, if there is one. */
export async function stopLeftChain(dataDir: string): Promise<void> {
  const found = readNote(join(dataDir, 'chain.pid'));
  if (found) await stopAnvil(found);
}

function readNote(pidFile: string): z.output<typeof note> | undefined {
  const text = readIfThere(pidFile);
  return text === undefined ? undefined : note.parse(JSON.parse(text));
}

function chainOf(anvil: Anvil, adopted: boolean, forget: () => void): LocalChain {
  return {
    rpcUrl: rpcUrlOf(anvil),
    pid: anvil.pid,
    adopted,
    async stop() {
      await stopAnvil(anvil);
      forget();
    },
  };
}
