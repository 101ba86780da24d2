import { erc20Abi, zeroAddress, type PublicClient } from 'viem';
import type { Hex } from '@odf/protocol';
import {
  collateralVaultAbi,
  coprocessorRegistryAbi,
  coverLinesAbi,
  feeEscrowAbi,
  NATIVE_ASSET,
  odfHubAbi,
  type CoverLineTerms,
  type Deployment,
} from '@odf/settlement';
import type { ChainLine, Channel, Collateral, Registration, SettlementChain } from './ports.js';

const lower = (address: Hex): Hex => address.toLowerCase() as Hex;

/** Reads the contracts of a deployment as of the latest block. */
export class ChainReader implements SettlementChain {
  constructor(
    private readonly client: PublicClient,
    private readonly deployment: Deployment,
  ) {}

  async registration(coprocessor: Hex): Promise<Registration | null> {
    const { owner, revokedAt } = await this.client.readContract({
      address: this.deployment.registry,
      abi: coprocessorRegistryAbi,
      functionName: 'registrationOf',
      args: [coprocessor],
    });
    return owner === zeroAddress ? null : { owner: lower(owner), revokedAt };
  }

  bondWei(): Promise<bigint> {
    return this.client.readContract({ ...this.#hub, functionName: 'registrationBond' });
  }

  async collateral(owner: Hex, asset: Hex): Promise<Collateral> {
    const [totalWei, lockedWei, unbondingWei] = await this.client.readContract({
      address: this.deployment.vault,
      abi: collateralVaultAbi,
      functionName: 'balanceOf',
      args: [owner, asset],
    });
    return { totalWei, lockedWei, unbondingWei };
  }

  async line(id: Hex): Promise<ChainLine | null> {
    const lines = { address: this.deployment.lines, abi: coverLinesAbi } as const;
    const [terms, remainingWei] = await Promise.all([
      this.client.readContract({ ...lines, functionName: 'lineOf', args: [id] }),
      this.client.readContract({ ...lines, functionName: 'remaining', args: [id] }),
    ]);
    return terms.owner === zeroAddress ? null : { id, terms: lowered(terms), remainingWei };
  }

  async avs(avsId: Hex): Promise<{ listed: boolean; acceptance: Hex | null }> {
    const { listed, acceptance } = await this.client.readContract({
      ...this.#hub,
      functionName: 'avsTerms',
      args: [avsId],
    });
    return { listed, acceptance: acceptance === zeroAddress ? null : lower(acceptance) };
  }

  isOracleAllowed(oracle: Hex): Promise<boolean> {
    return this.client.readContract({ ...this.#hub, functionName: 'isOracleAllowed', args: [oracle] });
  }

  fundsWei(account: Hex, asset: Hex): Promise<bigint> {
    if (asset === NATIVE_ASSET) return this.client.getBalance({ address: account });
    return this.client.readContract({ address: asset, abi: erc20Abi, functionName: 'balanceOf', args: [account] });
  }

  allowanceWei(account: Hex, asset: Hex): Promise<bigint> {
    const args = [account, this.deployment.vault] as const;
    return this.client.readContract({ address: asset, abi: erc20Abi, functionName: 'allowance', args });
  }

  async channel(operator: Hex, owner: Hex): Promise<Channel> {
    const args = [operator, owner] as const;
    const [paidWei, provedWei, [balanceWei]] = await Promise.all([
      this.client.readContract({ ...this.#escrow, functionName: 'paidOf', args }),
      this.client.readContract({ ...this.#escrow, functionName: 'provedOf', args }),
      this.client.readContract({ ...this.#escrow, functionName: 'balanceOf', args: [operator] }),
    ]);
    return { paidWei, provedWei, balanceWei };
  }

  collectableWei(owner: Hex): Promise<bigint> {
    return this.client.readContract({ ...this.#escrow, functionName: 'collectable', args: [owner] });
  }

  nonceOf(account: Hex): Promise<number> {
    return this.client.getTransactionCount({ address: account });
  }

  get #hub() {
    return { address: this.deployment.hub, abi: odfHubAbi } as const;
  }

  get #escrow() {
    return { address: this.deployment.escrow, abi: feeEscrowAbi } as const;
  }
}

/** The terms with addresses as ids compare them. */
function lowered(terms: CoverLineTerms): CoverLineTerms {
  const { owner, operator, avs, asset, oracle, attributor, pinnedSlasher } = terms;
  return {
    ...terms,
    owner: lower(owner),
    operator: lower(operator),
    avs: lower(avs),
    asset: lower(asset),
    oracle: lower(oracle),
    attributor: lower(attributor),
    pinnedSlasher: lower(pinnedSlasher),
  };
}
