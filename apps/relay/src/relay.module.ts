import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { VerificationThread } from '@odf/avs';
import { SignatureVerifier } from '@odf/bls';
import { LiveStore } from '@odf/live-store';
import {
  AuctionsRepository,
  AvsCursorsRepository,
  AwardsRepository,
  BidsRepository,
  CommitmentsRepository,
  DelegationsRepository,
  DeliveriesRepository,
  EnrollmentsRepository,
  EventsRepository,
  FeeProofsRepository,
  FeesRepository,
  HistoryRepository,
  IdentityRepository,
  ObservedResponsesRepository,
  OutcomesRepository,
  PostgresClock,
  QuarantinesRepository,
  ReceiptsRepository,
  RegistrationsRepository,
  ReputationRepository,
  ReputationScoresRepository,
  CreditRepository,
  TasksRepository,
  VouchersRepository,
  ClaimsRepository,
  ClaimTransactionsRepository,
  JobsRepository,
  SlashesRepository,
  SwitchesRepository,
} from '@odf/persistence';
import { Settlement } from '@odf/settlement';
import { randomBytes } from 'node:crypto';
import { AdminController } from './admin/admin.controller.js';
import { DevCoprocessorsService } from './admin/dev-coprocessors.service.js';
import { AuctionClearer } from './auctions/auction-clearer.js';
import { AuctionFreezer } from './auctions/auction-freezer.js';
import { AuctionOpener } from './auctions/auction-opener.js';
import { AuctionViews } from './auctions/auction-views.js';
import { AuctionsController } from './auctions/auctions.controller.js';
import { AuctionsScheduler } from './auctions/auctions.scheduler.js';
import { AuctionsService } from './auctions/auctions.service.js';
import { AvsController } from './avs/avs.controller.js';
import { RelayInfoController } from './avs/relay-info.controller.js';
import { AwardViews } from './awards/award-views.js';
import { AwardsController } from './awards/awards.controller.js';
import { AwardsService } from './awards/awards.service.js';
import { BidIntake } from './bids/bid-intake.js';
import { BidsController } from './bids/bids.controller.js';
import { BidsService } from './bids/bids.service.js';
import { BuilderCompatController } from './builder-compat/builder-compat.controller.js';
import { RegistrationsService } from './builder-compat/registrations.service.js';
import { AnchorStep } from './claims/anchor-step.js';
import { ClaimEvidenceBuilder } from './claims/claim-evidence.js';
import { ClaimFollower } from './claims/claim-follower.js';
import { ClaimIntake } from './claims/claim-intake.js';
import { ClaimOutbox } from './claims/claim-outbox.js';
import { ClaimRecord } from './claims/claim-record.js';
import { ClaimViews } from './claims/claim-views.js';
import { ClaimsController } from './claims/claims.controller.js';
import { ClaimsKeeper } from './claims/claims.keeper.js';
import { ClaimsService } from './claims/claims.service.js';
import { FileStep } from './claims/file-step.js';
import { FinaliseStep } from './claims/finalise-step.js';
import { SlashRelease } from './claims/slash-release.js';
import { SlashesService } from './claims/slashes.service.js';
import { CommitmentIntake } from './commitments/commitment-intake.js';
import { CommitmentsController } from './commitments/commitments.controller.js';
import { CommitmentsService } from './commitments/commitments.service.js';
import { HeaderWaiters } from './commitments/header-waiters.js';
import { HeadersService } from './commitments/headers.service.js';
import { ServingAwards } from './commitments/serving-awards.js';
import { AvsRegistry } from './core/avs-registry.js';
import { EscrowVault } from './core/escrow-vault.js';
import { ChainTime } from './core/chain-time.js';
import { Escrow } from './core/escrow.js';
import { RelaySigner } from './core/relay-signer.js';
import { AuctionProofsService } from './data/auction-proofs.service.js';
import { BidTrees } from './data/bid-trees.js';
import { CoprocessorsController } from './coprocessors/coprocessors.controller.js';
import { CoprocessorsService } from './coprocessors/coprocessors.service.js';
import { DataController } from './data/data.controller.js';
import { DataService } from './data/data.service.js';
import { ScreensService } from './data/screens.service.js';
import { DelegationsController } from './delegations/delegations.controller.js';
import { DelegationsService } from './delegations/delegations.service.js';
import { CiphertextServer } from './deliveries/ciphertext-server.js';
import { DeliveriesController } from './deliveries/deliveries.controller.js';
import { DeliveriesService } from './deliveries/deliveries.service.js';
import { SwitchesService } from './deliveries/switches.service.js';
import { DeliveryVerifier } from './deliveries/delivery-verifier.js';
import { EnrollmentChecks } from './enrollments/enrollment-checks.js';
import { EnrollmentsController } from './enrollments/enrollments.controller.js';
import { EnrollmentsService } from './enrollments/enrollments.service.js';
import { OperatorSignaturesService } from './enrollments/operator-signatures.service.js';
import { EventStreams } from './events/event-streams.js';
import { EventsController } from './events/events.controller.js';
import { EventsService } from './events/events.service.js';
import { FeesController } from './fees/fees.controller.js';
import { FeeProofsService } from './fees/fee-proofs.service.js';
import { FeesService } from './fees/fees.service.js';
import { FeeViews } from './fees/fee-views.js';
import { HealthController } from './health/health.controller.js';
import { Lifecycle, type Background } from './health/lifecycle.js';
import { AccessGuard } from './http/access.guard.js';
import { AnswerInterceptor } from './http/answer.interceptor.js';
import { ErrorFilter } from './http/error.filter.js';
import { AttestedResponses } from './outcomes/attested-response.js';
import { ObservedOutcomesService } from './outcomes/observed-outcomes.service.js';
import { OutcomeChecks } from './outcomes/outcome-checks.js';
import { OutcomeEffects } from './outcomes/outcome-effects.js';
import { OutcomesController } from './outcomes/outcomes.controller.js';
import { OutcomesScheduler } from './outcomes/outcomes.scheduler.js';
import { OutcomesService } from './outcomes/outcomes.service.js';
import { ReceiptsService } from './receipts/receipts.service.js';
import { type RelayInfrastructure } from './relay.infrastructure.js';
import { RelayMetrics } from './relay.metrics.js';
import { BACKGROUND, CLOCK, LOGGER, RANDOM_BYTES, RELAY_CHAIN, RELAY_CONFIG, RELAY_FILER } from './relay.tokens.js';
import { QuarantinesService } from './reputation/quarantines.service.js';
import { ReputationService } from './reputation/reputation.service.js';
import { CreditService } from './reputation/credit.service.js';
import { ReputationScoresService } from './reputation/reputation-scores.service.js';
import { ReputationFold } from './reputation/reputation-fold.js';
import { StandingsService } from './reputation/standings.service.js';
import { ChainTasksService } from './tasks/chain-tasks.service.js';
import { TasksController } from './tasks/tasks.controller.js';
import { TasksService } from './tasks/tasks.service.js';
import { VouchersController } from './vouchers/vouchers.controller.js';
import { VouchersService } from './vouchers/vouchers.service.js';

