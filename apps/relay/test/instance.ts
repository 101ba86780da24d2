import { parseAvsConfig, type AvsConfig } from '@odf/avs';
import { BlsKey, SignatureVerifier } from '@odf/bls';
import { MemoryLiveStore } from '@odf/live-store';
import { classesOf } from '@odf/market';
import {
  AuctionsRepository,
  AwardsRepository,
  BidsRepository,
  CommitmentsRepository,
  CreditRepository,
  EnrollmentsRepository,
  EventsRepository,
  FeesRepository,
  inTransaction,
  packMembers,
  QuarantinesRepository,
  ReceiptsRepository,
  ReputationRepository,
  ReputationScoresRepository,
  TasksRepository,
  type NewAuction,
} from '@odf/persistence';
import {
  Bid,
  BidsFrozen,
  sha256,
  zeroHex,
  type Hex,
  type SignedBid,
  type SignedReceipt,
  type TrustPolicy,
} from '@odf/protocol';
import { bidsRoot } from '@odf/market';
import { MemoryJournal, MemorySettlement } from '@odf/settlement';
import { ManualClock } from '@odf/telemetry';
import { FAR_SECONDS, testCoprocessor, testPolicy, testValidator, type TestDatabase } from '@odf/testing';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { AuctionClearer } from '../src/auctions/auction-clearer.js';
import { AuctionFreezer } from '../src/auctions/auction-freezer.js';
import { AuctionOpener } from '../src/auctions/auction-opener.js';
import { parametersOf, storeParameters } from '../src/auctions/auction-parameters.js';
import { AuctionViews } from '../src/auctions/auction-views.js';
import { storeClasses } from '../src/auctions/stored-classes.js';
import { AwardsService } from '../src/awards/awards.service.js';
import { BidIntake, type CheckedBid } from '../src/bids/bid-intake.js';
import { CommitmentIntake } from '../src/commitments/commitment-intake.js';
import { AvsRegistry } from '../src/core/avs-registry.js';
import { receiptOf } from '../src/core/bid-receipt.js';
import { RelaySigner } from '../src/core/relay-signer.js';
import { EnrollmentChecks } from '../src/enrollments/enrollment-checks.js';
import { EnrollmentsService } from '../src/enrollments/enrollments.service.js';
import { OperatorSignaturesService } from '../src/enrollments/operator-signatures.service.js';
import { EventsService } from '../src/events/events.service.js';
import { FeesService } from '../src/fees/fees.service.js';
import { ReceiptsService } from '../src/receipts/receipts.service.js';
import { RelayMetrics } from '../src/relay.metrics.js';
import { StandingsService } from '../src/reputation/standings.service.js';
import { QuarantinesService } from '../src/reputation/quarantines.service.js';
import { ReputationFold } from '../src/reputation/reputation-fold.js';
import { CreditService } from '../src/reputation/credit.service.js';
import { ReputationScoresService } from '../src/reputation/reputation-scores.service.js';

const HUB: Hex = `0x${'5f'.repeat(20)}`;
const network = { chainId: 31337n, settlement: HUB };

/** What a live store of tests does when a subscriber throws. */
export function failOnError(cause: unknown): never {
  throw new Error('a subscriber failed', { cause });
}

/** An AVS of tests, served by every {@link Instance}; its `number` makes it another one. */
export function testAvs(number: number, members: object = {}): AvsConfig {
  const [config] = parseAvsConfig(
    JSON.stringify([
      {
        name: `avs-${number}`,
        plugin: 'kzg-da',
        chain_id: 31337,
        avs: `0x${number.toString(16).padStart(40, '0')}`,
        reward_per_task_wei: '1000000',
        cap_bps: 10_000,
        pricing: 'first',
        source: { kind: 'http', token: 'a token of sixteen characters or more' },
        ...members,
      },
    ]),
  );
  return config!;
}

