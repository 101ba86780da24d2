import { keyRoot, zeroHex, type Hex } from '@odf/protocol';
import { createWalletClient, encodeFunctionData, http, type PublicClient, type WalletClient } from 'viem';
import { g1Of, g2Of } from '../bls-points.js';
import type { ChainCall } from '../claim-desk.js';
import type { Deployment } from '../chain/deployment.js';
import { collateralVaultAbi, coprocessorRegistryAbi, coverLinesAbi, odfHubAbi } from '../contracts/index.js';
import type { CoverLineTerms } from '../calls/line-calls.js';

/** A coprocessor to register on a development chain, and the cover that each AVS gets, wei. */
export interface DevRegistration {
  pubkey: Hex;
  /** ProofOfPossession signed for the owner. */
  possession: Hex;
  owner: Hex;
  cover_wei: bigint;
  /** Key root of the relay whose awards the lines count for. */
  relay_root: Hex;
}

/** An AVS that the hub lists, and who proves slashes on it. */
export interface DevAvs {
  avs: Hex;
  operatorSetId: number;
  oracle: Hex;
  attributor: Hex;
}

/** The year 2100: no development set-up outlives its cover, and the same cover has the same id. */
const VALID_UNTIL = 4_102_444_800n;
const SLASH_TAIL = 90n * 86_400n;
/** Each fault of an attributor. */
const EVERY_FAULT = 2n ** 256n - 2n;
const COVERAGE_BIPS = 9_000;
const GAS_MONEY = 10n ** 18n;
const POLL_MS = 20;

/** Whether the chain is anvil, on which accounts can be impersonated. */
export async function isDevelopmentChain(client: PublicClient): Promise<boolean> {
  const version = await client.request({ method: 'web3_clientVersion' });
  return version.toLowerCase().startsWith('anvil/');
}

/** Registers coprocessors on a development chain in their owners' names: nobody there has keys that matter. */
export class DevRegistrar {
  readonly #wallet: WalletClient;

  constructor(
    private readonly client: PublicClient,
    private readonly deployment: Deployment,
    rpcUrl: string,
  ) {
    this.#wallet = createWalletClient({ transport: http(rpcUrl) });
  }

  /** Registers the key if it is not yet, and opens each AVS's line if there is none of that cover; the lines, in the AVSs' order. */
  async register(registration: DevRegistration, avss: readonly DevAvs[]): Promise<Hex[]> {
    const { owner } = registration;
    await this.#anvil('anvil_impersonateAccount', [owner]);
    await this.#registerKey(registration);
    const lineIds: Hex[] = [];
    for (const avs of avss) lineIds.push(await this.#openLine(termsOf(registration, avs)));
    return lineIds;
  }

  /** Mines blocks on top, so that what was done is confirmed. */
  async mine(blocks: number): Promise<void> {
    if (blocks > 0) await this.#anvil('anvil_mine', [`0x${blocks.toString(16)}`]);
  }

  async #registerKey({ pubkey, possession, owner }: DevRegistration): Promise<void> {
    const registry = { abi: coprocessorRegistryAbi, address: this.deployment.registry } as const;
    const known = await this.client.readContract({ ...registry, functionName: 'ownerOf', args: [keyRoot(pubkey)] });
    if (known.toLowerCase() === owner) return;
    const hub = { abi: odfHubAbi, address: this.deployment.hub } as const;
    const value = await this.client.readContract({ ...hub, functionName: 'registrationBond' });
    const args = [g1Of(pubkey), g2Of(possession), owner] as const;
    const data = encodeFunctionData({ abi: coprocessorRegistryAbi, functionName: 'register', args });
    await this.#send(owner, { to: registry.address, data, value });
  }

  async #openLine(line: CoverLineTerms): Promise<Hex> {
    const lines = { abi: coverLinesAbi, address: this.deployment.lines } as const;
    const lineId = await this.client.readContract({ ...lines, functionName: 'idOf', args: [line] });
    if (await this.client.readContract({ ...lines, functionName: 'exists', args: [lineId] })) return lineId;
    const { vault } = this.deployment;
    const deposit = encodeFunctionData({
      abi: collateralVaultAbi,
      functionName: 'deposit',
      args: [line.owner, line.asset, line.cap],
    });
    await this.#send(line.owner, { to: vault, data: deposit, value: line.cap });
    const open = encodeFunctionData({ abi: coverLinesAbi, functionName: 'open', args: [line, '0x', '0x'] });
    await this.#send(line.owner, { to: lines.address, data: open, value: 0n });
    return lineId;
  }

  /** Sends from an impersonated account, which is given what it spends. */
  async #send(account: Hex, call: ChainCall): Promise<void> {
    const balance = (await this.client.getBalance({ address: account })) + call.value + GAS_MONEY;
    await this.#anvil('anvil_setBalance', [account, `0x${balance.toString(16)}`]);
    const hash = await this.#wallet.sendTransaction({ ...call, account, chain: null });
    const { status } = await this.client.waitForTransactionReceipt({ hash, pollingInterval: POLL_MS });
    if (status !== 'success') throw new Error(`the transaction ${hash} to ${call.to} reverted`);
  }

  #anvil(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.client.request({ method, params } as never);
  }
}

function termsOf({ pubkey, owner, cover_wei, relay_root }: DevRegistration, avs: DevAvs): CoverLineTerms {
  return {
    coprocessor: keyRoot(pubkey),
    owner,
    relayRoot: relay_root,
    operator: zeroHex(20),
    avs: avs.avs,
    operatorSetId: avs.operatorSetId,
    asset: zeroHex(20),
    cap: cover_wei,
    validFrom: 0n,
    validUntil: VALID_UNTIL,
    slashTail: SLASH_TAIL,
    coverageBips: COVERAGE_BIPS,
    faultMask: EVERY_FAULT,
    oracle: avs.oracle,
    attributor: avs.attributor,
    pinnedSlasher: zeroHex(20),
    allowRedistribution: false,
    termsHash: zeroHex(32),
    salt: zeroHex(32),
  };
}