const repositories = [
  AuctionsRepository,
  AvsCursorsRepository,
  AwardsRepository,
  BidsRepository,
  ClaimsRepository,
  ClaimTransactionsRepository,
  CommitmentsRepository,
  DelegationsRepository,
  DeliveriesRepository,
  EnrollmentsRepository,
  EventsRepository,
  FeeProofsRepository,
  FeesRepository,
  HistoryRepository,
  IdentityRepository,
  JobsRepository,
  ObservedResponsesRepository,
  OutcomesRepository,
  QuarantinesRepository,
  ReceiptsRepository,
  RegistrationsRepository,
  ReputationRepository,
  ReputationScoresRepository,
  CreditRepository,
  SlashesRepository,
  SwitchesRepository,
  TasksRepository,
  VouchersRepository,
];

const services = [
  AnchorStep,
  AuctionClearer,
  AuctionFreezer,
  AuctionOpener,
  AuctionProofsService,
  AuctionsScheduler,
  AuctionsService,
  AuctionViews,
  AttestedResponses,
  AwardsService,
  AwardViews,
  BidIntake,
  BidsService,
  BidTrees,
  ChainTasksService,
  ChainTime,
  CiphertextServer,
  ClaimEvidenceBuilder,
  ClaimFollower,
  ClaimIntake,
  ClaimOutbox,
  ClaimRecord,
  ClaimsKeeper,
  ClaimsService,
  ClaimViews,
  CommitmentIntake,
  CommitmentsService,
  CoprocessorsService,
  DataService,
  ScreensService,
  DelegationsService,
  DeliveriesService,
  SwitchesService,
  ServingAwards,
  DeliveryVerifier,
  DevCoprocessorsService,
  EnrollmentChecks,
  EnrollmentsService,
  Escrow,
  EventsService,
  EventStreams,
  FeesService,
  FeeProofsService,
  FeeViews,
  FileStep,
  FinaliseStep,
  HeadersService,
  HeaderWaiters,
  Lifecycle,
  ObservedOutcomesService,
  OperatorSignaturesService,
  OutcomeChecks,
  OutcomeEffects,
  OutcomesScheduler,
  OutcomesService,
  QuarantinesService,
  ReceiptsService,
  RegistrationsService,
  ReputationService,
  ReputationFold,
  CreditService,
  ReputationScoresService,
  StandingsService,
  SlashesService,
  SlashRelease,
  TasksService,
  VouchersService,
];

