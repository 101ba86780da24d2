import { z } from 'zod';
import { bytes20, bytes32 } from '../codec.js';
import { defineRoute } from './route.js';
import { byAuction, queryInt, TOPICS, topics, data } from './route-parts.js';
import * as settlement from './settlement-shapes.js';
import * as shapes from './shapes.js';

/** Public history, transcripts, ciphertexts and events. */
export const dataRoutes = {
  getPayload: defineRoute({
    name: 'getPayload',
    method: 'GET',
    path: '/relay/v1/data/payloads/{ciphertext_root}',
    summary: 'A ciphertext: immutable bytes, cacheable, with ranges.',
    tag: 'data',
    params: z.strictObject({ ciphertext_root: bytes32.json }),
    answer: { kind: 'bytes', statuses: [200, 206] },
    errors: ['PAYLOAD_UNKNOWN', 'RANGE_NOT_SATISFIABLE', 'NOT_ACCEPTABLE'],
  }),
  dataAuctions: data('Auctions', 'Auctions.', shapes.DataAuction),
  dataAwards: data('Awards', 'Signed awards.', shapes.DataAward),
  dataDeliveries: data('Deliveries', 'Deliveries, by their attestation roots.', shapes.DataDelivery),
  dataOutcomes: data('Outcomes', 'Reported and observed outcomes.', shapes.DataOutcome),
  dataFees: data('Fees', 'Fees of commitments, with the proof of each that is due.', settlement.CoprocessorFee),
  dataClaims: data('Claims', 'Fraud claims.', settlement.DataClaim),
  dataReputation: data('Reputation', 'Events that reputations are computed from.', shapes.DataReputation),
  dataReputationScores: defineRoute({
    name: 'dataReputationScores',
    method: 'GET',
    path: '/relay/v1/data/reputation/scores',
    summary: 'Scores of owners at the end of a UTC day, the newest that is folded unless told; by rising owner.',
    tag: 'data',
    query: z.strictObject({
      day: shapes.isoDay.optional(),
      owner: bytes20.json.optional(),
      limit: queryInt(1, 500).default(100),
      cursor: bytes20.json.optional(),
    }),
    answer: { kind: 'list', schema: z.array(shapes.ReputationScore), statuses: [200] },
  }),
  dataConcentration: data('Concentration', 'Concentration of cleared auctions.', shapes.DataConcentration),
  getTranscript: defineRoute({
    name: 'getTranscript',
    method: 'GET',
    path: '/relay/v1/data/auctions/{auction_id}/transcript',
    summary: "The transcript of a cleared auction with the relay's signatures over it.",
    tag: 'data',
    params: byAuction,
    answer: { kind: 'object', schema: shapes.TranscriptAnswer, statuses: [200] },
    errors: ['AUCTION_UNKNOWN', 'AUCTION_NOT_CLEARED'],
  }),
  getMembers: defineRoute({
    name: 'getMembers',
    method: 'GET',
    path: '/relay/v1/data/auctions/{auction_id}/members',
    summary: "The validators of a cleared auction's classes.",
    tag: 'data',
    params: byAuction,
    query: z.strictObject({ limit: queryInt(1, 500).default(500), cursor: shapes.idText.optional() }),
    answer: { kind: 'list', schema: z.array(shapes.DataMember), statuses: [200] },
    errors: ['AUCTION_UNKNOWN', 'AUCTION_NOT_CLEARED', 'CURSOR_INVALID'],
  }),
  getBidProof: defineRoute({
    name: 'getBidProof',
    method: 'GET',
    path: '/relay/v1/data/auctions/{auction_id}/proof/{bid_root}',
    summary: 'Proof that a bid is among the frozen ones.',
    tag: 'data',
    params: z.strictObject({ auction_id: bytes32.json, bid_root: bytes32.json }),
    answer: { kind: 'object', schema: shapes.BidProof, statuses: [200] },
    errors: ['AUCTION_UNKNOWN', 'AUCTION_NOT_CLEARED', 'PROOF_UNKNOWN'],
  }),
  events: defineRoute({
    name: 'events',
    method: 'GET',
    path: '/relay/v1/events',
    summary: 'Server-sent events; Last-Event-ID resumes.',
    tag: 'data',
    query: z.strictObject({ topics: topics.default([...TOPICS]) }),
    answer: { kind: 'events', statuses: [200] },
    errors: ['RATE_LIMITED', 'NOT_ACCEPTABLE'],
  }),
};
