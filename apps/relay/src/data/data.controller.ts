import { Controller } from '@nestjs/common';
import {
  routes,
  type AuctionScreen,
  type BidProof,
  type CoprocessorFee,
  type DataAuction,
  type DataAward,
  type DataClaim,
  type DataConcentration,
  type DataDelivery,
  type DataMember,
  type DataOutcome,
  type DataReputation,
  type ReputationScore,
  type TranscriptAnswer,
  type WindowScreen,
} from '@odf/protocol';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { AuctionProofsService } from './auction-proofs.service.js';
import { DataService } from './data.service.js';
import { ScreensService } from './screens.service.js';

@Controller()
export class DataController {
  constructor(
    private readonly data: DataService,
    private readonly proofs: AuctionProofsService,
    private readonly screens: ScreensService,
  ) {}

  @Endpoint(routes.dataAuctions)
  auctions(@Input() { query }: InputOf<typeof routes.dataAuctions>): Promise<DataAuction[]> {
    return this.data.auctions(query);
  }

  @Endpoint(routes.dataAwards)
  awards(@Input() { query }: InputOf<typeof routes.dataAwards>): Promise<DataAward[]> {
    return this.data.awards(query);
  }

  @Endpoint(routes.dataDeliveries)
  deliveries(@Input() { query }: InputOf<typeof routes.dataDeliveries>): Promise<DataDelivery[]> {
    return this.data.deliveries(query);
  }

  @Endpoint(routes.dataOutcomes)
  outcomes(@Input() { query }: InputOf<typeof routes.dataOutcomes>): Promise<DataOutcome[]> {
    return this.data.outcomes(query);
  }

  @Endpoint(routes.dataFees)
  fees(@Input() { query }: InputOf<typeof routes.dataFees>): Promise<CoprocessorFee[]> {
    return this.data.fees(query);
  }

  @Endpoint(routes.dataClaims)
  claims(@Input() { query }: InputOf<typeof routes.dataClaims>): Promise<DataClaim[]> {
    return this.data.claims(query);
  }

  @Endpoint(routes.dataReputation)
  reputation(@Input() { query }: InputOf<typeof routes.dataReputation>): Promise<DataReputation[]> {
    return this.data.reputation(query);
  }

  @Endpoint(routes.dataReputationScores)
  reputationScores(@Input() { query }: InputOf<typeof routes.dataReputationScores>): Promise<ReputationScore[]> {
    return this.data.reputationScores(query);
  }

  @Endpoint(routes.dataScreens)
  auctionScreens(@Input() { query }: InputOf<typeof routes.dataScreens>): Promise<AuctionScreen[]> {
    return this.screens.page(query);
  }

  @Endpoint(routes.dataScreenWindow)
  windowScreen(@Input() { params, query }: InputOf<typeof routes.dataScreenWindow>): Promise<WindowScreen> {
    return this.screens.window(params.avs_id, query.auctions);
  }

  @Endpoint(routes.dataConcentration)
  concentration(@Input() { query }: InputOf<typeof routes.dataConcentration>): Promise<DataConcentration[]> {
    return this.data.concentration(query);
  }

  @Endpoint(routes.getTranscript)
  transcript(@Input() { params }: InputOf<typeof routes.getTranscript>): Promise<TranscriptAnswer> {
    return this.proofs.transcript(params.auction_id);
  }

  @Endpoint(routes.getMembers)
  members(@Input() { params, query }: InputOf<typeof routes.getMembers>): Promise<DataMember[]> {
    return this.proofs.members(params.auction_id, query);
  }

  @Endpoint(routes.getBidProof)
  bidProof(@Input() { params }: InputOf<typeof routes.getBidProof>): Promise<BidProof> {
    return this.proofs.bidProof(params.auction_id, params.bid_root);
  }
}