/** The relay: its rooms on an opened infrastructure. */
@Module({
  controllers: [
    AdminController,
    AuctionsController,
    AvsController,
    AwardsController,
    BidsController,
    BuilderCompatController,
    ClaimsController,
    CommitmentsController,
    CoprocessorsController,
    DataController,
    DelegationsController,
    DeliveriesController,
    EnrollmentsController,
    EventsController,
    FeesController,
    HealthController,
    OutcomesController,
    RelayInfoController,
    TasksController,
    VouchersController,
  ],
  providers: [
    ...repositories,
    ...services,
    AccessGuard,
    AnswerInterceptor,
    { provide: APP_FILTER, useClass: ErrorFilter },
    { provide: RANDOM_BYTES, useValue: randomBytes },
    { provide: VerificationThread, useFactory: () => new VerificationThread() },
  ],
})
export class RelayModule {
  constructor(
    lifecycle: Lifecycle,
    scheduler: AuctionsScheduler,
    verifier: DeliveryVerifier,
    streams: EventStreams,
    waiters: HeaderWaiters,
    chainTasks: ChainTasksService,
    outcomes: OutcomesScheduler,
    claims: ClaimsKeeper,
    fold: ReputationFold,
    @Inject(BACKGROUND) background: readonly Background[],
  ) {
    lifecycle.register({ stop: () => waiters.close() });
    lifecycle.register({ stop: () => streams.end() });
    lifecycle.register(scheduler);
    lifecycle.register(verifier);
    lifecycle.register(chainTasks);
    lifecycle.register(outcomes);
    lifecycle.register(claims);
    lifecycle.register(fold);
    for (const each of background) lifecycle.register(each);
  }

  /** The module on this infrastructure; whoever opened it closes it. */
  static on(infrastructure: RelayInfrastructure): DynamicModule {
    const { config, logger, metrics, signer, vault, registry, database, clock } = infrastructure;
    const { liveStore, settlement, chain, filer, background, verifier } = infrastructure;
    return {
      module: RelayModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ type: 'postgres', manualInitialization: true }),
          dataSourceFactory: () => Promise.resolve(database),
        }),
      ],
      providers: [
        { provide: RELAY_CONFIG, useValue: config },
        { provide: LOGGER, useValue: logger },
        { provide: CLOCK, useValue: clock },
        { provide: PostgresClock, useValue: clock },
        { provide: RelayMetrics, useValue: metrics },
        { provide: RelaySigner, useValue: signer },
        { provide: EscrowVault, useValue: vault },
        { provide: AvsRegistry, useValue: registry },
        { provide: LiveStore, useValue: liveStore },
        { provide: Settlement, useValue: settlement },
        { provide: RELAY_CHAIN, useValue: chain },
        { provide: RELAY_FILER, useValue: filer },
        { provide: BACKGROUND, useValue: background },
        { provide: SignatureVerifier, useValue: verifier },
      ],
    };
  }
}
