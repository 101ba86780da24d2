import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createRelayClient, type RelayClient } from '@odf/client';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@odf/persistence';
import { routes, type RelayInfo, type SigningContext } from '@odf/protocol';
import pg from 'pg';
import { parentOf } from './processes.js';

const ENTRY = fileURLToPath(new URL('../../../dist/apps/relay/src/main.js', import.meta.url));
const OPERATOR_TOKEN = 'operator-token-of-the-bench';

/** A relay in a process of its own on a Postgres of its own that syncs every commit to the disk. */
export class BenchRelay {
  private constructor(
    readonly url: string,
    readonly client: RelayClient,
    readonly info: RelayInfo,
    readonly pid: number,
    readonly postmasterPid: number,
    private readonly database: pg.Client,
    private readonly stopAll: () => Promise<void>,
  ) {}

  /** Starts one that serves these entries of ODF_AVS_CONFIG; `ODF_BENCH_NODE_OPTIONS` goes to its Node, e.g. `--cpu-prof`. */
  static async start(avs: readonly object[]): Promise<BenchRelay> {
    const folder = await mkdtemp(join(tmpdir(), 'odf-bench-'));
    await chmod(folder, 0o711);
    await writeFile(join(folder, 'avs.json'), JSON.stringify(avs));
    const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
    const child = launch(folder, postgres);
    const database = new pg.Client({ connectionString: postgres.url });
    const stopAll = async (): Promise<void> => {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
      await database.end();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    };
    try {
      const url = await urlOf(child);
      await database.connect();
      const [backend] = (await database.query('select pg_backend_pid() as pid')).rows as [{ pid: number }];
      const client = createRelayClient({ url, token: OPERATOR_TOKEN, timeoutMs: 60_000 });
      const info = await client.data(routes.info);
      return new BenchRelay(url, client, info, child.pid!, parentOf(backend.pid)!, database, stopAll);
    } catch (error) {
      await stopAll();
      throw error;
    }
  }

  get context(): SigningContext {
    return { chainId: this.info.chain_id, settlement: this.info.settlement, relayRoot: this.info.relay_root };
  }

  /** Asks the relay's database, from outside; the first row's first column. */
  async ask(sql: string): Promise<string> {
    const { rows } = await this.database.query<[unknown]>({ text: sql, rowMode: 'array' });
    return String(rows[0]?.[0]);
  }

  /** A sample of the relay's metrics, e.g. `odf_bids_batch_size_sum`. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(new URL('/metrics', this.client.url.origin))).text();
    return Number(
      text
        .split('\n')
        .find((row) => row.startsWith(`${name} `))
        ?.split(' ')[1],
    );
  }

  /** Stops relay and Postgres and removes their files. */
  stop(): Promise<void> {
    return this.stopAll();
  }
}

function launch(folder: string, postgres: EmbeddedPostgres): ChildProcess {
  const options = (process.env['ODF_BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((option) => option !== '');
  return spawn(process.execPath, [...options, ENTRY], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      ODF_HOST: '127.0.0.1',
      ODF_PORT: '0',
      ODF_DATA_DIR: join(folder, 'data'),
      ODF_AVS_CONFIG: join(folder, 'avs.json'),
      ODF_ADMIN_TOKENS: `operator:${OPERATOR_TOKEN}`,
      ODF_DEV: '1',
      CHAIN_RPC_URL: 'memory:',
      DATABASE_URL: postgres.url,
      LOG_LEVEL: 'warn',
    },
  });
}

async function urlOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const [, url] = /^ODF relay: (\S+)$/.exec(line) ?? [];
    if (!url) continue;
    child.stdout!.resume();
    return url;
  }
  throw new Error('the relay ended before it was up');
}
