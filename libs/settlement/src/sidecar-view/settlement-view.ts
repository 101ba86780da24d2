import { keyRoot, type Hex } from '@odf/protocol';
import { parseAbi, zeroAddress, type PublicClient } from 'viem';
import type { Deployment } from '../chain/deployment.js';
import { coprocessorRegistryAbi, feeEscrowAbi, fraudClaimsAbi, odfHubAbi } from '../contracts/index.js';
import { confirmedBlock } from './confirmed-block.js';

const acceptanceAbi = parseAbi([
  'function acceptedResponse(address avs, bytes32 taskId, address operator) view returns (bytes32 responseDigest, bool isFinal)',
]);

/** As `IFraudClaims.State` counts; a claim that a resolver upheld waits for its payment like one that nobody disputed. */
const STATES = [null, 'filed', 'disputed', 'filed', 'finalised', 'rejected', 'vetoed'] as const;

/** Where a view reads. */
export interface SettlementViewOptions {
  client: PublicClient;
  deployment: Deployment;
  /** Blocks from one that counts as confirmed to the newest, both counted. */
  confirmations: number;
}

/** A claim as the contract holds it; wei, Unix milliseconds. */
export interface ViewedClaim {
  state: NonNullable<(typeof STATES)[number]>;
  operator: Hex;
  task_id: Hex;
  amount_wei: bigint;
  finalisable_at_ms: number;
  /** How often it was vetoed; after the first time it may be filed again. */
  vetoes: number;
}

/** What anybody reads of the settlement's contracts without any relay, as of the newest confirmed block. */
export class SettlementView {
  constructor(private readonly options: SettlementViewOptions) {}

  /** Whether the hub names who tells accepted responses of an AVS. */
  async isListed(avsId: Hex): Promise<boolean> {
    const { listed, acceptance } = await this.#terms(avsId, await this.#block());
    return listed && acceptance !== zeroAddress;
  }

  /** The response of an operator that an AVS accepted, and whether no challenge can come any more; null where there is none. */
  async acceptedResponse(avsId: Hex, taskId: Hex, operator: Hex): Promise<{ digest: Hex; final: boolean } | null> {
    const blockNumber = await this.#block();
    const { acceptance, avs } = await this.#terms(avsId, blockNumber);
    if (acceptance === zeroAddress) return null;
    const [digest, final] = await this.options.client.readContract({
      abi: acceptanceAbi,
      address: acceptance,
      functionName: 'acceptedResponse',
      args: [avs, taskId, operator],
      blockNumber,
    });
    return BigInt(digest) === 0n ? null : { digest, final };
  }

  /** The account that owns a coprocessor's key; null for a key that is not registered. */
  async ownerOf(coprocessor: Hex): Promise<Hex | null> {
    const { client, deployment } = this.options;
    const owner = await client.readContract({
      abi: coprocessorRegistryAbi,
      address: deployment.registry,
      functionName: 'ownerOf',
      args: [keyRoot(coprocessor)],
      blockNumber: await this.#block(),
    });
    return owner === zeroAddress ? null : (owner.toLowerCase() as Hex);
  }

  /** What an owner was ever paid out of an operator's escrow; wei. */
  paidWei(operator: Hex, owner: Hex): Promise<bigint> {
    return this.#channel('paidOf', operator, owner);
  }

  /** Σ of the fees that were proved to an operator's escrow for an owner; wei. */
  provedWei(operator: Hex, owner: Hex): Promise<bigint> {
    return this.#channel('provedOf', operator, owner);
  }

  /** A claim; null where there is none. */
  async claimOf(claimId: Hex): Promise<ViewedClaim | null> {
    const { client, deployment } = this.options;
    const blockNumber = await this.#block();
    const call = { abi: fraudClaimsAbi, address: deployment.claims, functionName: 'claimOf' } as const;
    const claim = await client.readContract({ ...call, args: [claimId], blockNumber });
    const state = STATES[claim.state];
    if (!state) return null;
    const hub = { abi: odfHubAbi, address: deployment.hub, functionName: 'pausedSecondsSince' } as const;
    const paused = await client.readContract({ ...hub, args: [claim.filedAt], blockNumber });
    return {
      state,
      operator: claim.operator.toLowerCase() as Hex,
      task_id: claim.taskId,
      amount_wei: claim.amount,
      finalisable_at_ms: Number(claim.finalisableAt + paused) * 1000,
      vetoes: claim.vetoes,
    };
  }

  /** The chain's time, which windows of claims are measured by; Unix milliseconds. */
  async nowMs(): Promise<number> {
    const { timestamp } = await this.options.client.getBlock();
    return Number(timestamp) * 1000;
  }

  async #channel(functionName: 'paidOf' | 'provedOf', operator: Hex, owner: Hex): Promise<bigint> {
    const { client, deployment } = this.options;
    const call = { abi: feeEscrowAbi, address: deployment.escrow, functionName } as const;
    return client.readContract({ ...call, args: [operator, owner], blockNumber: await this.#block() });
  }

  #terms(avsId: Hex, blockNumber: bigint) {
    const { client, deployment } = this.options;
    const call = { abi: odfHubAbi, address: deployment.hub, functionName: 'avsTerms' } as const;
    return client.readContract({ ...call, args: [avsId], blockNumber });
  }

  #block(): Promise<bigint> {
    return confirmedBlock(this.options);
  }
}
