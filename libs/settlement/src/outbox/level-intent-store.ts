import { ClassicLevel } from 'classic-level';
import { mkdir } from 'node:fs/promises';
import { decodeTransaction, encodeTransaction } from './intent-codec.js';
import type { IntentStore } from './intent-store.js';
import { isSettled, type Lane, type OutboxTransaction } from './intent.js';

type Operation = { type: 'put'; key: string; value: string } | { type: 'del'; key: string };

const laneKey = ({ chainId, account }: Lane): string => `${chainId}!${account}`;
const rowKey = (key: string): string => `row!${key}`;
const openKey = (row: OutboxTransaction): string => `open!${laneKey(row)}!${row.key}`;
const nonceKey = (lane: Lane, nonce: number): string => `nonce!${laneKey(lane)}!${String(nonce).padStart(16, '0')}`;

/** Intents in a folder of their own; every write is on disk (fsync) before its promise is kept; one process at a time. */
export class LevelIntentStore implements IntentStore<never> {
  #turn: Promise<unknown> = Promise.resolve();
  readonly #busy = new Set<string>();

  private constructor(private readonly db: ClassicLevel) {}

  /**
   * Opens the store of a folder, making it when it is not there.
   *
   * @throws {Error} when another process has it open.
   */
  static async open(folder: string): Promise<LevelIntentStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const db = new ClassicLevel(folder, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
    try {
      await db.open();
    } catch (cause) {
      const code = ((cause as Error).cause as { code?: string } | undefined)?.code;
      if (code !== 'LEVEL_LOCKED') throw cause;
      throw new Error(`the transactions in ${folder} are in use by another process: stop it first`, { cause });
    }
    return new LevelIntentStore(db);
  }

  insert(row: OutboxTransaction): Promise<boolean> {
    return this.#inTurn(async () => {
      if ((await this.find(row.key)) !== null) return false;
      await this.#put(null, row);
      return true;
    });
  }

  update(row: OutboxTransaction): Promise<OutboxTransaction> {
    return this.#inTurn(async () => {
      const known = await this.find(row.key);
      if (known?.version !== row.version) throw new Error(`${row.key} was changed meanwhile`);
      const next = { ...row, version: row.version + 1 };
      await this.#put(known, next);
      return next;
    });
  }

  async find(key: string): Promise<OutboxTransaction | null> {
    const text = await this.db.get(rowKey(key));
    return text === undefined ? null : decodeTransaction(text);
  }

  async queued(lane: Lane, nowMs: number, limit: number): Promise<OutboxTransaction[]> {
    const due = (await this.#open(lane)).filter(({ state, dueAtMs }) => state === 'queued' && dueAtMs <= nowMs);
    return due.sort((a, b) => a.queuedAtMs - b.queuedAtMs).slice(0, limit);
  }

  async inFlight(lane: Lane): Promise<OutboxTransaction[]> {
    const rows = (await this.#open(lane)).filter(({ state }) => state !== 'queued');
    return rows.sort((a, b) => a.nonce! - b.nonce!);
  }

  async holder(lane: Lane, nonce: number): Promise<OutboxTransaction | null> {
    const key = await this.db.get(nonceKey(lane, nonce));
    return key === undefined ? null : this.find(key);
  }

  async lastNonce(lane: Lane): Promise<number | null> {
    const range = { gte: `nonce!${laneKey(lane)}!`, lt: `nonce!${laneKey(lane)}"` };
    const [last] = await this.db.keys({ ...range, reverse: true, limit: 1 }).all();
    return last === undefined ? null : Number(last.split('!').at(-1));
  }

  /** The database is locked to this process, so only its own passes have to be kept apart. */
  async alone<T>(lane: Lane, work: () => Promise<T>): Promise<T | undefined> {
    const name = laneKey(lane);
    if (this.#busy.has(name)) return undefined;
    this.#busy.add(name);
    try {
      return await work();
    } finally {
      this.#busy.delete(name);
    }
  }

  /** Waits for running writes and closes. */
  async close(): Promise<void> {
    await this.#turn;
    await this.db.close();
  }

  async #open(lane: Lane): Promise<OutboxTransaction[]> {
    const keys = await this.db.values({ gte: `open!${laneKey(lane)}!`, lt: `open!${laneKey(lane)}"` }).all();
    const texts = await this.db.getMany(keys.map(rowKey));
    return texts.filter((text) => text !== undefined).map(decodeTransaction);
  }

  async #put(known: OutboxTransaction | null, row: OutboxTransaction): Promise<void> {
    const operations: Operation[] = [{ type: 'put', key: rowKey(row.key), value: encodeTransaction(row) }];
    if (known !== null && known.nonce !== null && known.nonce !== row.nonce) {
      operations.push({ type: 'del', key: nonceKey(known, known.nonce) });
    }
    if (row.nonce !== null) {
      const holder = await this.db.get(nonceKey(row, row.nonce));
      if (holder !== undefined && holder !== row.key) throw new Error(`the nonce ${row.nonce} is held by ${holder}`);
      operations.push({ type: 'put', key: nonceKey(row, row.nonce), value: row.key });
    }
    operations.push(
      isSettled(row) ? { type: 'del', key: openKey(row) } : { type: 'put', key: openKey(row), value: row.key },
    );
    await this.db.batch(operations, { sync: true });
  }

  /** One change at a time: each reads what it replaces. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
