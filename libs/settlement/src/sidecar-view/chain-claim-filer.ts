import type { ClaimEvidence, Hex } from '@odf/protocol';
import type { PublicClient } from 'viem';
import { filingsOf } from '../claims/filings-of.js';
import type { TransactionSender } from '../outbox/tx-outbox.js';
import { ClaimRefusal, mayBeFiledAgain, type ChainCall, type ClaimDesk, type PreparedClaim } from '../claim-desk.js';

const DAY_MS = 86_400_000;

/** What filing needs of a desk. */
export type FilerDesk = Pick<ClaimDesk, 'prepare' | 'judge' | 'anchor' | 'stateOf'>;

/** What filing needs. */
export interface ChainClaimFilerOptions {
  /** The desk that proves slashes to the oracle of a line. */
  deskFor: (lineId: Hex) => Promise<FilerDesk>;
  /** Pays a claim whose windows have passed. */
  finalise: (claimId: Hex) => ChainCall;
  sender: TransactionSender;
  client: PublicClient;
  /** The FraudClaims contract. */
  claims: Hex;
  clock: { nowMs(): number };
  signal?: AbortSignal;
}

/** Files claims from an account of its own; the contract takes each once, whoever files it. */
export class ChainClaimFiler {
  constructor(private readonly options: ChainClaimFilerOptions) {}

  /**
   * Anchors the slash if need be and files the claim; answers the one that somebody has filed already, unless that was vetoed once.
   *
   * @throws {ClaimRefusal} when the chain does not take it now.
   */
  async file(evidence: ClaimEvidence, amountWei: bigint): Promise<{ claim_id: Hex }> {
    const filings = await this.#filingsOf(evidence);
    const desk = await this.options.deskFor(evidence.attestation.message.line_id);
    const known = filings.at(-1);
    if (known && !mayBeFiledAgain(await desk.stateOf(known))) return { claim_id: known };
    return this.#fileAs(filings.length, desk, evidence, amountWei).catch(async (failure: unknown) => {
      // A relay or a sidecar may have filed it meanwhile, which is as good.
      const now = await this.#filingsOf(evidence);
      if (now.length > filings.length) return { claim_id: now.at(-1)! };
      throw failure;
    });
  }

  /** Pays a claim whose windows have passed. */
  async finalise(claimId: Hex): Promise<void> {
    await this.#send(`claim/finalise/${claimId}`, this.options.finalise(claimId));
  }

  async #fileAs(
    number: number,
    desk: FilerDesk,
    evidence: ClaimEvidence,
    amountWei: bigint,
  ): Promise<{ claim_id: Hex }> {
    const { claim_id, call } = await this.#prepare(desk, evidence, amountWei);
    await this.#send(`claim/file/${claim_id}/${number}`, call);
    return { claim_id };
  }

  async #prepare(desk: FilerDesk, evidence: ClaimEvidence, amountWei: bigint): Promise<PreparedClaim> {
    try {
      return await desk.prepare(evidence, amountWei);
    } catch (error) {
      if (!(error instanceof ClaimRefusal) || error.kind !== 'unanchored' || !evidence.slash) throw error;
      // No gas for the anchor of a claim that will be refused.
      await desk.judge(evidence, amountWei);
      const { transaction } = evidence.slash;
      await this.#send(`claim/anchor/${transaction}`, await desk.anchor(transaction));
      return desk.prepare(evidence, amountWei);
    }
  }

  #filingsOf(evidence: ClaimEvidence): Promise<Hex[]> {
    const { client, claims } = this.options;
    return filingsOf(client, claims, evidence);
  }

  /** An intent that failed stays failed under its key, so that each day gives it another chance. */
  async #send(key: string, call: ChainCall): Promise<void> {
    const day = Math.floor(this.options.clock.nowMs() / DAY_MS);
    const { status, reason } = await this.options.sender.send(`${key}/${day}`, call, this.options.signal);
    if (status === 'reverted') throw new ClaimRefusal('refused', `${key} was reverted: ${reason ?? 'no reason given'}`);
  }
}
