import { Inject, Injectable } from '@nestjs/common';
import {
  buildTranscript,
  decideAuction,
  membersRoot,
  screenFacts,
  transcriptBytes,
  type AuctionDecision,
  type AuctionInputs,
  type BidEntry,
} from '@odf/market';
import {
  AuctionsRepository,
  AwardsRepository,
  BidsRepository,
  inTransaction,
  unpackMembers,
  type AuctionRecord,
  type AwardRecord,
  type CoverReservation,
  type CreditExposure,
  type QueryRunnerLike,
} from '@odf/persistence';
import { Award, BidsFrozen, fromHex, sha256, SignedBid, TranscriptRoot, zeroHex, type Hex } from '@odf/protocol';
import { Settlement, type CoverLine, type RegisteredCoprocessor } from '@odf/settlement';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { AwardsService } from '../awards/awards.service.js';
import { AvsRegistry, coverTailMs } from '../core/avs-registry.js';
import { receiptOf } from '../core/bid-receipt.js';
import { freeWei, lineServes } from '../core/cover-line.js';
import { EventsService } from '../events/events.service.js';
import { CreditService } from '../reputation/credit.service.js';
import { ReputationScoresService } from '../reputation/reputation-scores.service.js';
import { StandingsService } from '../reputation/standings.service.js';
import { RelaySigner } from '../core/relay-signer.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK } from '../relay.tokens.js';
import { readParameters } from './auction-parameters.js';
import { AuctionViews } from './auction-views.js';
import { readClasses } from './stored-classes.js';

/** Stands for the owner of a key that is not registered any more. */
const NOBODY = zeroHex(20);

interface Bidder {
  /** Null when the key was taken out of the registry after it had bid. */
  registered: RegisteredCoprocessor | null;
  line: CoverLine | null;
}