/** What several instances of a relay share besides their database: the settlement, the time, the key. */
export interface World {
  clock: ManualClock;
  settlement: MemorySettlement;
  signer: RelaySigner;
  verifier: SignatureVerifier;
  avs: readonly AvsConfig[];
}

/** A world with these AVSs; close its verifier. */
export async function testWorld(avs: readonly AvsConfig[]): Promise<World> {
  const clock = new ManualClock();
  const settlement = await MemorySettlement.open({ ...network, address: HUB, clock, journal: new MemoryJournal() });
  const signer = new RelaySigner(BlsKey.fromHex(`0x${'11'.repeat(32)}`), network);
  return { clock, settlement, signer, verifier: new SignatureVerifier(), avs };
}

/** The market's parts of one instance of a relay, on a pool of its own. */
export class Instance {
  readonly auctions: AuctionsRepository;
  readonly awardRows: AwardsRepository;
  readonly bids: BidsRepository;
  readonly commitmentRows: CommitmentsRepository;
  readonly intake: BidIntake;
  readonly commitments: CommitmentIntake;
  readonly opener: AuctionOpener;
  readonly freezer: AuctionFreezer;
  readonly clearer: AuctionClearer;

  /** Opens an instance on a database. */
  static async on(database: TestDatabase, world: World): Promise<Instance> {
    return new Instance(await database.connect(), world);
  }

  private constructor(
    readonly dataSource: DataSource,
    readonly world: World,
  ) {
    const { clock, settlement, signer, verifier, avs } = world;
    const metrics = new RelayMetrics();
    const registry = new AvsRegistry(avs);
    const liveStore = new MemoryLiveStore(clock, failOnError);
    const receipts = new ReceiptsService(new ReceiptsRepository(dataSource), signer);
    this.auctions = new AuctionsRepository(dataSource);
    this.bids = new BidsRepository(dataSource);
    this.commitmentRows = new CommitmentsRepository(dataSource);
    this.awardRows = new AwardsRepository(dataSource);
    const events = new EventsService(new EventsRepository(dataSource), liveStore, dataSource, clock);
    const checks = new EnrollmentChecks(registry, signer, verifier, new OperatorSignaturesService(settlement));
    const enrollmentRows = new EnrollmentsRepository(dataSource);
    const enrollments = new EnrollmentsService(enrollmentRows, checks, registry, settlement, clock);
    const views = new AuctionViews(registry, this.auctions, new TasksRepository(dataSource), enrollments, clock);
    this.intake = new BidIntake(dataSource, this.auctions, this.bids, receipts, metrics, clock);
    this.commitments = new CommitmentIntake(
      dataSource,
      this.commitmentRows,
      verifier,
      signer,
      receipts,
      new FeesService(new FeesRepository(dataSource), settlement),
      metrics,
      clock,
    );
    this.opener = new AuctionOpener(
      dataSource,
      registry,
      this.auctions,
      this.bids,
      receipts,
      views,
      events,
      liveStore,
      metrics,
      clock,
    );
    this.freezer = new AuctionFreezer(
      dataSource,
      registry,
      this.auctions,
      this.bids,
      enrollments,
      this.opener,
      signer,
      views,
      events,
      liveStore,
      metrics,
      clock,
    );
    const reputation = new ReputationRepository(dataSource);
    const scores = new ReputationScoresRepository(dataSource);
    const awards = new AwardsService(this.auctions, this.awardRows);
    this.clearer = new AuctionClearer(
      dataSource,
      registry,
      settlement,
      this.auctions,
      this.bids,
      this.awardRows,
      awards,
      new ReputationScoresService(
        scores,
        new ReputationFold(dataSource, reputation, scores, awards, clock, pino({ level: 'silent' })),
        clock,
      ),
      new StandingsService(reputation, new QuarantinesService(new QuarantinesRepository(dataSource), clock), clock),
      new CreditService(new CreditRepository(dataSource), clock),
      signer,
      views,
      events,
      metrics,
      clock,
    );
  }

