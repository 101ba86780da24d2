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
  type QueryOf,
  type ReputationScore,
  type routes,
} from '@odf/protocol';
import { FeeProofsService } from '../fees/fee-proofs.service.js';
import { ReputationScoresService } from '../reputation/reputation-scores.service.js';
import { concentrationOf, dayOfIso, pageOf, scoreJson } from './data.rules.js';

type ScoresQuery = QueryOf<typeof routes.dataReputationScores>;

/** The public history; every list throws CURSOR_INVALID and names filters that it does not have. */
@Injectable()
export class DataService {
  constructor(
    private readonly history: HistoryRepository,
    private readonly proofs: FeeProofsService,
    private readonly scores: ReputationScoresService,
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

  async reputationScores({ day, owner, limit, cursor }: ScoresQuery): Promise<ReputationScore[]> {
    const at = day === undefined ? await this.scores.lastDay() : dayOfIso(day);
    if (at === null) return [];
    const scores = await this.scores.page({ day: at, after: cursor, owner, limit });
    return scores.map(scoreJson);
  }

  async concentration(query: HistoryQuery): Promise<DataConcentration[]> {
    const auctions = await this.history.concentration(pageOf('concentration', query));
    return auctions.map(({ units, ...auction }) => ({ ...auction, ...concentrationOf(units) }));
  }
}
