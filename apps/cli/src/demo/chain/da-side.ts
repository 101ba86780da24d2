import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fromHex, sha256, type Hex } from '@odf/protocol';
import { daAvs, daTaskManagerAbi, devAccount } from '@odf/settlement';
import {
  commitmentToVersionedHash,
  createWalletClient,
  encodeFunctionData,
  http,
  parseEventLogs,
  parseGwei,
  type LocalAccount,
} from 'viem';
import { foundry } from 'viem/chains';
import type { AvsThread } from '../avs-thread.js';
import type { AvsSide } from '../avs-side.js';
import { kzgDa } from '../fleet.js';
import type { TaskArchive } from '../task-archive.js';
import type { TaskSource } from '../avs-side.js';
import type { Ground } from './ground.js';

const LOOK_MS = 500;
/** How long a task may be answered, seconds; the contract allows {@link DA_RULES}' `responseSeconds`. */
const DEADLINE_S = 100n;
const MAX_BLOB_FEE = parseGwei('30');
const [POSTER, WATCHER] = [6, 7];

/** The AVS's rules in a demo: a quarter of the stake is lost by a wrong response. */
export const DA_RULES = { responseSeconds: 120n, challengeSeconds: 20n, wadToSlash: 10n ** 18n / 4n } as const;

/** A response that the watcher has proved wrong. */
export interface Slashed {
  task_id: Hex;
  operator: Hex;
  /** Transaction of the response. */
  response: Hex;
  /** Transaction of the challenge, which slashed. */
  challenge: Hex;
}

/** What the side needs. */
export interface DaSideOptions {
  ground: Ground;
  archive: TaskArchive;
  thread: AvsThread;
  /** Where operators publish the extended data that their responses stand for, by SHA-256 of the response. */
  published: string;
}

/** The data-availability AVS on the chain: posts blobs as tasks, and watches the responses, of which each wrong one is challenged. */
export class DaSide implements AvsSide {
  readonly slashed: Slashed[] = [];
  /** Done before the watcher challenges what it has found wrong. */
  beforeChallenge: () => Promise<void> = () => Promise.resolve();
  readonly #right = new Set<string>();
  readonly #wrong = new Map<string, string>();
  readonly #results = new Map<Hex, Promise<Hex>>();
  readonly #stopping = new AbortController();
  #posting: Promise<unknown> = Promise.resolve();
  #nextBlock = 0n;
  #watching: Promise<void> | undefined;

  constructor(private readonly options: DaSideOptions) {}

  /** Watches from the first block on; rejects `failure` when that goes wrong. */
  start(onFailure: (error: Error) => void): void {
    this.#watching = this.#watch().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFailure(error as Error);
    });
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  post(source: TaskSource): Promise<Hex> {
    // One account posts: its transactions go one after the other.
    const posted = this.#posting.then(() => this.#post(source));
    this.#posting = posted.catch(() => undefined);
    return posted;
  }

  isAccepted(taskId: Hex, operator: Hex): boolean {
    return this.#right.has(`${taskId}:${operator}`);
  }

  refusal(taskId: Hex, operator: Hex): string | undefined {
    return this.#wrong.get(`${taskId}:${operator}`);
  }

  get acceptedCount(): number {
    return this.#right.size;
  }

  async #post({ label, input }: TaskSource): Promise<Hex> {
    const { ground, archive, thread } = this.options;
    const blob = await thread.sidecarOf(input);
    const { timestamp } = await ground.client.getBlock();
    const hash = await this.#wallet(devAccount(POSTER)).sendTransaction({
      to: daAvs.taskManager,
      data: encodeFunctionData({ abi: daTaskManagerAbi, functionName: 'createTask', args: [timestamp + DEADLINE_S] }),
      sidecars: [{ blob: input, commitment: fromHex(blob.commitment), proof: fromHex(blob.proof) }],
      blobVersionedHashes: [commitmentToVersionedHash({ commitment: blob.commitment })],
      maxFeePerBlobGas: MAX_BLOB_FEE,
    } as never);
    const { logs } = await ground.mined(hash);
    const { taskId, nativeRef } = parseEventLogs({ abi: daTaskManagerAbi, eventName: 'TaskCreated', logs })[0]!.args;
    const input_hash = archive.keepInput(input);
    const posted_at_ms = timestamp * 1_000n;
    archive.keepTask({ task_id: taskId, avs_id: kzgDa.avs_id, native_ref: nativeRef, input_hash, label, posted_at_ms });
    return taskId;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#look();
      await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { client } = this.options.ground;
    const toBlock = await client.getBlockNumber({ cacheTime: 0 });
    if (toBlock < this.#nextBlock) return;
    const logs = await client.getContractEvents({
      abi: daTaskManagerAbi,
      address: daAvs.taskManager,
      eventName: 'TaskResponded',
      fromBlock: this.#nextBlock,
      toBlock,
      strict: true,
    });
    for (const { args, transactionHash } of logs) {
      const { taskId, operator, result } = args;
      await this.#judge(taskId, operator.toLowerCase() as Hex, result, transactionHash);
    }
    this.#nextBlock = toBlock + 1n;
  }

  async #judge(taskId: Hex, operator: Hex, result: Hex, response: Hex): Promise<void> {
    const task = this.options.archive.task(taskId);
    if (!task) return;
    const key = `${taskId}:${operator}`;
    if (result === (await this.#resultOf(taskId))) return void this.#right.add(key);
    const challenge = await this.#challenge(taskId, operator, result);
    this.#wrong.set(key, `its result is wrong: ${challenge ? `slashed in ${challenge}` : 'not proved'}`);
    if (challenge) this.slashed.push({ task_id: taskId, operator, response, challenge });
  }

  /** The transaction that slashes; undefined where what was published proves nothing, or the operator is slashed already. */
  async #challenge(taskId: Hex, operator: Hex, result: Hex): Promise<Hex | undefined> {
    const { ground, archive, thread, published } = this.options;
    const file = join(published, sha256(fromHex(result)));
    if (!existsSync(file)) return undefined;
    const record = { abi: daTaskManagerAbi, address: daAvs.taskManager, functionName: 'responseRecord' } as const;
    const { slashBlock } = await ground.client.readContract({ ...record, args: [taskId, operator] });
    if (slashBlock !== 0n) return undefined;
    const challenged = { taskId, operator, result: fromHex(result) };
    const input = archive.input(archive.task(taskId)!);
    const data = await thread.challengeOf(input, challenged, new Uint8Array(readFileSync(file)));
    if (data === null) return undefined;
    await this.beforeChallenge();
    const [receipt] = await ground.send(devAccount(WATCHER), { to: daAvs.taskManager, data, value: 0n });
    return receipt!.transactionHash;
  }

  #resultOf(taskId: Hex): Promise<Hex> {
    const { archive, thread } = this.options;
    const known = this.#results.get(taskId);
    if (known) return known;
    const result = thread.resultOf(kzgDa.name, archive.input(archive.task(taskId)!));
    this.#results.set(taskId, result);
    return result;
  }

  #wallet(account: LocalAccount) {
    return createWalletClient({ chain: foundry, transport: http(this.options.ground.rpcUrl), account });
  }
}
