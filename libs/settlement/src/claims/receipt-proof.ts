import { createMerkleProof, MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { fromHex, toHex, type Hex } from '@odf/protocol';
import { encodeAbiParameters, toRlp, type PublicClient } from 'viem';
import { BadBlockError, readBlockReceipts, shortest, type RawReceipt } from './block-receipts.js';

/** A receipt, and the nodes that prove it against its block's header. */
export interface ReceiptProof {
  blockNumber: bigint;
  blockHash: Hex;
  /** RLP of the header. */
  header: Hex;
  transactionIndex: number;
  /** Nodes of the receipts trie, the root first. */
  nodes: Hex[];
  receipt: RawReceipt;
}

/** `ReceiptOracle.Evidence`. */
const EVIDENCE = [
  {
    type: 'tuple',
    components: [
      { name: 'header', type: 'bytes' },
      { name: 'transactionIndex', type: 'uint256' },
      { name: 'proof', type: 'bytes[]' },
      { name: 'logIndex', type: 'uint256' },
      { name: 'strategy', type: 'address' },
    ],
  },
] as const;

/**
 * Proves a mined transaction's receipt; null where the chain does not have it.
 *
 * @throws {BadBlockError} when the RPC's receipts do not hash to the block's root.
 */
export async function proveReceipt(
  client: Pick<PublicClient, 'request'>,
  transaction: Hex,
): Promise<ReceiptProof | null> {
  const blockHash = await blockOf(client, transaction);
  const block = blockHash && (await readBlockReceipts(client, blockHash));
  if (!block) return null;
  const index = block.receipts.findIndex(({ transactionHash }) => transactionHash === transaction.toLowerCase());
  if (index < 0) throw new BadBlockError(`block ${block.hash} has no receipt of ${transaction}`);
  const trie = new MerklePatriciaTrie();
  for (const [at, receipt] of block.receipts.entries()) await trie.put(RLP.encode(at), fromHex(encoded(receipt)));
  if (toHex(trie.root()) !== block.receiptsRoot) {
    throw new BadBlockError(`the receipts of block ${block.hash} do not hash to its root: the RPC lies or alters them`);
  }
  return {
    blockNumber: block.number,
    blockHash: block.hash,
    header: block.header,
    transactionIndex: index,
    nodes: (await createMerkleProof(trie, RLP.encode(index))).map((node) => toHex(node)),
    receipt: block.receipts[index]!,
  };
}

/** What `ReceiptOracle.slashFact` takes; `position` is the log's in its receipt. */
export function slashEvidence(proof: ReceiptProof, position: number, strategy: Hex): Hex {
  const { header, transactionIndex, nodes } = proof;
  const value = { header, transactionIndex: BigInt(transactionIndex), proof: nodes, logIndex: BigInt(position) };
  return encodeAbiParameters(EVIDENCE, [{ ...value, strategy }]);
}

async function blockOf(client: Pick<PublicClient, 'request'>, transaction: Hex): Promise<Hex | null> {
  const receipt = await client.request({ method: 'eth_getTransactionReceipt', params: [transaction] });
  return receipt?.blockHash ?? null;
}

/** A receipt as the trie holds it: its RLP behind the envelope's type (EIP-2718). */
function encoded({ type, status, cumulativeGasUsed, logsBloom, logs }: RawReceipt): Hex {
  const body = toRlp([
    shortest(status),
    shortest(cumulativeGasUsed),
    logsBloom,
    logs.map(({ address, topics, data }) => [address, topics, data]),
  ]);
  const envelope = shortest(type);
  return `${envelope}${body.slice(2)}` as Hex;
}
