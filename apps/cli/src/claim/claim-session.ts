import { join } from 'node:path';
import { verifySignature } from '@odf/bls';
import type { ClaimEvidence, Hex } from '@odf/protocol';
import {
  allocationManagerOf,
  ChainClaimDesk,
  ChainClaimFiler,
  ClaimRefusal,
  collectBondsCall,
  collectPayoutCall,
  coverLinesAbi,
  collateralVaultAbi,
  DeploymentError,
  filingsOf,
  finaliseCall,
  fraudClaimsAbi,
  LevelIntentStore,
  oracleOfLine,
  readDeployment,
  TxOutbox,
  type ChainCall,
  type Deployment,
  type FiledClaim,
  type OutboxTransaction,
  type SentTransaction,
} from '@odf/settlement';
import { createLogger, systemClock } from '@odf/telemetry';
import {
  createPublicClient,
  formatEther,
  http,
  maxUint256,
  zeroAddress,
  type LocalAccount,
  type PublicClient,
} from 'viem';
import type { ClaimOptions } from './claim-options.js';
import { findSlash } from './find-slash.js';

/** Of an anchor and a filing together, with room. */
const GAS_OF_FILING = 1_200_000n;

/** Told of each transaction once it is mined. */
export type OnTransaction = (what: string, sent: SentTransaction) => void;

/** A claim on the chain, and who is made whole. */
export interface ClaimReport extends FiledClaim {
  claim_id: Hex;
}

/** A transaction was sent and is in no block yet; asked again, the same one is found and waited for. */
export class Unconfirmed extends Error {
  override readonly name = 'Unconfirmed';
}

/** One bundle of evidence before the settlement that it names. */
export class ClaimSession {
  private constructor(
    readonly evidence: ClaimEvidence,
    private readonly client: PublicClient,
    private readonly deployment: Deployment,
    private readonly desk: ChainClaimDesk,
    private readonly amountWei: bigint,
    private readonly patienceMs: number,
  ) {}

  /**
   * Finds the settlement, the line's oracle and the slash of the evidence.
   *
   * @param sender who would file, for the chain judges by that.
   * @throws {Error} when the node is of another chain, or has no settlement there; {@link SlashNotFound} {@link ClaimRefusal}
   */
  static async open(given: ClaimEvidence, sender: Hex, options: ClaimOptions): Promise<ClaimSession> {
    const { chainRpcUrl, confirmations, slash, amount = maxUint256, patience } = options;
    const client = createPublicClient({ transport: http(chainRpcUrl, { batch: true }), cacheTime: 0 });
    const deployment = await deploymentOf(given, client);
    const oracle = await oracleOfLine(client, deployment, given.attestation.message.line_id);
    const allocationManager = await allocationManagerOf(client, oracle);
    const search = { client, deployment, allocationManager, confirmations };
    const evidence = { ...given, slash: await findSlash(given, slash, search) };
    const signatures = {
      verify: ({ pubkey, signingRoot, signature }: Record<'pubkey' | 'signingRoot' | 'signature', Hex>) =>
        Promise.resolve(verifySignature(pubkey, signingRoot, signature)),
    };
    const desk = new ChainClaimDesk({
      ...{ client, deployment, oracle, signatures, sender },
      confirmations: BigInt(confirmations),
    });
    return new ClaimSession(evidence, client, deployment, desk, amount, patience * 1_000);
  }

  /** What the chain would hold for the claim; sends nothing. */
  judge() {
    return this.desk.judge(this.evidence, this.amountWei);
  }

  /** The claim that was filed on the slash already, whoever did; null where nobody has. */
  async standing(): Promise<ClaimReport | null> {
    const filed = await filingsOf(this.client, this.deployment.claims, this.evidence);
    return filed.length === 0 ? null : this.#report(filed.at(-1)!);
  }

