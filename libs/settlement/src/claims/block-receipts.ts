import { z } from 'zod';
import { keccak256, toRlp, type PublicClient } from 'viem';
import type { Hex } from '@odf/protocol';

const hex = z
  .string()
  .regex(/^0x[0-9a-f]*$/i)
  .transform((text) => text.toLowerCase() as Hex);

const RawBlock = z.object({
  hash: hex,
  parentHash: hex,
  sha3Uncles: hex,
  miner: hex,
  stateRoot: hex,
  transactionsRoot: hex,
  receiptsRoot: hex,
  logsBloom: hex,
  difficulty: hex,
  number: hex,
  gasLimit: hex,
  gasUsed: hex,
  timestamp: hex,
  extraData: hex,
  mixHash: hex,
  nonce: hex,
  baseFeePerGas: hex.optional(),
  withdrawalsRoot: hex.optional(),
  blobGasUsed: hex.optional(),
  excessBlobGas: hex.optional(),
  parentBeaconBlockRoot: hex.optional(),
  requestsHash: hex.optional(),
  blockAccessListHash: hex.optional(),
});

const RawLog = z.object({ address: hex, topics: z.array(hex), data: hex, logIndex: hex });
/** A log as an RPC tells it; `logIndex` counts in the block. */
export type RawLog = z.output<typeof RawLog>;

const RawReceipt = z.object({
  type: hex.default('0x0'),
  status: hex,
  cumulativeGasUsed: hex,
  logsBloom: hex,
  logs: z.array(RawLog),
  transactionHash: hex,
  transactionIndex: hex,
});
/** A receipt as an RPC tells it. */
export type RawReceipt = z.output<typeof RawReceipt>;

/** A block whose header hashes to its hash, and its receipts in order. */
export interface BlockReceipts {
  number: bigint;
  hash: Hex;
  /** RLP of the header. */
  header: Hex;
  receiptsRoot: Hex;
  receipts: RawReceipt[];
}

/** What the RPC tells of a block is not true, or not of this kind of chain. */
export class BadBlockError extends Error {
  override readonly name = 'BadBlockError';
}

const NUMBERS = ['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp'] as const;
const OPTIONAL = [
  ...['baseFeePerGas', 'withdrawalsRoot', 'blobGasUsed', 'excessBlobGas'],
  ...['parentBeaconBlockRoot', 'requestsHash', 'blockAccessListHash'],
] as const;
const ALSO_NUMBERS: readonly string[] = ['baseFeePerGas', 'blobGasUsed', 'excessBlobGas'];

/**
 * Reads a block and all its receipts; null where the chain has no such block any more.
 *
 * @throws {BadBlockError} when the header does not hash to the block's hash, or receipts are missing.
 */
export async function readBlockReceipts(
  client: Pick<PublicClient, 'request'>,
  blockHash: Hex,
): Promise<BlockReceipts | null> {
  const request = client.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
  const [rawBlock, rawReceipts] = await Promise.all([
    request({ method: 'eth_getBlockByHash', params: [blockHash, false] }),
    request({ method: 'eth_getBlockReceipts', params: [blockHash] }),
  ]);
  if (rawBlock === null || rawReceipts === null) return null;
  const block = RawBlock.parse(rawBlock);
  const receipts = z.array(RawReceipt).parse(rawReceipts);
  const header = headerOf(block);
  if (keccak256(header) !== blockHash.toLowerCase()) {
    throw new BadBlockError(`the header of block ${blockHash} does not hash to it: the RPC leaves fields out or lies`);
  }
  const isWhole = receipts.every((receipt, index) => Number(receipt.transactionIndex) === index);
  if (!isWhole) throw new BadBlockError(`the RPC does not tell the receipts of block ${blockHash} in order`);
  return { number: BigInt(block.number), hash: block.hash, header, receiptsRoot: block.receiptsRoot, receipts };
}

/** RLP of a header; its later fields came with forks, so the first one missing ends it. */
function headerOf(block: z.output<typeof RawBlock>): Hex {
  const numbers: readonly string[] = [...NUMBERS, ...ALSO_NUMBERS];
  const field = (name: string, value: Hex) => (numbers.includes(name) ? shortest(value) : value);
  const { parentHash, sha3Uncles, miner, stateRoot, transactionsRoot, receiptsRoot, logsBloom } = block;
  const fixed: Hex[] = [parentHash, sha3Uncles, miner, stateRoot, transactionsRoot, receiptsRoot, logsBloom];
  for (const name of NUMBERS) fixed.push(shortest(block[name]));
  fixed.push(block.extraData, block.mixHash, block.nonce);
  for (const name of OPTIONAL) {
    const value = block[name as keyof typeof block];
    if (value === undefined) break;
    fixed.push(field(name, value));
  }
  return toRlp(fixed);
}

/** A number's bytes as RLP takes them: none for zero. */
export function shortest(quantity: Hex): Hex {
  const digits = quantity.slice(2).replace(/^0+/, '');
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
}
