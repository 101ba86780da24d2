import { readFile, writeFile } from 'node:fs/promises';
import { bytes32, uint64, type Hex } from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import { z } from 'zod';
import type { ProtectionRecord } from './records.js';
import { refuse, RefusedError } from './refusal.js';
import type { Store } from './store.js';

/** Slashing protection: one response digest per (AVS, task) for ever, durable before anything is signed. */
export class SlashingProtection {
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  /**
   * Claims the right to sign `digest` for a task; the same digest may be claimed again.
   *
   * @throws {RefusedError} PROTECTION_CONFLICT when another digest was claimed before.
   */
  claim(avs_id: Hex, task_id: Hex, digest: Hex): Promise<void> {
    return this.#alone(async () => {
      const known = await this.store.get('protection', avs_id, task_id);
      if (known && known.digest !== digest) throw new RefusedError(refuse('PROTECTION_CONFLICT'));
      if (!known) await this.#put({ avs_id, task_id, digest, at_ms: this.clock.nowMs() });
    });
  }

  /** Everything that was ever claimed. */
  all(): Promise<ProtectionRecord[]> {
    return this.store.list('protection');
  }

  /**
   * Takes over what another sidecar claimed; nothing is taken over when one entry contradicts ours.
   *
   * @throws {RefusedError} PROTECTION_CONFLICT naming the first contradiction.
   */
  merge(records: readonly ProtectionRecord[]): Promise<number> {
    return this.#alone(async () => {
      const fresh = new Map<string, ProtectionRecord>();
      for (const record of records) {
        const id = `${record.avs_id}!${record.task_id}`;
        const known = (await this.store.get('protection', record.avs_id, record.task_id)) ?? fresh.get(id);
        if (known && known.digest !== record.digest) {
          throw new RefusedError(refuse('PROTECTION_CONFLICT', `Task ${record.task_id} was signed differently here.`));
        }
        if (!known) fresh.set(id, record);
      }
      for (const record of fresh.values()) await this.#put(record);
      return fresh.size;
    });
  }

  async #put(record: ProtectionRecord): Promise<void> {
    await this.store.put('protection', [record.avs_id, record.task_id], record);
  }

  /** Runs one claim at a time: two tasks may reach the same entry at once. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

const interchange = z.strictObject({
  format: z.literal('odf-slashing-protection/1'),
  data: z.array(
    z.strictObject({ avs_id: bytes32.json, task_id: bytes32.json, digest: bytes32.json, at_ms: uint64.json }),
  ),
});

/** Writes all entries as interchange JSON and returns their number. */
export async function exportProtection(protection: SlashingProtection, file: string): Promise<number> {
  const records = await protection.all();
  const data = records.map((record) => ({ ...record, at_ms: record.at_ms.toString() }));
  const document = { format: 'odf-slashing-protection/1', data };
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600, flush: true });
  return records.length;
}

/**
 * Reads interchange JSON and returns the number of new entries.
 *
 * @throws {Error} when the file is not of this format; {@link RefusedError} when it contradicts ours.
 */
export async function importProtection(protection: SlashingProtection, file: string): Promise<number> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = z.safeDecode(interchange, document as z.input<typeof interchange>);
  if (!parsed.success) throw new Error(`${file} is no odf-slashing-protection/1: ${z.prettifyError(parsed.error)}`);
  return protection.merge(parsed.data.data.map((record) => ({ ...record, at_ms: Number(record.at_ms) })));
}
