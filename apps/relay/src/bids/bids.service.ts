import { Inject, Injectable } from '@nestjs/common';
import type { AvsConfig } from '@odf/avs';
import { SignatureVerifier } from '@odf/bls';
import { Bid, OdfError, type SignedBid, type SignedReceipt } from '@odf/protocol';
import { Settlement, type RegisteredCoprocessor } from '@odf/settlement';
import { type Clock } from '@odf/telemetry';
import { AvsRegistry, CHECKED_ASSURANCE } from '../core/avs-registry.js';
import type { BatchAnswers } from '../http/batch.js';
import { lineServes } from '../core/cover-line.js';
import { RelaySigner } from '../core/relay-signer.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK } from '../relay.tokens.js';
import { QuarantinesService } from '../reputation/quarantines.service.js';
import { BidIntake, type CheckedBid } from './bid-intake.js';
import { assertBidder, assertBidShape, isCancellation } from './bids.rules.js';

/** Takes bids: checks what needs no transaction, then makes them durable. */
@Injectable()
export class BidsService {
  constructor(
    private readonly registry: AvsRegistry,
    private readonly settlement: Settlement,
    private readonly verifier: SignatureVerifier,
    private readonly signer: RelaySigner,
    private readonly intake: BidIntake,
    private readonly quarantines: QuarantinesService,
    private readonly metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Places bids in their order; each gets its receipt or its own refusal. */
  async placeAll(bids: readonly SignedBid[]): Promise<BatchAnswers<SignedReceipt>> {
    // A check may take longer than that of the bid behind it, so all are done before the first bid is placed.
    const checks = await Promise.all(bids.map((bid) => this.#check(bid).catch(refusalOf)));
    return Promise.all(checks.map((check) => this.#counted(check).catch(refusalOf)));
  }

  /**
   * Places one bid and returns its durable receipt.
   *
   * @throws {OdfError} SIGNATURE_INVALID, AVS_UNKNOWN, BID_…, AUCTION_UNKNOWN.
   */
  async place(bid: SignedBid): Promise<SignedReceipt> {
    return this.#counted(await this.#check(bid).catch(refusalOf));
  }

  async #counted(check: CheckedBid | OdfError): Promise<SignedReceipt> {
    try {
      if (check instanceof OdfError) throw check;
      const receipt = await this.intake.place(check);
      this.metrics.bids.inc({ result: 'accepted' });
      return receipt;
    } catch (error) {
      this.metrics.bids.inc({ result: error instanceof OdfError ? error.code : 'failed' });
      throw error;
    }
  }

  async #check(bid: SignedBid): Promise<CheckedBid> {
    const { message, signature } = bid;
    const { config } = this.registry.get(message.avs_id);
    const root = Bid.root(message);
    const signingRoot = this.signer.signingRootOf('Bid', root);
    if (!(await this.verifier.verify({ pubkey: message.coprocessor, signingRoot, signature }))) {
      throw new OdfError('SIGNATURE_INVALID');
    }
    const registered = await this.settlement.coprocessor(message.coprocessor);
    // Only registered keys reach the database: keys cost nothing.
    if (!registered) throw new OdfError('BID_COPROCESSOR_UNREGISTERED');
    return { bid, root, refusal: await this.#refusal(bid, registered, config) };
  }

  /** Why a signed bid may not be placed now. */
  async #refusal(
    { message }: SignedBid,
    registered: RegisteredCoprocessor,
    avs: AvsConfig,
  ): Promise<OdfError | undefined> {
    const nowMs = this.clock.nowMs();
    try {
      assertBidShape(message, nowMs, CHECKED_ASSURANCE);
      assertBidder(registered);
      if (await this.quarantines.has(registered.owner)) throw new OdfError('BID_COPROCESSOR_SUSPENDED');
    } catch (error) {
      return refusalOf(error);
    }
    if (isCancellation(message) || message.cover_wei_per_unit === 0n) return undefined;
    const line = await this.settlement.line(message.line_id);
    const use = {
      coprocessor: message.coprocessor,
      owner: registered.owner,
      avs,
      relayRoot: this.signer.context.relayRoot,
      fromMs: nowMs,
      untilMs: nowMs,
      claimableUntilMs: nowMs,
    };
    return lineServes(line, use) ? undefined : new OdfError('BID_LINE_INVALID');
  }
}

function refusalOf(error: unknown): OdfError {
  if (error instanceof OdfError) return error;
  throw error;
}
