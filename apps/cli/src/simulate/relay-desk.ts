import { BlsKey } from '@odf/bls';
import { bidsRoot, type AuctionFacts, type AuctionInputs, type BidEntry, type ReferenceTerm } from '@odf/market';
import {
  auctionId,
  Bid,
  BidsFrozen,
  keyRoot,
  ReceiptKind,
  sha256,
  signingRoot,
  zeroHex,
  type Container,
  type Hex,
  type Receipt,
  type Signed,
  type SigningContext,
} from '@odf/protocol';
import type { Coprocessor } from './coprocessors.js';
import type { CoverLedger } from './cover-ledger.js';
import type { MarketRules } from './market-rules.js';
import type { Random } from './random.js';
import type { CoprocessorRecord } from './records.js';
import { coverWei, REWARD_WEI, TERM_MS, termStartMs } from './units.js';
import type { demandUnder } from './validators.js';

const POSTED = 1;
const STANDING_FOR_EVER = 4_000_000_000n;

/** One auction that is to be held. */
export interface Occasion {
  term: number;
  avsId: Hex;
  referenceTerms: readonly ReferenceTerm[];
  bidders: readonly { coprocessor: Coprocessor; record: CoprocessorRecord; units: number }[];
  ledger: CoverLedger;
  /** Whether everything is signed, so that it can be audited. */
  signed: boolean;
}

/** The relay's part: it takes bids, freezes them and writes down what it knows of the bidders. */
export class RelayDesk {
  readonly key: BlsKey;
  readonly context: SigningContext;
  readonly #random: Random;

  constructor(
    random: Random,
    readonly rules: MarketRules,
    readonly demand: ReturnType<typeof demandUnder>,
    readonly borrowedLines: ReadonlyMap<string, Coprocessor> = new Map(),
  ) {
    this.#random = random.fork('relay');
    this.key = BlsKey.fromHex(`0x00${this.#random.bytes(31, 'key').slice(2)}`);
    const settlement = this.#random.bytes(20, 'settlement');
    this.context = { chainId: 31_337n, settlement, relayRoot: keyRoot(this.key.pubkey) };
  }

  sign<M>(container: Container<M>, message: M, key: BlsKey = this.key): Signed<M> {
    return { message, signature: key.sign(signingRoot(container, message, this.context)) };
  }

  /** Everything that decides an auction. */
  inputsOf(occasion: Occasion): AuctionInputs {
    const { term, avsId, signed } = occasion;
    const startMs = termStartMs(term);
    const auction: AuctionFacts = {
      auction_id: auctionId({ avs: avsId, termStartMs: startMs, round: 0 }),
      avs_id: avsId,
      mode: 'term',
      task_id: null,
      round: 0,
      opens_at_ms: startMs - 60_000n,
      closes_at_ms: startMs - 20_000n,
      frozen_at_ms: startMs - 10_000n,
      term_start_ms: startMs,
      term_end_ms: startMs + TERM_MS,
    };
    const bids = this.#shuffled(occasion, auction).map((bidder, index) =>
      this.#entryOf(occasion, auction, bidder, index),
    );
    const message = {
      auction_id: auction.auction_id,
      bids_root: signed ? bidsRoot(bids.map(({ receipt }) => receipt)) : zeroHex(32),
      count: bids.length,
    };
    const frozen = signed
      ? this.sign(BidsFrozen, message)
      : { message, signature: this.#random.bytes(96, auction.auction_id) };
    const { capBps, newcomerBps, pricing } = this.rules;
    return {
      auction,
      parameters: {
        reward_ref_wei: REWARD_WEI,
        cap_bps: capBps,
        pricing,
        seed_source: 'vrf',
        reference_terms: occasion.referenceTerms,
        newcomer_bps: newcomerBps,
        slashed_asset: zeroHex(20),
        checked_assurance: 0,
      },
      bids,
      classes: this.demand.classes,
      members: this.demand.members,
      frozen,
      seed: sha256(Buffer.from(frozen.signature.slice(2), 'hex')),
    };
  }

  /** Bids come in any order. */
  #shuffled({ bidders }: Occasion, { auction_id }: AuctionFacts): Occasion['bidders'] {
    const arrival = new Map(bidders.map((one) => [one, sha256(Buffer.from(auction_id + one.coprocessor.pubkey))]));
    return [...bidders].sort((a, b) => (arrival.get(a)! < arrival.get(b)! ? -1 : 1));
  }

  #entryOf(
    { term, ledger, signed }: Occasion,
    auction: AuctionFacts,
    { coprocessor, record, units }: Occasion['bidders'][number],
    index: number,
  ): BidEntry {
    const { rules } = this;
    const lender = this.borrowedLines.get(coprocessor.pubkey);
    const line = lender ?? coprocessor;
    const covered = rules.cover !== 'none' && coprocessor.coverBps > 0;
    const message: Bid = {
      auction_id: auction.auction_id,
      avs_id: auction.avs_id,
      coprocessor: coprocessor.pubkey,
      line_id: covered ? line.lineId : zeroHex(32),
      cover_wei_per_unit: covered ? coverWei(coprocessor.coverBps) : 0n,
      assurance: 0,
      standby: rules.standby ? 1 : 0,
      steps: [{ fee_share_bps: coprocessor.behaviour.askBps(term), units }],
      valid_until: STANDING_FOR_EVER,
      nonce: 1n,
    };
    const freeWei =
      rules.cover === 'reserved' ? ledger.freeWei(line.lineId, auction.frozen_at_ms) : ledger.heldWei(line.lineId);
    return {
      receipt: signed ? receiptOf(auction, message, index + 1) : unsignedReceipt(auction, index + 1),
      bid: signed ? this.sign(Bid, message, coprocessor.key) : { message, signature: zeroHex(96) },
      owner: coprocessor.owner,
      line: covered
        ? {
            asset: zeroHex(20),
            kind: POSTED,
            free_wei: freeWei,
            valid: lender === undefined || rules.cover === 'declared',
            block_number: BigInt(term),
          }
        : null,
      ...this.#knownOf(record, covered, Number(auction.frozen_at_ms / TERM_MS)),
      capacity: null,
    };
  }

  #knownOf(
    record: CoprocessorRecord,
    covered: boolean,
    day: number,
  ): Pick<BidEntry, 'reputation' | 'standing' | 'credit_wei'> {
    if (!this.rules.records) {
      const reputation = { live_r: 0n, live_s: 0n, safe_r: 0n, safe_s: 0n };
      const standing = { registered: true, suspended_until_ms: 0n, quarantined_until_ms: 0n };
      return { reputation, standing, credit_wei: null };
    }
    const limited = !covered && this.rules.cover === 'reserved';
    return {
      reputation: record.reputation,
      standing: record.standing,
      credit_wei: limited ? record.creditWei(day) : null,
    };
  }
}

function unsignedReceipt({ auction_id }: AuctionFacts, seq: number): Receipt {
  const root = zeroHex(32);
  return { kind: ReceiptKind.bid, auction_id, subject_root: root, signer_root: root, seq: BigInt(seq), at_ms: 0n };
}

/** The receipt of a bid. */
export function receiptOf({ auction_id, opens_at_ms }: AuctionFacts, bid: Bid, seq: number): Receipt {
  return {
    kind: ReceiptKind.bid,
    auction_id,
    subject_root: Bid.root(bid),
    signer_root: keyRoot(bid.coprocessor),
    seq: BigInt(seq),
    at_ms: opens_at_ms + BigInt(seq),
  };
}
