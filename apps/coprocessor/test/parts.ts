import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlsKey } from '@odf/bls';
import { ManualClock } from '@odf/telemetry';
import type { SignedReceipt } from '@odf/protocol';
import { pino } from 'pino';
import { Capacity } from '../src/capacity.js';
import { coprocessorMetrics } from '../src/metrics.js';
import type { CoprocessorParts } from '../src/session.js';
import { CoprocessorStore } from '../src/store.js';
import { parseStrategy } from '../src/strategy.js';

/** The parts of a coprocessor in a folder of its own, and what ends them. */
export async function testParts(): Promise<{
  parts: CoprocessorParts & { clock: ManualClock };
  receipts: SignedReceipt[];
  reopen(): Promise<void>;
  close(): Promise<void>;
}> {
  const dir = mkdtempSync(join(tmpdir(), 'odf-coprocessor-'));
  const receipts: SignedReceipt[] = [];
  const strategy = parseStrategy(
    'capacity: { units: 6 }\navs: [{ avs: kzg-da, steps: [{ fee_share_bps: 900, units: 4 }], cover_wei_per_unit: 5 }]',
  );
  const parts = {
    key: BlsKey.fromHex(`0x${'22'.repeat(32)}`),
    strategy,
    store: await CoprocessorStore.open(dir),
    compute: async () => ({ result: new Uint8Array([1]), witness: new Uint8Array([2]) }),
    warmUp: () => Promise.resolve(),
    capacity: new Capacity(strategy.capacity),
    receipts: { keep: (receipt: SignedReceipt) => (receipts.push(receipt), 'kept') },
    clock: new ManualClock(),
    random: (length: number) => new Uint8Array(length).fill(9),
    logger: pino({ level: 'silent' }),
    keptLines: () => [],
    metrics: coprocessorMetrics({
      relaysReady: () => 0,
      load: () => ({ running: 0, waiting: 0 }),
      settlement: () => undefined,
    }),
  };
  return {
    parts,
    receipts,
    async reopen() {
      await parts.store.close();
      parts.store = await CoprocessorStore.open(dir);
    },
    async close() {
      await parts.store.close();
      rmSync(dir, { recursive: true });
    },
  };
}
