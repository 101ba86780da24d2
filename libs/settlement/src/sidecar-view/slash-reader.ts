import type { Hex } from '@odf/protocol';
import type { PublicClient } from 'viem';
import { allocationManagerEvents } from '../claims/slash-logs.js';
import { confirmedBlock } from './confirmed-block.js';

const [operatorSlashed] = allocationManagerEvents;

/** How a slash names the response that it is for. */
const DESCRIPTION = /^odf\/1 task (0x[0-9a-f]{64})$/;
/** What nodes give at once without complaint. */
const RANGE = 2_000n;
/** Fourteen days of mainnet: a claim on an older slash comes too late. */
const LOOK_BACK = 100_800n;
/** How much is read again when the chain at the cursor is another one than it was. */
const READ_AGAIN = 256n;

/** A slash of an operator for its response to a task. */
export interface TaskSlash {
  operator: Hex;
  task_id: Hex;
  transaction: Hex;
  log_index: number;
}

/** Slashes, and where to go on. */
export interface SlashPage {
  slashes: TaskSlash[];
  /** Number and hash of the last block that was read. */
  cursor: string;
}

/** Reads slashes in confirmed blocks, a range at a time; after a reorganisation some are told again. */
export class SlashReader {
  constructor(private readonly options: { client: PublicClient; allocationManager: Hex; confirmations: number }) {}

  /** The next slashes of these operators. */
  async read(operators: readonly Hex[], cursor: string | undefined): Promise<SlashPage> {
    const confirmed = await confirmedBlock(this.options);
    const from = await this.#next(cursor, confirmed);
    if (from > confirmed && cursor !== undefined) return { slashes: [], cursor };
    const to = from + RANGE - 1n < confirmed ? from + RANGE - 1n : confirmed;
    // The hash first: should the chain change meanwhile, the next look notices.
    const hash = await this.#hashOf(to);
    const slashes = await this.#between(from, to);
    return { slashes: slashes.filter(({ operator }) => operators.includes(operator)), cursor: `${to}:${hash}` };
  }

  async #next(cursor: string | undefined, confirmed: bigint): Promise<bigint> {
    if (cursor === undefined) return atLeastZero(confirmed - LOOK_BACK);
    const [number, hash] = cursor.split(':') as [string, Hex];
    const last = BigInt(number);
    if (last <= confirmed && (await this.#hashOf(last)) === hash) return last + 1n;
    return atLeastZero((last < confirmed ? last : confirmed) - READ_AGAIN);
  }

  async #hashOf(blockNumber: bigint): Promise<Hex> {
    return (await this.options.client.getBlock({ blockNumber })).hash;
  }

  async #between(fromBlock: bigint, toBlock: bigint): Promise<TaskSlash[]> {
    const { client, allocationManager: address } = this.options;
    const logs = await client.getLogs({ address, event: operatorSlashed, fromBlock, toBlock, strict: true });
    return logs.flatMap(({ args, transactionHash: transaction, logIndex: log_index }) => {
      const task_id = DESCRIPTION.exec(args.description)?.[1] as Hex | undefined;
      return task_id ? [{ operator: args.operator.toLowerCase() as Hex, task_id, transaction, log_index }] : [];
    });
  }
}

const atLeastZero = (block: bigint): bigint => (block > 0n ? block : 0n);
