import { Inject, Injectable } from '@nestjs/common';
import { BidsRepository } from '@odf/persistence';
import {
  OdfError,
  type AuctionState,
  type AwardProof,
  type CoprocessorAwards,
  type Explanation,
  type Hex,
} from '@odf/protocol';
import { Settlement } from '@odf/settlement';
import { type Clock } from '@odf/telemetry';
import { receiptOf } from '../core/bid-receipt.js';
import { SwitchesService } from '../deliveries/switches.service.js';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';
import { ReceiptsService } from '../receipts/receipts.service.js';
import { CLOCK } from '../relay.tokens.js';
import { AwardsService, type ValidatorAward } from './awards.service.js';

const CLEARED: readonly AuctionState[] = ['cleared', 'running', 'finished'];

const DETAILS: Readonly<Record<string, string>> = {
  NO_BIDS: 'Nobody bid in this auction.',
  NO_ELIGIBLE_BID: 'No bid met the policy: allow more fee, less cover or less reputation.',
  NOT_ENROLLED: 'The validator was not enrolled when the bids were frozen.',
  ENROLLMENT_PENDING: 'The enrollment was not live when the bids were frozen.',
  ENROLLMENT_EXPIRED: 'The enrollment was over when the bids were frozen.',
  COVER_EXHAUSTED: 'The bids that met the policy had no cover or units left.',
  STANDBY_NO_COVER: 'No standby had cover left.',
  AUCTION_VOID: 'Nobody bid; the auction was opened again as the next round.',
};

/** What validators and coprocessors see of awards. */
@Injectable()
export class AwardViews {
  constructor(
    private readonly awards: AwardsService,
    private readonly enrollments: EnrollmentsService,
    private readonly bids: BidsRepository,
    private readonly receipts: ReceiptsService,
    private readonly settlement: Settlement,
    private readonly switches: SwitchesService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * A validator's awards; null without any.
   *
   * @throws {OdfError} AUCTION_UNKNOWN, VALIDATOR_UNKNOWN.
   */
  async ofValidator(auctionId: Hex, validator: Hex): Promise<AwardProof[] | null> {
    await this.awards.auctionOf(auctionId);
    await this.#assertKnown(validator);
    const awards = await this.awards.awardOf(auctionId, validator);
    if (awards.length === 0) return null;
    return awards.map(({ award, leaf, index, branch }) => ({ award, leaf, index, branch }));
  }

  /**
   * Why a validator has this award, or none.
   *
   * @throws {OdfError} AUCTION_UNKNOWN, VALIDATOR_UNKNOWN.
   */
  async explain(auctionId: Hex, validator: Hex): Promise<Explanation> {
    const auction = await this.awards.auctionOf(auctionId);
    await this.#assertKnown(validator);
    const base = { auction_id: auctionId, validator, state: auction.state };
    if (auction.state === 'void')
      return { ...base, award: null, reason: 'AUCTION_VOID', detail: DETAILS['AUCTION_VOID']! };
    if (!CLEARED.includes(auction.state)) {
      return { ...base, award: null, reason: null, detail: 'The auction has not cleared yet.' };
    }
    const explanation = await this.awards.explanationOf(auctionId, validator);
    const [award, standby] = await this.awards.awardOf(auctionId, validator);
    if (award) {
      const { message } = award.award;
      const short = { coprocessor: message.coprocessor, role: message.role, fee_wei: award.leaf.fee_wei };
      const handedOver = await this.switches.countOf(auctionId, message.coprocessor);
      const detail = servedDetail({ award, standby, reason: explanation?.standby?.reason ?? null, handedOver });
      return { ...base, award: short, reason: null, detail };
    }
    const reason = await this.#reason(explanation?.reason ?? 'NOT_ENROLLED', validator, auction.avsId);
    return { ...base, award: null, reason, detail: DETAILS[reason] ?? reason };
  }

  /** Why somebody who was no member was none. */
  async #reason(reason: string, validator: Hex, avsId: Hex): Promise<string> {
    if (reason !== 'NOT_ENROLLED') return reason;
    const state = await this.enrollments.stateOf(validator, avsId, this.clock.nowMs());
    if (state === 'pending') return 'ENROLLMENT_PENDING';
    return state === 'exited' ? 'ENROLLMENT_EXPIRED' : reason;
  }

  /**
   * A coprocessor's receipts, awards and loss reason; null until the auction clears.
   *
   * @throws {OdfError} AUCTION_UNKNOWN, COPROCESSOR_UNKNOWN.
   */
  async ofCoprocessor(auctionId: Hex, coprocessor: Hex, withLeaves: boolean): Promise<CoprocessorAwards | null> {
    const auction = await this.awards.auctionOf(auctionId);
    if (!(await this.settlement.coprocessor(coprocessor))) throw new OdfError('COPROCESSOR_UNKNOWN');
    if (!CLEARED.includes(auction.state)) return null;
    const decision = await this.awards.decisionOf(auctionId);
    const records = await this.bids.ofCoprocessor(auctionId, coprocessor);
    const receipts = await this.receipts.signedReceipts(
      records.map((bid) => ({
        receipt: receiptOf(auctionId, bid.bidRoot, coprocessor, bid.seq, bid.atMs),
        place: bid,
      })),
    );
    const signed = await this.awards.signedAwards(auctionId);
    const own = (decision?.awards ?? []).filter((award) => award.coprocessor === coprocessor);
    const awards = own.map(({ role }) =>
      signed.find(({ message }) => message.role === role && message.coprocessor === coprocessor)!,
    );
    const outcomes = (decision?.bids ?? []).filter((bid) => bid.coprocessor === coprocessor);
    const winner = outcomes.find(({ units }) => units > 0);
    return {
      receipts,
      awards,
      price_bps: winner ? winner.price_bps : null,
      units: outcomes.reduce((sum, { units }) => sum + units, 0),
      loss_reason: winner ? null : (outcomes.at(-1)?.loss_reason ?? null),
      ...(withLeaves && { leaves: own.flatMap(({ leaves }) => [...leaves]) }),
    };
  }

  async #assertKnown(validator: Hex): Promise<void> {
    if (!(await this.enrollments.isKnown(validator))) throw new OdfError('VALIDATOR_UNKNOWN');
  }
}

/** A validator's awards as its explanation tells them. */
interface Served {
  award: ValidatorAward;
  standby: ValidatorAward | undefined;
  /** Why nobody stands by. */
  reason: string | null;
  /** Tasks of the term that were handed over from the primary. */
  handedOver: number;
}

function servedDetail({ award, standby, reason, handedOver }: Served): string {
  const served = `Served by ${termsOf(award)}.`;
  const behind = standby
    ? `Behind it stands ${termsOf(standby)}.`
    : `Nobody stands by: ${DETAILS[reason ?? ''] ?? 'no other owner was willing to.'}`;
  const switches = handedOver > 0 ? [`It was silent in ${handedOver} tasks, which were handed over.`] : [];
  return [served, behind, ...switches].join(' ');
}

function termsOf({ award, leaf }: ValidatorAward): string {
  return `${award.message.coprocessor} for ${leaf.fee_wei} wei a task, covered up to ${leaf.max_liability} wei`;
}