  /** Opens auction `number` of an AVS, which takes bids for `biddingMs`. */
  async open(avs: AvsConfig, number: number, biddingMs = 1_000): Promise<Hex> {
    const plan = this.#planOf(avs, number, biddingMs);
    await this.opener.open(plan, await this.auctions.latest(avs.avs_id, null));
    return plan.auctionId;
  }

  /** Places a bid of a coprocessor's number. */
  place(bidder: number, members: Partial<Bid> & { avs_id: Hex }): Promise<SignedReceipt> {
    return this.intake.place(bidBy(bidder, members));
  }

  /** Stores a frozen auction with `units` validators of one policy, and the bids by their coprocessors' numbers. */
  async frozen(
    avs: AvsConfig,
    number: number,
    { units, policy = testPolicy(), bids }: { units: number; policy?: TrustPolicy; bids: CheckedBid[] },
  ): Promise<Hex> {
    const { clock, signer } = this.world;
    const { auctionId, ...times } = this.#planOf(avs, number, 1_000);
    const atMs = clock.nowMs();
    const members = Array.from({ length: units }, (_, index) => {
      const { root, account } = testValidator(index);
      return { validator_root: root, operator: account, policy };
    }).sort((a, b) => (a.validator_root < b.validator_root ? -1 : 1));
    const demand = classesOf(members, { rewardRefWei: avs.reward_per_task_wei });
    const parameters = storeParameters(parametersOf(avs, 0, []));
    await inTransaction(this.dataSource, (runner) => this.auctions.insert(runner, { ...times, auctionId, parameters }));
    const receipts = [];
    for (const bid of bids) {
      const { receipt } = await this.intake.place(auctionBid(auctionId, bid));
      receipts.push(receiptOf(auctionId, receipt.subject_root, bid.bid.message.coprocessor, Number(receipt.seq), atMs));
    }
    const message: BidsFrozen = { auction_id: auctionId, bids_root: bidsRoot(receipts), count: receipts.length };
    await inTransaction(this.dataSource, (runner) =>
      this.auctions.freeze(runner, {
        auctionId,
        frozenAtMs: atMs,
        bidsRoot: message.bids_root,
        signature: signer.sign(BidsFrozen, message).signature,
        classes: storeClasses(demand.classes),
        members: packMembers(demand.members),
        memberCount: units,
      }),
    );
    return auctionId;
  }

  #planOf(avs: AvsConfig, number: number, biddingMs: number): Omit<NewAuction, 'parameters'> {
    const nowMs = this.world.clock.nowMs();
    return {
      auctionId: sha256(Buffer.from(`${avs.avs_id}${number}`)),
      avsId: avs.avs_id,
      mode: 'term',
      taskId: null,
      round: 0,
      opensAtMs: nowMs,
      closesAtMs: nowMs + biddingMs,
      termStartMs: nowMs + biddingMs,
      termEndMs: nowMs + biddingMs + avs.windows_ms.term,
    };
  }
}

/** A bid as the intake gets it, its signature believed: a standing one of one unit, with the members given. */
export function bidBy(bidder: number, members: Partial<Bid> & { avs_id: Hex }): CheckedBid {
  const message: Bid = {
    auction_id: zeroHex(32),
    coprocessor: testCoprocessor(bidder).pubkey,
    line_id: zeroHex(32),
    cover_wei_per_unit: 0n,
    assurance: 0,
    standby: 0,
    steps: [{ fee_share_bps: 1_000, units: 1 }],
    valid_until: FAR_SECONDS,
    nonce: 1n,
    ...members,
  };
  return checked({ message, signature: `0x${'b1'.repeat(96)}` });
}

function auctionBid(auctionId: Hex, { bid }: CheckedBid): CheckedBid {
  return checked({ ...bid, message: { ...bid.message, auction_id: auctionId } });
}

function checked(bid: SignedBid): CheckedBid {
  return { bid, root: Bid.root(bid.message) };
}
