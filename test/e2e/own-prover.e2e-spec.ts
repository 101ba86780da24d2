import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ComputePool, type ProverFiles } from '../../apps/coprocessor/src/compute-pool.js';

const worker = new URL('../../dist/apps/coprocessor/src/compute-worker.js', import.meta.url);
const never = new AbortController().signal;

describe('a coprocessor with a prover of its own', () => {
  let folder: string;
  let pool: ComputePool | undefined;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'odf-prover-'))));
  afterEach(() => pool?.close());
  afterAll(() => rm(folder, { recursive: true }));

  async function poolWith(source: string): Promise<ComputePool> {
    const file = join(folder, `${Math.random()}.mjs`);
    await writeFile(file, source);
    const provers: ProverFiles = { 'kzg-da': file };
    const start = () => new Worker(worker, { workerData: provers, execArgv: [] });
    return (pool = new ComputePool({ workers: 1, queueLimit: 4, start }));
  }

  it('computes with the module that its strategy names, other plug-ins as ever', async () => {
    const own = await poolWith(`
      let warm = 0;
      export function warmUp() { warm += 1; }
      export async function compute(input) { return { result: Uint8Array.of(warm, input[0]), witness: Uint8Array.of(9) }; }
    `);
    await own.warmUp('kzg-da');
    const computed = await own.compute('kzg-da', Uint8Array.of(7), never);
    expect([[...computed.result], [...computed.witness]]).toEqual([[1, 7], [9]]);
    const { result } = await own.compute('echo', Uint8Array.of(7), never);
    expect(result.length).toBeGreaterThan(0);
  });

  it('says which module is no prover', async () => {
    const wrong = await poolWith('export const nothing = 1;');
    await expect(wrong.warmUp('kzg-da')).rejects.toThrow(/\.mjs exports no function "compute"/);
    await expect(wrong.compute('kzg-da', Uint8Array.of(7), never)).rejects.toThrow(/exports no function/);
  });
});
