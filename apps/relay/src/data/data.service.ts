import { Injectable } from '@nestjs/common';
import { HistoryRepository } from '@odf/persistence';
import {
  type CoprocessorFee,
  type DataAuction,
  type DataAward,
  type DataClaim,
  type DataConcentration,
  type DataDelivery,
  type DataOutcome,
  type DataReputation,
  type HistoryQuery,
} from '@odf/protocol';
import { FeeProofsService } from '../fees/fee-proofs.service.js';
import { concentrationOf, pageOf } from './data.rules.js';

/** The public history; every list throws CURSOR_INVALID and names filters that it does not have. */
@Injectable()
export class DataService {
  constructor(
    private readonly history: HistoryRepository,
    private readonly proofs: FeeProofsService,
  ) {}

  auctions(query: HistoryQuery): Promise<DataAuction[]> {
    return this.history.auctions(pageOf('auctions', query));
  }

  awards(query: HistoryQuery): Promise<DataAward[]> {
    return this.history.awards(pageOf('awards', query));
  }

  deliveries(query: HistoryQuery): Promise<DataDelivery[]> {
    return this.history.deliveries(pageOf('deliveries', query));
  }

  outcomes(query: HistoryQuery): Promise<DataOutcome[]> {
    return this.history.outcomes(pageOf('outcomes', query));
  }

  async fees(query: HistoryQuery): Promise<CoprocessorFee[]> {
    return this.proofs.prove(await this.history.fees(pageOf('fees', query)));
  }

  claims(query: HistoryQuery): Promise<DataClaim[]> {
    return this.history.claims(pageOf('claims', query));
  }

  reputation(query: HistoryQuery): Promise<DataReputation[]> {
    return this.history.reputation(pageOf('reputation', query));
  }

  async concentration(query: HistoryQuery): Promise<DataConcentration[]> {
    const auctions = await this.history.concentration(pageOf('concentration', query));
    return auctions.map(({ units, ...auction }) => ({ ...auction, ...concentrationOf(units) }));
  }
}
