import { Bid, routes, type AvsInfo, type CoprocessorAuction, type CoprocessorAwards } from '@odf/protocol';
import { AwardRefused, checkAward, pairLeaves, type AwardExpectation } from './award-check.js';
import { STANDING } from './bid-plan.js';
import { checkReceipt, isAwardSigned, ProofInvalid } from './relay-proof.js';
import type { CoprocessorParts, CoverLine, RelaySession } from './session.js';
import type { AwardRecord } from './store.js';

/** Learns what was won at one relay, and refuses what is not as it should be. */
export class Awards {
  constructor(
    private readonly session: RelaySession,
    private readonly parts: CoprocessorParts,
  ) {}

  /**
   * What became of a cleared auction for us: known, or fetched, checked and kept; undefined while the relay has not cleared it.
   *
   * @throws {RelayError} when the relay cannot be asked.
   */
  async learn(
    auction: CoprocessorAuction,
    avs: AvsInfo,
    lines: readonly CoverLine[],
  ): Promise<AwardRecord | undefined> {
    const { store, key } = this.parts;
    const known = await store.award(this.session.relayRoot, auction.auction_id);
    if (known) return known;
    const { data: answer } = await this.session.client.call(routes.coprocessorAwards, {
      params: { auction_id: auction.auction_id, pubkey: key.pubkey },
      query: { leaves: '1' },
    });
    if (!answer) return undefined;
    const bids = (await store.bids(this.session.relayRoot, avs.avs_id)).map(({ bid }) => bid);
    const expected: AwardExpectation = {
      auction_id: auction.auction_id,
      avs_id: avs.avs_id,
      coprocessor: key.pubkey,
      lines: new Map(lines.map((line) => [line.line_id, line.cap_wei])),
      bids: bids.filter(({ message: { auction_id } }) => auction_id === STANDING || auction_id === auction.auction_id),
      reward_ref_wei: auction.reward_ref_wei,
      isSigned: (award) => isAwardSigned(award, this.session),
    };
    const record = this.#judge(answer, auction, expected);
    await store.putAward(this.session.relayRoot, record);
    this.#tell(record);
    return record;
  }

  #judge(answer: CoprocessorAwards, auction: CoprocessorAuction, expected: AwardExpectation): AwardRecord {
    const { auction_id, avs_id, term_start_ms, term_end_ms } = auction;
    const facts = { auction_id, avs_id, term_start_ms, term_end_ms };
    const nothing = { awards: [], max_liability_wei: 0n, fee_wei: 0n };
    try {
      this.#keepReceipts(answer, expected);
      const awards = pairLeaves(answer);
      if (awards.length === 0) return { ...facts, ...nothing, state: 'lost', reason: answer.loss_reason ?? undefined };
      const totals = awards.map((award) => checkAward(award, expected));
      return {
        ...facts,
        awards,
        max_liability_wei: totals.reduce((sum, one) => sum + one.max_liability_wei, 0n),
        fee_wei: totals.reduce((sum, one) => sum + one.fee_wei, 0n),
        state: 'won',
      };
    } catch (error) {
      if (!(error instanceof AwardRefused) && !(error instanceof ProofInvalid)) throw error;
      return { ...facts, ...nothing, state: 'refused', reason: error.message };
    }
  }

  /** Standing bids get their receipt of an auction here. */
  #keepReceipts(answer: CoprocessorAwards, { auction_id, coprocessor, bids }: AwardExpectation): void {
    const roots = new Set(bids.map(({ message }) => Bid.root(message)));
    for (const receipt of answer.receipts) {
      const { subject_root } = receipt.receipt;
      if (!roots.has(subject_root)) throw new ProofInvalid('a receipt is about a bid that is not ours');
      checkReceipt(receipt, { kind: 'bid', subject_root, signer: coprocessor, auction_id }, this.session);
      this.parts.receipts.keep(receipt);
    }
  }

  #tell(record: AwardRecord): void {
    const { logger, metrics } = this.parts;
    const { auction_id, state, reason } = record;
    const units = record.awards.reduce((sum, { award }) => sum + award.message.units, 0);
    metrics.auctions.inc({ outcome: state });
    if (state === 'refused') logger.error({ auction_id, reason }, 'award refused: nothing is attested under it');
    else logger.info({ auction_id, units, reason }, `auction ${state}`);
  }
}
