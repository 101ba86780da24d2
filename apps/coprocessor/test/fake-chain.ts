import { decodeFunctionData, type Abi } from 'viem';
import { keyRoot, zeroHex, type Hex } from '@odf/protocol';
import {
  collateralVaultAbi,
  coprocessorRegistryAbi,
  coverLinesAbi,
  feeEscrowAbi,
  lineId,
  type ChainCall,
  type CoverLineTerms,
  type Deployment,
  type SentTransaction,
  type TransactionSender,
} from '@odf/settlement';
import type { ChainLine, Channel, Registration, SettlementChain } from '../src/settlement/ports.js';

const contract = (byte: string): Hex => `0x${byte.repeat(20)}`;

/** Where the fake settlement stands. */
export const deployment: Deployment = {
  chainId: 31_337n,
  hub: zeroHex(20),
  registry: contract('c1'),
  vault: contract('c2'),
  lines: contract('c3'),
  claims: contract('c4'),
  escrow: contract('c5'),
};

/** A settlement without a chain: carries out the calls that a keeper sends, as the contracts would for one owner. */
export class FakeChain implements SettlementChain, TransactionSender {
  readonly sent: { key: string; name: string }[] = [];
  readonly channels = new Map<Hex, Channel>();
  readonly lines = new Map<Hex, ChainLine>();
  registered: Registration | null = null;
  listed = true;
  acceptance: Hex | null = contract('ac');
  allowed = true;
  funds = 10n ** 21n;
  collectable = 0n;
  deposited = 0n;
  locked = 0n;
  /** Fees that `draw` counts, by the wei of each. */
  drawn: bigint[] = [];
  /** What the next call of a name is refused with. */
  readonly refusals = new Map<string, string>();
  #block = 0;

  constructor(private readonly pubkey: Hex) {}

  async send(key: string, call: ChainCall): Promise<SentTransaction> {
    const abi = this.#abiAt(call.to);
    const { functionName: name, args } = decodeFunctionData({ abi, data: call.data });
    this.sent.push({ key, name });
    this.#block += 1;
    const result = { transaction: zeroHex(32), blockNumber: BigInt(this.#block) };
    const reason = this.refusals.get(name);
    if (reason !== undefined) return { ...result, status: 'reverted', reason };
    this.funds -= call.value;
    this.#apply(name, args as readonly unknown[], call);
    return { ...result, status: 'success' };
  }

  names(): string[] {
    return this.sent.map(({ name }) => name);
  }

  async registration(coprocessor: Hex): Promise<Registration | null> {
    return coprocessor === keyRoot(this.pubkey) ? this.registered : null;
  }
  async bondWei(): Promise<bigint> {
    return 7n;
  }
  async collateral() {
    return { totalWei: this.deposited, lockedWei: this.locked, unbondingWei: 0n };
  }
  async line(id: Hex): Promise<ChainLine | null> {
    return this.lines.get(id) ?? null;
  }
  async avs() {
    return { listed: this.listed, acceptance: this.acceptance };
  }
  async isOracleAllowed(): Promise<boolean> {
    return this.allowed;
  }
  async fundsWei(): Promise<bigint> {
    return this.funds;
  }
  async allowanceWei(): Promise<bigint> {
    return 0n;
  }
  async channel(operator: Hex): Promise<Channel> {
    return this.channels.get(operator) ?? { paidWei: 0n, provedWei: 0n, balanceWei: 0n };
  }
  async collectableWei(): Promise<bigint> {
    return this.collectable;
  }
  async nonceOf(): Promise<number> {
    return this.#block;
  }

  #abiAt(to: Hex): Abi {
    const abis: Record<Hex, Abi> = {
      [deployment.registry]: coprocessorRegistryAbi,
      [deployment.vault]: collateralVaultAbi,
      [deployment.lines]: coverLinesAbi,
      [deployment.escrow]: feeEscrowAbi,
    };
    return abis[to]!;
  }

  #apply(name: string, args: readonly unknown[], call: ChainCall): void {
    if (name === 'register') this.registered = { owner: (args[2] as Hex).toLowerCase() as Hex, revokedAt: 0n };
    if (name === 'deposit') this.deposited += call.value;
    if (name === 'open') this.#open(args[0] as CoverLineTerms);
    if (name === 'redeem') this.#pay((args[0] as Hex).toLowerCase() as Hex, args[2] as bigint);
    if (name === 'draw') this.#draw(args[0] as DrawnFee);
    if (name === 'collect') this.collectable = 0n;
  }

  #open(terms: CoverLineTerms): void {
    const id = lineId(terms, { chainId: deployment.chainId, settlement: deployment.hub });
    const lower = (address: Hex) => address.toLowerCase() as Hex;
    const { owner, avs, oracle, attributor } = terms;
    const known = { owner: lower(owner), avs: lower(avs), oracle: lower(oracle), attributor: lower(attributor) };
    this.lines.set(id, { id, terms: { ...terms, ...known }, remainingWei: terms.cap });
    this.locked += terms.cap;
  }

  #draw({ enrollment, commitment }: DrawnFee): void {
    const operator = enrollment.operator.toLowerCase() as Hex;
    const channel = this.channels.get(operator)!;
    channel.provedWei += commitment.feeWei;
    this.drawn.push(commitment.feeWei);
    this.#pay(operator, channel.provedWei);
  }

  #pay(operator: Hex, owedWei: bigint): void {
    const channel = this.channels.get(operator)!;
    const beyond = owedWei > channel.paidWei ? owedWei - channel.paidWei : 0n;
    const amount = beyond < channel.balanceWei ? beyond : channel.balanceWei;
    channel.paidWei += amount;
    channel.balanceWei -= amount;
    this.collectable += amount;
  }
}

interface DrawnFee {
  enrollment: { operator: Hex };
  commitment: { feeWei: bigint };
}