/** Clears frozen auctions: awards, reservations of cover, and the transcript that anyone can replay. */
@Injectable()
export class AuctionClearer {
  constructor(
    private readonly database: DataSource,
    private readonly registry: AvsRegistry,
    private readonly settlement: Settlement,
    private readonly auctions: AuctionsRepository,
    private readonly bids: BidsRepository,
    private readonly awardRows: AwardsRepository,
    private readonly awards: AwardsService,
    private readonly reputation: ReputationScoresService,
    private readonly standings: StandingsService,
    private readonly credit: CreditService,
    private readonly signer: RelaySigner,
    private readonly views: AuctionViews,
    private readonly events: EventsService,
    private readonly metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Clears one auction; does nothing if another instance already has. */
  async clear(auctionId: Hex): Promise<void> {
    const begin = performance.now();
    const decision = await inTransaction(this.database, async (runner) => {
      const auction = (await this.auctions.lock(runner, [auctionId])).get(auctionId);
      return auction?.state === 'frozen' ? this.#clear(runner, auction) : null;
    });
    if (!decision) return;
    this.awards.remember(decision);
    const { name: avs } = this.registry.get(decision.inputs.auction.avs_id).config;
    this.metrics.auctions.inc({ avs, state: 'cleared' });
    this.metrics.awards.inc(
      { avs },
      decision.awards.reduce((sum, { units }) => sum + units, 0),
    );
    this.metrics.unserved.inc(
      { avs },
      decision.unserved.reduce((sum, { units }) => sum + units, 0),
    );
    this.metrics.auctionStages.observe({ avs, stage: 'clear' }, (performance.now() - begin) / 1000);
    await this.events.wake();
  }

  async #clear(runner: QueryRunnerLike, auction: AuctionRecord): Promise<AuctionDecision> {
    const inputs = await this.#inputsOf(runner, auction);
    const decision = decideAuction(inputs);
    const records = decision.awards.map((award) => this.#sign(auction, award));
    await this.awardRows.insert(runner, records);
    await this.awardRows.reserve(runner, this.#reservations(auction, decision));
    await this.credit.expose(runner, this.#exposures(auction, decision));
    const transcript = transcriptBytes(buildTranscript(inputs, decision));
    const root: TranscriptRoot = {
      auction_id: auction.auctionId,
      frozen_root: BidsFrozen.root(inputs.frozen.message),
      transcript_hash: sha256(transcript),
      members_root: membersRoot(inputs.members),
      seed: inputs.seed,
    };
    await this.auctions.clear(runner, {
      auctionId: auction.auctionId,
      transcript,
      transcriptRoot: TranscriptRoot.serialize(root),
      transcriptSignature: this.signer.sign(TranscriptRoot, root).signature,
      medianBps: decision.median_bps,
      screenFacts: screenFacts(decision),
    });
    const cleared = await this.auctions.find(auction.auctionId, runner);
    await this.events.append(runner, [{ topic: 'auction_cleared', data: await this.views.eventData(cleared!) }]);
    return decision;
  }

  async #inputsOf(runner: QueryRunnerLike, auction: AuctionRecord): Promise<AuctionInputs> {
    const { auctionId, frozenSignature, bidsRoot, bidCount } = auction;
    const demand = (await this.auctions.demandOf(auctionId, runner))!;
    return {
      auction: {
        auction_id: auctionId,
        avs_id: auction.avsId,
        mode: auction.mode,
        task_id: auction.taskId,
        round: auction.round,
        opens_at_ms: BigInt(auction.opensAtMs),
        closes_at_ms: BigInt(auction.closesAtMs),
        frozen_at_ms: BigInt(auction.frozenAtMs!),
        term_start_ms: BigInt(auction.termStartMs),
        term_end_ms: BigInt(auction.termEndMs),
      },
      parameters: readParameters(auction.parameters),
      bids: await this.#entriesOf(runner, auction),
      classes: readClasses(demand.classes),
      members: unpackMembers(demand.members),
      frozen: {
        message: { auction_id: auctionId, bids_root: bidsRoot!, count: bidCount },
        signature: frozenSignature!,
      },
      seed: sha256(fromHex(frozenSignature!)),
    };
  }

  async #entriesOf(runner: QueryRunnerLike, auction: AuctionRecord): Promise<BidEntry[]> {
    const records = await this.bids.ofAuction(auction.auctionId, runner);
    const signed = records.map(({ bid }) => SignedBid.deserialize(bid));
    const bidders = await Promise.all(signed.map((bid) => this.#bidderOf(bid)));
    const lineIds = bidders.flatMap(({ line }) => (line ? [line.line_id] : []));
    await this.awardRows.lockLines(runner, lineIds);
    const reserved = await this.awardRows.reservedWei(lineIds, this.clock.nowMs(), runner);
    const owners = bidders.flatMap(({ registered }) => (registered ? [registered.owner] : []));
    const creditOf = await this.credit.of(owners, runner);
    const standings = await this.standings.of(owners, runner);
    const reputationOf = await this.reputation.snapshotOf(owners, auction.frozenAtMs!);
    return records.map((record, index): BidEntry => {
      const { registered, line } = bidders[index]!;
      return {
        receipt: receiptOf(auction.auctionId, record.bidRoot, record.coprocessor, record.seq, record.atMs),
        bid: signed[index]!,
        owner: registered?.owner ?? NOBODY,
        line: line && registered && this.#lineSnapshot(auction, registered, line, reserved.get(line.line_id) ?? 0n),
        reputation: reputationOf(registered?.owner ?? NOBODY),
        standing: {
          registered: registered !== null && registered.bonded && !registered.suspended && !registered.revoked,
          ...standings(registered?.owner ?? NOBODY),
        },
        credit_wei: creditOf(registered?.owner ?? NOBODY),
        capacity: null,
      };
    });
  }

  async #bidderOf({ message }: SignedBid): Promise<Bidder> {
    const registered = await this.settlement.coprocessor(message.coprocessor);
    return { registered, line: registered && (await this.settlement.line(message.line_id)) };
  }

  #lineSnapshot(auction: AuctionRecord, registered: RegisteredCoprocessor, line: CoverLine, reservedWei: bigint) {
    const { config } = this.registry.get(auction.avsId);
    const use = {
      coprocessor: registered.pubkey,
      owner: registered.owner,
      avs: config,
      relayRoot: this.signer.context.relayRoot,
      fromMs: auction.frozenAtMs!,
      untilMs: auction.termEndMs,
      claimableUntilMs: auction.termEndMs + coverTailMs(config),
    };
    return {
      asset: line.asset,
      kind: line.kind,
      free_wei: freeWei(line, reservedWei),
      valid: lineServes(line, use),
      block_number: line.block_number,
    };
  }

  #sign(auction: AuctionRecord, award: AuctionDecision['awards'][number]): Omit<AwardRecord, 'id'> {
    const message: Award = {
      auction_id: auction.auctionId,
      avs_id: auction.avsId,
      role: award.role,
      coprocessor: award.coprocessor,
      line_id: award.line_id,
      award_root: award.award_root,
      units: award.units,
      term_start_ms: BigInt(auction.termStartMs),
      term_end_ms: BigInt(auction.termEndMs),
    };
    return { award: this.signer.sign(Award, message), owner: award.owner, priceBps: award.price_bps };
  }

  /** What bidders put at risk on their reputation alone, as long as it can be claimed. */
  #exposures(auction: AuctionRecord, { inputs, bids }: AuctionDecision): CreditExposure[] {
    const untilMs = auction.termEndMs + coverTailMs(this.registry.get(auction.avsId).config);
    return bids.map(({ seq, exposure_wei: amountWei }) => {
      const { owner } = inputs.bids[Number(seq) - 1]!;
      return { auctionId: auction.auctionId, owner, amountWei, untilMs };
    });
  }

  /** What its awards keep of each line until nothing can be claimed any more; none of an award without cover. */
  #reservations(auction: AuctionRecord, { awards }: AuctionDecision): CoverReservation[] {
    const { config } = this.registry.get(auction.avsId);
    const untilMs = auction.termEndMs + coverTailMs(config);
    return awards
      .filter(({ cover_wei }) => cover_wei > 0n)
      .map(({ line_id: lineId, role, cover_wei: amountWei }) => ({
        ...{ auctionId: auction.auctionId, lineId, role, amountWei, untilMs },
      }));
  }
}
