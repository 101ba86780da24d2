import type { ClaimEvidence, Hex } from '@odf/protocol';
import { parseAbiItem, type PublicClient } from 'viem';
import type { TransactionSender } from '../outbox/tx-outbox.js';
import { ClaimRefusal, type ChainCall, type ClaimDesk, type PreparedClaim } from '../claim-desk.js';

const claimFiled = parseAbiItem(
  'event ClaimFiled(bytes32 indexed claimId, bytes32 indexed lineId, address indexed operator, bytes32 taskId, uint256 amount, uint64 finalisableAt)',
);
const DAY_MS = 86_400_000;

/** What filing needs. */
export interface ChainClaimFilerOptions {
  /** The desk that proves slashes to the oracle of a line. */
  deskFor: (lineId: Hex) => Promise<Pick<ClaimDesk, 'prepare' | 'anchor'>>;
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
   * Anchors the slash if need be and files the claim; answers the one that somebody has filed already.
   *
   * @throws {ClaimRefusal} when the chain does not take it now.
   */
  async file(evidence: ClaimEvidence, amountWei: bigint): Promise<{ claim_id: Hex }> {
    const known = await this.#filedAlready(evidence);
    if (known) return { claim_id: known };
    const { claim_id, call } = await this.#prepare(evidence, amountWei);
    await this.#send(`claim/file/${claim_id}`, call);
    return { claim_id };
  }

  /** Pays a claim whose windows have passed. */
  async finalise(claimId: Hex): Promise<void> {
    await this.#send(`claim/finalise/${claimId}`, this.options.finalise(claimId));
  }

  async #prepare(evidence: ClaimEvidence, amountWei: bigint): Promise<PreparedClaim> {
    const desk = await this.options.deskFor(evidence.attestation.message.line_id);
    try {
      return await desk.prepare(evidence, amountWei);
    } catch (error) {
      if (!(error instanceof ClaimRefusal) || error.kind !== 'unanchored' || !evidence.slash) throw error;
      const { transaction } = evidence.slash;
      await this.#send(`claim/anchor/${transaction}`, await desk.anchor(transaction));
      return desk.prepare(evidence, amountWei);
    }
  }

  async #filedAlready({ slash, operator, attestation }: ClaimEvidence): Promise<Hex | undefined> {
    if (!slash) throw new ClaimRefusal('refused', 'the evidence names no slash');
    const { client, claims: address } = this.options;
    const { blockNumber: fromBlock } = await client
      .getTransactionReceipt({ hash: slash.transaction })
      .catch((cause: unknown) => {
        throw new ClaimRefusal('unconfirmed', `the slash ${slash.transaction} is in no block: ${String(cause)}`);
      });
    const { line_id: lineId, task_id } = attestation.message;
    const logs = await client.getLogs({
      address,
      event: claimFiled,
      args: { lineId, operator },
      fromBlock,
      strict: true,
    });
    return logs.find(({ args }) => args.taskId === task_id)?.args.claimId;
  }

  /** An intent that failed stays failed under its key, so that each day gives it another chance. */
  async #send(key: string, call: ChainCall): Promise<void> {
    const day = Math.floor(this.options.clock.nowMs() / DAY_MS);
    const { status, reason } = await this.options.sender.send(`${key}/${day}`, call, this.options.signal);
    if (status === 'reverted') throw new ClaimRefusal('refused', `${key} was reverted: ${reason ?? 'no reason given'}`);
  }
}
