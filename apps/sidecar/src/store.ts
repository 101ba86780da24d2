import { ClassicLevel } from 'classic-level';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, writeJson } from './json.js';
import { isFinal, type Records, type TaskPlace, type TaskRecord } from './records.js';

type Operation = { type: 'put'; key: string; value: string } | { type: 'del'; key: string };

/** A record to write, or to delete where it is undefined. */
export type Change = {
  [K in keyof Records]: { kind: K; id: readonly string[]; record: Records[K] | undefined };
}[keyof Records];

/** The sidecar's durable memory: every write is on disk (fsync) before its promise is kept; one process at a time. */
export class Store {
  private constructor(private readonly db: ClassicLevel) {}

  /**
   * Opens the store of a data folder, making it when it is not there.
   *
   * @throws {Error} when another process has it open.
   */
  static async open(dataDir: string): Promise<Store> {
    const folder = join(dataDir, 'store');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const db = new ClassicLevel(folder, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
    try {
      await db.open();
    } catch (cause) {
      const code = ((cause as Error).cause as { code?: string } | undefined)?.code;
      if (code !== 'LEVEL_LOCKED') throw cause;
      throw new Error(`the data folder ${dataDir} is in use by another odf-boost: stop it first`, { cause });
    }
    return new Store(db);
  }

  /** A record, if there is one. */
  async get<K extends keyof Records>(kind: K, ...id: readonly string[]): Promise<Records[K] | undefined> {
    const text = await this.db.get(keyOf(kind, id));
    return text === undefined ? undefined : readJson(text);
  }

  /** Writes a record durably. */
  async put<K extends keyof Records>(kind: K, id: readonly string[], record: Records[K]): Promise<void> {
    await this.db.put(keyOf(kind, id), writeJson(record), { sync: true });
  }

  /** Writes all of these durably, or none. */
  async write(changes: readonly Change[]): Promise<void> {
    await this.db.batch(changes.map(operationOf), { sync: true });
  }

  /** Writes a task, the indices of open and ended tasks and what else the step brought, all or nothing. */
  async putTask(record: TaskRecord, nowMs: number, more: readonly Change[] = []): Promise<void> {
    const place = { validator: record.validator, task_id: record.task_id };
    const id = [record.validator, record.task_id];
    const ended = keyOf('ended', [nowMs.toString().padStart(15, '0'), ...id]);
    const index: Operation[] = isFinal(record.step)
      ? [
          { type: 'del', key: keyOf('open', id) },
          { type: 'put', key: ended, value: writeJson(place) },
        ]
      : [{ type: 'put', key: keyOf('open', id), value: writeJson(place) }];
    const task: Operation = { type: 'put', key: keyOf('task', id), value: writeJson(record) };
    await this.db.batch([task, ...index, ...more.map(operationOf)], { sync: true });
  }

  /** The tasks that ended last, newest first. */
  async lastEnded(most: number): Promise<TaskPlace[]> {
    const values = await this.db.values({ gte: 'ended!', lt: 'ended"', reverse: true, limit: most }).all();
    return values.map((text) => readJson(text));
  }

  /** All records of a kind whose id starts with `id`. */
  async list<K extends keyof Records>(kind: K, ...id: readonly string[]): Promise<Records[K][]> {
    const start = id.length > 0 ? `${keyOf(kind, id)}!` : `${kind}!`;
    const values = await this.db.values({ gte: start, lt: `${start.slice(0, -1)}"` }).all();
    return values.map((text) => readJson(text));
  }

  /** Waits for running writes and closes. */
  async close(): Promise<void> {
    await this.db.close();
  }
}

function operationOf({ kind, id, record }: Change): Operation {
  const key = keyOf(kind, id);
  return record === undefined ? { type: 'del', key } : { type: 'put', key, value: writeJson(record) };
}

function keyOf(kind: keyof Records, id: readonly string[]): string {
  return [kind, ...id].join('!');
}
