import { Injectable } from '@nestjs/common';
import { awardBranch, explainMember, parseTranscript, replay, standbyPairs, type AuctionDecision } from '@odf/market';
import { AuctionsRepository, AwardsRepository, unpackMembers, type AuctionRecord } from '@odf/persistence';
import { keyRoot, OdfError, type AwardProof, type Hex, type SignedAward } from '@odf/protocol';
import { LRUCache } from 'lru-cache';

/** A validator's award with the proof of its leaf. */
export type ValidatorAward = AwardProof & { owner: Hex };

/** Awards of cleared auctions: recomputed from their transcripts when first asked for, as anybody can. */
@Injectable()
export class AwardsService {
  readonly #decisions = new LRUCache<Hex, AuctionDecision>({ max: 64 });
  readonly #signed = new LRUCache<Hex, SignedAward[]>({ max: 64 });
  /** Of each decision, whose validator each awarded operator was; a million leaves are not searched for every response. */
  readonly #holders = new WeakMap<AuctionDecision, ReadonlyMap<Hex, Hex>>();

  constructor(
    private readonly auctions: AuctionsRepository,
    private readonly awards: AwardsRepository,
  ) {}

  /** Keeps a decision that was just made. */
  remember(decision: AuctionDecision): void {
    this.#decisions.set(decision.inputs.auction.auction_id, decision);
  }

  /** The decision of an auction; null until it clears. */
  async decisionOf(auctionId: Hex): Promise<AuctionDecision | null> {
    const known = this.#decisions.get(auctionId);
    if (known) return known;
    const stored = await this.auctions.transcriptOf(auctionId);
    if (!stored) return null;
    const transcript = parseTranscript(JSON.parse(Buffer.from(stored.transcript).toString('utf8')));
    const decision = replay(transcript, unpackMembers(stored.members));
    this.remember(decision);
    return decision;
  }

  /** The signed awards of a cleared auction. */
  async signedAwards(auctionId: Hex): Promise<SignedAward[]> {
    const known = this.#signed.get(auctionId);
    if (known) return known;
    const awards = (await this.awards.ofAuction(auctionId)).map(({ award }) => award);
    if (awards.length > 0) this.#signed.set(auctionId, awards);
    return awards;
  }

  /** A validator's awards of an auction, primary first; empty before clearing and without any. */
  async awardOf(auctionId: Hex, validator: Hex): Promise<ValidatorAward[]> {
    const decision = await this.decisionOf(auctionId);
    if (!decision) return [];
    const signed = await this.signedAwards(auctionId);
    const root = keyRoot(validator);
    return decision.awards.flatMap((decided) => {
      const proof = awardBranch(decided, root);
      const award = signed.find(
        ({ message }) => message.role === decided.role && message.coprocessor === decided.coprocessor,
      );
      return proof && award
        ? [{ award, leaf: proof.leaf, index: proof.index, branch: proof.branch, owner: decided.owner }]
        : [];
    });
  }

  /** The validator_root that had an operator when the auction froze, whoever has it now; null for one without an award. */
  async holderOf(auctionId: Hex, operator: Hex): Promise<Hex | null> {
    const decision = await this.decisionOf(auctionId);
    if (!decision) return null;
    const holders = this.#holders.get(decision) ?? holdersOf(decision);
    this.#holders.set(decision, holders);
    return holders.get(operator) ?? null;
  }

  /** Which coprocessors stand by for which primary of an auction; nobody for none. */
  async standbysOf(auctionId: Hex | null): Promise<(primary: Hex) => ReadonlySet<Hex>> {
    const decision = auctionId && (await this.decisionOf(auctionId));
    const pairs = decision ? standbyPairs(decision) : new Map<Hex, Set<Hex>>();
    return (primary) => pairs.get(primary) ?? new Set();
  }

  /** Why a validator has its award of a cleared auction, or none. */
  async explanationOf(auctionId: Hex, validator: Hex) {
    const decision = await this.decisionOf(auctionId);
    return decision && explainMember(decision, keyRoot(validator));
  }

  /**
   * An auction that must exist.
   *
   * @throws {OdfError} AUCTION_UNKNOWN.
   */
  async auctionOf(auctionId: Hex): Promise<AuctionRecord> {
    const auction = await this.auctions.find(auctionId);
    if (!auction) throw new OdfError('AUCTION_UNKNOWN');
    return auction;
  }
}

function holdersOf({ awards }: AuctionDecision): ReadonlyMap<Hex, Hex> {
  return new Map(
    awards.flatMap(({ leaves }) => leaves.map(({ operator, validator_root }) => [operator, validator_root])),
  );
}
