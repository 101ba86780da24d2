import { join } from 'node:path';
import { verifySignature } from '@odf/bls';
import type { ClaimEvidence, Hex } from '@odf/protocol';
import {
  ChainClaimDesk,
  ChainClaimFiler,
  collectPayoutCall,
  coverLinesAbi,
  collateralVaultAbi,
  finaliseCall,
  LevelIntentStore,
  oracleOfLine,
  readDeployment,
  receiptOracleAbi,
  TxOutbox,
  type Deployment,
  type FiledClaim,
  type SentTransaction,
} from '@odf/settlement';
import { createLogger, systemClock } from '@odf/telemetry';
import { createPublicClient, http, maxUint256, type LocalAccount, type PublicClient } from 'viem';
import type { ClaimOptions } from './claim-options.js';
import { findSlash } from './find-slash.js';

/** Told of each transaction once it is mined. */
export type OnTransaction = (what: string, sent: SentTransaction) => void;

/** A claim on the chain, and who is made whole. */
export interface ClaimReport extends FiledClaim {
  claim_id: Hex;
}

/** One bundle of evidence before the settlement that it names. */
export class ClaimSession {
  private constructor(
    readonly evidence: ClaimEvidence,
    private readonly client: PublicClient,
    private readonly deployment: Deployment,
    private readonly desk: ChainClaimDesk,
    private readonly amountWei: bigint,
  ) {}

  /**
   * Finds the settlement, the line's oracle and the slash of the evidence.
   *
   * @param sender who would file, for the chain judges by that.
   * @throws {DeploymentError} {@link SlashNotFound} {@link ClaimRefusal}
   */
  static async open(given: ClaimEvidence, sender: Hex, options: ClaimOptions): Promise<ClaimSession> {
    const { chainRpcUrl, confirmations, slash, amount = maxUint256 } = options;
    const client = createPublicClient({ transport: http(chainRpcUrl, { batch: true }), cacheTime: 0 });
    const deployment = await readDeployment(client, given.settlement);
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
    return new ClaimSession(evidence, client, deployment, desk, amount);
  }

  /** What the chain would hold for the claim; sends nothing. */
  judge() {
    return this.desk.judge(this.evidence, this.amountWei);
  }

  /**
   * Files the claim, or finds the one that is filed already; whatever was sent before a crash is not sent again.
   *
   * @throws {ClaimRefusal} when the chain does not take it.
   */
  async file(account: LocalAccount, dataDir: string, onTransaction: OnTransaction): Promise<ClaimReport> {
    return this.#sending(account, dataDir, onTransaction, async ({ filer }) => {
      const { claim_id } = await filer.file(this.evidence, this.amountWei);
      return this.#report(claim_id);
    });
  }

  /** Pays a claim whose windows are over, and takes out what the account is due of it. */
  async pay(account: LocalAccount, dataDir: string, claimId: Hex, onTransaction: OnTransaction): Promise<ClaimReport> {
    return this.#sending(account, dataDir, onTransaction, async ({ filer, send }) => {
      const { state } = await this.#report(claimId);
      if (state === 'filed') await filer.finalise(claimId);
      const own = account.address.toLowerCase() as Hex;
      const due = await this.#due(own);
      if (due > 0n) {
        const call = collectPayoutCall(this.deployment, await this.#asset(), own);
        await send(`collect/${own}/${await this.client.getTransactionCount({ address: own })}`, call);
      }
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
      const sent = await outbox.send(key, call, signal);
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

  async #due(account: Hex): Promise<bigint> {
    const call = { abi: collateralVaultAbi, address: this.deployment.vault, functionName: 'entitlementOf' } as const;
    return this.client.readContract({ ...call, args: [account, await this.#asset()] });
  }

  async #asset(): Promise<Hex> {
    const call = { abi: coverLinesAbi, address: this.deployment.lines, functionName: 'lineOf' } as const;
    const { asset } = await this.client.readContract({ ...call, args: [this.evidence.attestation.message.line_id] });
    return asset.toLowerCase() as Hex;
  }
}

/** Whose slashes a ReceiptOracle proves. */
async function allocationManagerOf(client: PublicClient, oracle: Hex): Promise<Hex> {
  const call = { abi: receiptOracleAbi, address: oracle, functionName: 'allocationManager' } as const;
  return (await client.readContract(call)).toLowerCase() as Hex;
}
