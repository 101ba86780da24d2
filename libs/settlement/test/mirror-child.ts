import { DataSource } from 'typeorm';
import { createPublicClient, http } from 'viem';
import { ChainMirrorRepository } from '../../persistence/src/chain-mirror.repository.js';
import { ChainIndexer } from '../src/mirror/chain-indexer.js';
import { IndexerLoop } from '../src/mirror/indexer-loop.js';
import type { Deployment } from '../src/chain/deployment.js';

/** What the child is told by its parent, as JSON. */
export interface MirrorChildOptions {
  databaseUrl: string;
  rpcUrl: string;
  deployment: Omit<Deployment, 'chainId'>;
}

/** An indexer of mirror-kill.chain.spec.ts, in small steps, until it is killed. */
async function main({ databaseUrl, rpcUrl, deployment }: MirrorChildOptions): Promise<void> {
  const database = await new DataSource({ type: 'postgres', url: databaseUrl, installExtensions: false }).initialize();
  const indexer = new ChainIndexer({
    client: createPublicClient({ transport: http(rpcUrl, { retryCount: 0 }) }),
    deployment: { ...deployment, chainId: 31_337n },
    store: new ChainMirrorRepository(database),
    startBlock: 0n,
    keep: 4,
    maxRange: 4,
  });
  await new IndexerLoop({ indexer, pollMs: 10 }).run(new AbortController().signal);
}

main(JSON.parse(process.argv[2]!) as MirrorChildOptions).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