  /**
   * Files the claim, or finds the one that is filed already; whatever was sent before a crash is not sent again.
   *
   * @throws {ClaimRefusal} when the chain does not take it; {@link Unconfirmed} when it is in no block in time.
   */
  async file(account: LocalAccount, dataDir: string, onTransaction: OnTransaction): Promise<ClaimReport> {
    return this.#sending(account, dataDir, onTransaction, async ({ filer }) => {
      await this.#requireFunds(account.address);
      const { claim_id } = await filer.file(this.evidence, this.amountWei);
      return this.#report(claim_id);
    });
  }

  /** Pays a claim whose windows are over, and takes out what the account is due: its payout, and bonds that came back. */
  async pay(account: LocalAccount, dataDir: string, claimId: Hex, onTransaction: OnTransaction): Promise<ClaimReport> {
    return this.#sending(account, dataDir, onTransaction, async ({ filer, send }) => {
      const { state } = await this.#report(claimId);
      if (state === 'filed') await filer.finalise(claimId);
      const own = account.address.toLowerCase() as Hex;
      const collect = async (what: string, call: ChainCall) =>
        send(`${what}/${own}/${await this.client.getTransactionCount({ address: own })}`, call);
      if ((await this.#due(own)) > 0n) {
        await collect('collect', collectPayoutCall(this.deployment, await this.#asset(), own));
      }
      if ((await this.#bonds(own)) > 0n) await collect('collect-bond', collectBondsCall(this.deployment, own));
      return this.#report(claimId);
    });
  }

  /** A claim as the chain has it. */
  async #report(claim_id: Hex): Promise<ClaimReport> {
    const found = await this.desk.stateOf(claim_id);
    if (!found) throw new Error(`the chain has no claim ${claim_id}: it was reorganised, run again`);
    return { claim_id, ...found };
  }

  /** Follows a claim; {@link ClaimReport} and the chain's time, Unix milliseconds. */
  async look(claimId: Hex): Promise<ClaimReport & { now_ms: number }> {
    const [report, { timestamp }] = await Promise.all([this.#report(claimId), this.client.getBlock()]);
    return { ...report, now_ms: Number(timestamp) * 1000 };
  }

  async #sending<T>(
    account: LocalAccount,
    dataDir: string,
    onTransaction: OnTransaction,
    work: (tools: { filer: ChainClaimFiler; send: TxOutbox['send'] }) => Promise<T>,
  ): Promise<T> {
    const { client, deployment, desk } = this;
    const store = await LevelIntentStore.open(join(dataDir, 'transactions.db'));
    const log = createLogger({ level: process.env['LOG_LEVEL'] === 'debug' ? 'debug' : 'error', name: 'odf-claim' });
    const outbox = new TxOutbox({
      ...{ client, account, store, log, chainId: deployment.chainId },
      confirmations: 1,
      clock: systemClock,
    });
    const send: TxOutbox['send'] = async (key, call, signal) => {
      const patience = AbortSignal.any([AbortSignal.timeout(this.patienceMs), ...(signal ? [signal] : [])]);
      const sent = await outbox.send(key, call, patience).catch(async (failure: unknown) => {
        throw patience.aborted && !signal?.aborted ? lateness(await outbox.find(key)) : failure;
      });
      onTransaction(key, sent);
      return sent;
    };
    const filer = new ChainClaimFiler({
      ...{ client, sender: { send }, claims: deployment.claims, clock: systemClock },
      deskFor: () => Promise.resolve(desk),
      finalise: (claimId) => finaliseCall(deployment, claimId),
    });
    const stopping = new AbortController();
    const running = outbox.run(stopping.signal);
    try {
      return await work({ filer, send });
    } finally {
      stopping.abort();
      await running;
      await store.close();
    }
  }

  /** A claim that stands already costs nothing; else the account must have enough before anything is sent. */
  async #requireFunds(address: Hex): Promise<void> {
    const judged = await this.judge().catch((error: unknown) => {
      if (error instanceof ClaimRefusal) return null;
      throw error;
    });
    // Whether somebody has filed it, or why the chain refuses it, the filer tells.
    if (!judged) return;
    const [balance, gasPrice] = await Promise.all([this.client.getBalance({ address }), this.client.getGasPrice()]);
    const needed = judged.bond_wei + GAS_OF_FILING * gasPrice;
    if (balance >= needed) return;
    const bond = formatEther(judged.bond_wei);
    throw new Error(
      `the account ${address} has ${formatEther(balance)} ETH: the bond of ${bond} ETH and gas take ${formatEther(needed)} ETH`,
    );
  }

  async #due(account: Hex): Promise<bigint> {
    const call = { abi: collateralVaultAbi, address: this.deployment.vault, functionName: 'entitlementOf' } as const;
    return this.client.readContract({ ...call, args: [account, await this.#asset()] });
  }

  async #bonds(account: Hex): Promise<bigint> {
    const call = { abi: fraudClaimsAbi, address: this.deployment.claims, functionName: 'collectable' } as const;
    return this.client.readContract({ ...call, args: [account, zeroAddress] });
  }

  async #asset(): Promise<Hex> {
    const call = { abi: coverLinesAbi, address: this.deployment.lines, functionName: 'lineOf' } as const;
    const { asset } = await this.client.readContract({ ...call, args: [this.evidence.attestation.message.line_id] });
    return asset.toLowerCase() as Hex;
  }
}

async function deploymentOf({ chain_id, settlement }: ClaimEvidence, client: PublicClient): Promise<Deployment> {
  const chainId = BigInt(await client.getChainId());
  if (chainId !== chain_id) {
    throw new Error(
      `--chain-rpc-url is a node of chain ${chainId}, the evidence is for chain ${chain_id}: give one of that`,
    );
  }
  return readDeployment(client, settlement).catch((cause: unknown) => {
    if (!(cause instanceof DeploymentError)) throw cause;
    const hint = '--evidence names that settlement: is --chain-rpc-url a node of its chain, and synced?';
    throw new Error(`${cause.message}; ${hint}`, { cause });
  });
}

/** What it means that nothing was heard of an intent in time. */
function lateness(row: OutboxTransaction | null): Error {
  const [what] = row?.key.split(/\/(?=0x)/) ?? [];
  const sent = row?.attempts.at(-1);
  if (sent) return new Unconfirmed(`${what}: ${sent.hash} was sent and is in no block yet`);
  return new Error(`nothing was sent in time: ${row?.reason ?? 'the node of --chain-rpc-url does not answer'}`);
}
