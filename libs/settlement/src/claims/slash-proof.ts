import type { Hex } from '@odf/protocol';
import {
  BaseError,
  ContractFunctionZeroDataError,
  encodeAbiParameters,
  keccak256,
  zeroHash,
  type PublicClient,
  type StateOverride,
} from 'viem';
import { revertOf } from '../chain/revert.js';
import { receiptOracleAbi } from '../contracts/index.js';
import { ClaimRefusal } from '../claim-desk.js';
import { proveReceipt, slashEvidence, type ReceiptProof } from './receipt-proof.js';
import { claimRevertOf, refusalOf } from './claim-revert.js';
import { slashLogs, type SlashLog } from './slash-logs.js';

/** Where `BlockAnchors` keeps the hash of a block: in the mapping that is its first word. */
const ANCHORS = [{ type: 'uint256' }, { type: 'uint256' }] as const;

/** How many blocks the chain remembers the hash of (EIP-2935). */
const REMEMBERED_BLOCKS = 8_191n;

/** A slash as a ReceiptOracle proves it; wei of the asset. */
export interface ProvedSlash {
  evidence: Hex;
  key: Hex;
  loss: bigint;
}

/** Proves slashes to one ReceiptOracle, from what an RPC tells. */
export class SlashProver {
  constructor(
    private readonly client: PublicClient,
    readonly oracle: Hex,
    private readonly confirmations: bigint,
  ) {}

  /**
   * The receipt of a slash that is deep enough in the chain.
   *
   * @throws {ClaimRefusal} unconfirmed.
   */
  async receiptOf(transaction: Hex): Promise<ReceiptProof> {
    const [proof, head] = await Promise.all([proveReceipt(this.client, transaction), this.#head()]);
    if (proof === null) throw new ClaimRefusal('unconfirmed', `no block has the transaction ${transaction}`);
    const depth = head - proof.blockNumber + 1n;
    if (depth < this.confirmations) {
      const missing = `${depth} of ${this.confirmations} confirmations`;
      throw new ClaimRefusal('unconfirmed', `the slash has ${missing}: try again in some blocks`);
    }
    return proof;
  }

  /**
   * Whether the oracle keeps a block's hash.
   *
   * @throws {ClaimRefusal} refused where it keeps none at all.
   */
  async isAnchored(blockNumber: bigint): Promise<boolean> {
    const call = { abi: receiptOracleAbi, address: this.oracle, functionName: 'anchorOf' } as const;
    const anchor = await this.client.readContract({ ...call, args: [blockNumber] }).catch((cause: unknown) => {
      if (!isNoContract(cause)) throw cause;
      throw new ClaimRefusal('refused', `the oracle ${this.oracle} keeps no blocks`);
    });
    return anchor !== zeroHash;
  }

  /**
   * Whether the block of a slash may be anchored by its number now.
   *
   * @throws {ClaimRefusal} unconfirmed while it is the newest, whose hash only later blocks know; refused when the chain has
   * forgotten it.
   */
  async requireAnchorable(blockNumber: bigint): Promise<void> {
    const head = await this.#head();
    if (await this.isAnchored(blockNumber)) return;
    if (head <= blockNumber)
      throw new ClaimRefusal('unconfirmed', `block ${blockNumber} is the newest: wait for the next`);
    // The call is mined in the next block at the earliest.
    if (head + 1n - blockNumber <= REMEMBERED_BLOCKS) return;
    const hint = `anchor a later block and send the headers down to ${blockNumber + 1n} to anchorBefore`;
    throw new ClaimRefusal('refused', `the chain has forgotten block ${blockNumber}: ${hint} of ${this.oracle}`);
  }

  /**
   * Nothing that must be assumed: the slash's block is anchored.
   *
   * @throws {ClaimRefusal} unanchored.
   */
  async requireAnchored({ blockNumber }: ReceiptProof): Promise<StateOverride> {
    if (await this.isAnchored(blockNumber)) return [];
    throw new ClaimRefusal('unanchored', `block ${blockNumber} is not anchored at ${this.oracle}`);
  }

  /** The state in which the slash's block is anchored. */
  async asIfAnchored({ blockNumber, blockHash }: ReceiptProof): Promise<StateOverride> {
    if (await this.isAnchored(blockNumber)) return [];
    const slot = keccak256(encodeAbiParameters(ANCHORS, [blockNumber, 0n]));
    return [{ address: this.oracle, stateDiff: [{ slot, value: blockHash }] }];
  }

  /**
   * Proves the log with this index of the block, for the strategy of the asset that lost most; `given` as of the two above.
   *
   * @throws {ClaimRefusal} refused when there is no such slash or it took nothing of the asset.
   */
  async prove(proof: ReceiptProof, logIndex: number, asset: Hex, given: StateOverride): Promise<ProvedSlash> {
    const slash = await this.#slashAt(proof, logIndex);
    const proved: ProvedSlash[] = [];
    const refusals: ClaimRefusal[] = [];
    for (const strategy of await this.#strategiesOf(slash, asset)) {
      await this.#factOf(slashEvidence(proof, slash.position, strategy), given).then(
        (fact) => proved.push(fact),
        (error: unknown) => refusals.push(refusalOf(claimRevertOf(error))),
      );
    }
    const most = proved.sort((a, b) => (a.loss < b.loss ? 1 : -1))[0];
    if (most) return most;
    throw refusals[0] ?? new ClaimRefusal('refused', `the slash took nothing of the line's asset ${asset}`);
  }

  async #slashAt(proof: ReceiptProof, logIndex: number): Promise<SlashLog> {
    const emitter = await this.client
      .readContract({ abi: receiptOracleAbi, address: this.oracle, functionName: 'allocationManager' })
      .catch((cause: unknown) => {
        if (!isNoContract(cause)) throw cause;
        throw new ClaimRefusal('refused', `the oracle ${this.oracle} proves no receipts`);
      });
    const slash = slashLogs(proof.receipt.logs, emitter.toLowerCase() as Hex).find((log) => log.logIndex === logIndex);
    if (slash) return slash;
    throw new ClaimRefusal('refused', `log ${logIndex} of the transaction is no slash by ${emitter}`);
  }

  async #strategiesOf(slash: SlashLog, asset: Hex): Promise<Hex[]> {
    const { client, oracle } = this;
    const call = { abi: receiptOracleAbi, address: oracle, functionName: 'assetOf' } as const;
    const assets = await Promise.all(
      slash.strategies.map((strategy) =>
        client.readContract({ ...call, args: [strategy] }).catch((error: unknown) => {
          // A strategy that names no asset is none that a line stands behind.
          if (isNoContract(error)) return null;
          throw error;
        }),
      ),
    );
    return slash.strategies.filter((_, index) => assets[index]?.toLowerCase() === asset.toLowerCase());
  }

  async #factOf(evidence: Hex, stateOverride: StateOverride): Promise<ProvedSlash> {
    const call = { abi: receiptOracleAbi, address: this.oracle, functionName: 'slashFact' } as const;
    const { key, loss } = await this.client.readContract({ ...call, args: [evidence], stateOverride });
    return { evidence, key, loss };
  }

  #head(): Promise<bigint> {
    return this.client.getBlockNumber({ cacheTime: 0 });
  }
}

/** Whether a call failed because nothing at the address answers it, not because the node is away. */
function isNoContract(error: unknown): boolean {
  const isEmpty = error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionZeroDataError);
  return Boolean(isEmpty) || revertOf(error) !== null;
}
