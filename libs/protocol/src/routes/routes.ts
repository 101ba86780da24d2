import { z } from 'zod';
import { byteList, bytes20, bytes32, bytes48, bytes96, hexBytes, uint256, uint64, type Container } from '../codec.js';
import {
  DelegationItem,
  Delivery,
  EnrollmentItem,
  MAX_RESULT_BYTES,
  MAX_WITNESS_BYTES,
  SignedBid,
  SignedClaimRequest,
  SignedCommitment,
  SignedHeader,
  SignedOutcome,
  SignedValidatorRegistrationV1,
  Voucher,
} from '../containers.js';
import { DEFAULT_BODY_LIMIT, defineRoute, type Body } from './route.js';
import * as shapes from './shapes.js';

const MIB = 1 << 20;
/** Most items of a batch of enrollments, delegations, outcomes or vouchers. */
export const MAX_BATCH = 1000;
/** Most bids of one request. */
export const MAX_BIDS = 256;
/** Most registrations of one request: what fits the body limit as SSZ. */
export const MAX_REGISTRATIONS = 65_536;
/** Bytes of one `SignedValidatorRegistrationV1`. */
export const REGISTRATION_BYTES = 180;

function message<V>(codec: Container<V>, limit = DEFAULT_BODY_LIMIT): Body<V> {
  return { json: codec.json, ssz: (bytes) => codec.deserialize(bytes), limit };
}

/** A batch: an array whose items are parsed and judged one by one. */
function batch<V>(codec: Container<V>, max: number, limit = DEFAULT_BODY_LIMIT): Body<unknown[]> {
  return {
    json: z.array(z.unknown()).max(max),
    limit,
    batch: { item: codec.json as z.ZodType<unknown, unknown>, max, one: false },
  };
}

function readRegistrations(bytes: Uint8Array): unknown[] {
  if (bytes.length % REGISTRATION_BYTES !== 0) {
    throw new RangeError(`expected whole records of ${REGISTRATION_BYTES} bytes`);
  }
  const records: unknown[] = [];
  for (let at = 0; at < bytes.length; at += REGISTRATION_BYTES) {
    records.push(SignedValidatorRegistrationV1.deserialize(bytes.subarray(at, at + REGISTRATION_BYTES)));
  }
  return records;
}

const byAvs = z.strictObject({ avs_id: bytes32.json });
const byTask = z.strictObject({ task_id: bytes32.json });
const byCoprocessor = z.strictObject({ pubkey: bytes48.json });
const byAuction = z.strictObject({ auction_id: bytes32.json });
const byAuctionAndKey = z.strictObject({ auction_id: bytes32.json, pubkey: bytes48.json });
const byTaskAndKey = z.strictObject({ task_id: bytes32.json, pubkey: bytes48.json });

/** Reads a query number of `least` to `most`, written as a decimal. */
const queryInt = (least: number, most: number) =>
  z
    .string()
    .regex(/^(?:0|[1-9][0-9]{0,8})$/, 'expected a decimal number')
    .transform(Number)
    .pipe(z.number().min(least).max(most));

const page = { limit: queryInt(1, 500).default(100), cursor: shapes.idText.optional() };
const history = z.strictObject({
  ...page,
  order_by: z.enum(['id', '-id']).default('-id'),
  avs_id: bytes32.json.optional(),
  auction_id: bytes32.json.optional(),
  task_id: bytes32.json.optional(),
  coprocessor: bytes48.json.optional(),
  validator: bytes48.json.optional(),
});
export type HistoryQuery = z.output<typeof history>;

const TOPICS = [
  'auction_opened',
  'auction_frozen',
  'auction_cleared',
  'task_announced',
  'header_available',
  'outcome',
  'claim',
] as const;
/** A topic of the event stream. */
export type Topic = (typeof TOPICS)[number];
const topics = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(TOPICS)).min(1).max(TOPICS.length));

const data = <A>(name: string, summary: string, item: z.ZodType<A, unknown>) =>
  defineRoute({
    name: `data${name}`,
    method: 'GET',
    path: `/relay/v1/data/${name.toLowerCase()}`,
    summary,
    tag: 'data',
    query: history,
    answer: { kind: 'list', schema: z.array(item), statuses: [200] },
    errors: ['CURSOR_INVALID'],
  });

/** Every route of `odf/1`. */
export const routes = {
  builderStatus: defineRoute({
    name: 'builderStatus',
    method: 'GET',
    path: '/eth/v1/builder/status',
    summary: 'Whether the relay is up, as mev-boost asks it.',
    tag: 'builder-compat',
    answer: { kind: 'empty', statuses: [200] },
  }),
  registerValidators: defineRoute({
    name: 'registerValidators',
    method: 'POST',
    path: '/eth/v1/builder/validators',
    summary:
      'Registers validators as builder-specs has it; unchanged registrations are skipped before their signature is checked.',
    tag: 'builder-compat',
    body: {
      json: z.array(z.unknown()).max(MAX_REGISTRATIONS),
      ssz: readRegistrations,
      limit: 16 * MIB,
      batch: {
        item: SignedValidatorRegistrationV1.json as z.ZodType<unknown, unknown>,
        max: MAX_REGISTRATIONS,
        one: false,
      },
    },
    answer: { kind: 'empty', statuses: [200] },
    errors: ['BATCH_PARTLY_REFUSED', 'SIGNATURE_INVALID', 'REGISTRATION_TIMESTAMP_INVALID', 'REGISTRATION_STALE'],
  }),
  builderHeader: defineRoute({
    name: 'builderHeader',
    method: 'GET',
    path: '/eth/v1/builder/header/{slot}/{parent_hash}/{pubkey}',
    summary: 'No block header, ever: 204 at once.',
    tag: 'builder-compat',
    params: z.strictObject({ slot: z.string(), parent_hash: z.string(), pubkey: z.string() }),
    answer: { kind: 'empty', statuses: [204] },
  }),
  blindedBlocksV1: defineRoute({
    name: 'blindedBlocksV1',
    method: 'POST',
    path: '/eth/v1/builder/blinded_blocks',
    summary: 'Refused always: a stray success can cost a proposer its slot.',
    tag: 'builder-compat',
    answer: { kind: 'empty', statuses: [] },
    errors: ['BLOCKS_UNSUPPORTED'],
  }),
  blindedBlocksV2: defineRoute({
    name: 'blindedBlocksV2',
    method: 'POST',
    path: '/eth/v2/builder/blinded_blocks',
    summary: 'Refused always.',
    tag: 'builder-compat',
    answer: { kind: 'empty', statuses: [] },
    errors: ['BLOCKS_UNSUPPORTED'],
  }),
  info: defineRoute({
    name: 'info',
    method: 'GET',
    path: '/relay/v1/info',
    summary: "The relay's key, chain and settlement: what every signing domain needs.",
    tag: 'relay',
    answer: { kind: 'object', schema: shapes.RelayInfo, statuses: [200] },
  }),
  listAvs: defineRoute({
    name: 'listAvs',
    method: 'GET',
    path: '/relay/v1/avs',
    summary: 'The AVSs that this relay serves.',
    tag: 'avs',
    answer: { kind: 'list', schema: z.array(shapes.AvsInfo), statuses: [200] },
  }),
  getAvs: defineRoute({
    name: 'getAvs',
    method: 'GET',
    path: '/relay/v1/avs/{avs_id}',
    summary: 'One AVS: plug-in, windows, limits, verification and risk facts.',
    tag: 'avs',
    params: byAvs,
    answer: { kind: 'object', schema: shapes.AvsInfo, statuses: [200] },
    errors: ['AVS_UNKNOWN'],
  }),
  createTask: defineRoute({
    name: 'createTask',
    method: 'POST',
    path: '/relay/v1/avs/{avs_id}/tasks',
    summary: 'A task of an HTTP AVS; the same native_ref again gets the same answer.',
    tag: 'avs',
    access: 'avs',
    params: byAvs,
    body: {
      json: z.strictObject({
        native_ref: hexBytes(1024, 1).json,
        input: byteList(MAX_RESULT_BYTES).json,
        deadline_ms: uint64.json,
      }),
      limit: 40 * MIB,
    },
    answer: { kind: 'object', schema: z.strictObject({ task_id: bytes32.json }), statuses: [202] },
    errors: [
      'AVS_UNKNOWN',
      'AUTH_REQUIRED',
      'AUTH_FORBIDDEN',
      'TASK_CONFLICT',
      'TASK_DEADLINE_TOO_SOON',
      'TASK_INPUT_INVALID',
      'TASK_SOURCE_NOT_HTTP',
    ],
  }),
  enrol: defineRoute({
    name: 'enrol',
    method: 'POST',
    path: '/relay/v1/validator/enrollments',
    summary: 'Enrols validators in AVSs under their trust policies, or lets them exit.',
    tag: 'validator',
    body: batch(EnrollmentItem, MAX_BATCH, 4 * MIB),
    answer: { kind: 'list', schema: z.array(shapes.EnrollmentAnswer), statuses: [200] },
    errors: [
      'BATCH_PARTLY_REFUSED',
      'SIGNATURE_INVALID',
      'AVS_UNKNOWN',
      'ENROLLMENT_OPERATOR_TAKEN',
      'ENROLLMENT_NONCE_STALE',
      'ENROLLMENT_POLICY_MISMATCH',
      'ENROLLMENT_POLICY_INVALID',
      'ENROLLMENT_EXPIRED',
      'ENROLLMENT_OPERATOR_SIGNATURE_INVALID',
    ],
  }),
  delegate: defineRoute({
    name: 'delegate',
    method: 'POST',
    path: '/relay/v1/validator/delegations',
    summary: "Names, replaces or revokes a validator's hot key.",
    tag: 'validator',
    body: batch(DelegationItem, MAX_BATCH),
    answer: { kind: 'list', schema: z.array(shapes.DelegationAnswer), statuses: [200] },
    errors: [
      'BATCH_PARTLY_REFUSED',
      'SIGNATURE_INVALID',
      'DELEGATION_NONCE_STALE',
      'DELEGATION_POSSESSION_INVALID',
      'DELEGATION_DELEGATE_TAKEN',
    ],
  }),
  validatorAuctions: defineRoute({
    name: 'validatorAuctions',
    method: 'GET',
    path: '/relay/v1/validator/auctions',
    summary: "A validator's auctions, newest first, with its award and the tasks of the term.",
    tag: 'validator',
    query: z.strictObject({ avs_id: bytes32.json.optional(), pubkey: bytes48.json, ...page }),
    answer: { kind: 'list', schema: z.array(shapes.ValidatorAuction), statuses: [200] },
    errors: ['VALIDATOR_UNKNOWN', 'AVS_UNKNOWN', 'CURSOR_INVALID'],
  }),
  validatorAwards: defineRoute({
    name: 'validatorAwards',
    method: 'GET',
    path: '/relay/v1/validator/awards/{auction_id}/{pubkey}',
    summary: "A validator's awards of an auction with their branches; 204 without any.",
    tag: 'validator',
    params: byAuctionAndKey,
    answer: { kind: 'list', schema: z.array(shapes.AwardProof), statuses: [200, 204] },
    errors: ['AUCTION_UNKNOWN', 'VALIDATOR_UNKNOWN'],
  }),
  getHeader: defineRoute({
    name: 'getHeader',
    method: 'GET',
    path: '/relay/v1/validator/header/{task_id}/{pubkey}',
    summary: 'The header to commit to; 204 while there is none, after wait_ms at most.',
    tag: 'validator',
    params: byTaskAndKey,
    query: z.strictObject({ wait_ms: queryInt(0, 10_000).default(0) }),
    answer: { kind: 'object', schema: SignedHeader.json, statuses: [200, 204], ssz: SignedHeader as Container<never> },
    errors: ['TASK_UNKNOWN', 'VALIDATOR_UNKNOWN', 'NOT_ACCEPTABLE'],
  }),
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
  commit: defineRoute({
    name: 'commit',
    method: 'POST',
    path: '/relay/v1/validator/commitments',
    summary: 'Commits a validator to the fee and buys the key; 202 while the key may not leave yet.',
    tag: 'validator',
    body: message(SignedCommitment),
    answer: {
      kind: 'object',
      schema: z.union([shapes.Reveal, shapes.CommitmentAccepted]),
      statuses: [200, 202],
    },
    errors: [
      'SIGNATURE_INVALID',
      'VALIDATOR_UNKNOWN',
      'TASK_UNKNOWN',
      'COMMITMENT_TOO_LATE',
      'COMMITMENT_CONFLICT',
      'COMMITMENT_NOT_AWARDED',
      'COMMITMENT_NO_HEADER',
      'COMMITMENT_MISMATCH',
      'COMMITMENT_BEFORE_SWITCH',
    ],
  }),
  reportOutcomes: defineRoute({
    name: 'reportOutcomes',
    method: 'POST',
    path: '/relay/v1/validator/outcomes',
    summary: 'What became of responses; advisory.',
    tag: 'validator',
    body: batch(SignedOutcome, MAX_BATCH),
    answer: {
      kind: 'list',
      schema: z.array(z.strictObject({ task_id: bytes32.json, validator: bytes48.json })),
      statuses: [200],
    },
    errors: [
      'BATCH_PARTLY_REFUSED',
      'SIGNATURE_INVALID',
      'VALIDATOR_UNKNOWN',
      'TASK_UNKNOWN',
      'OUTCOME_INVALID',
      'OUTCOME_SEQ_STALE',
    ],
  }),
  postVouchers: defineRoute({
    name: 'postVouchers',
    method: 'POST',
    path: '/relay/v1/validator/vouchers',
    summary: 'Cumulative payment vouchers of operators for coprocessor owners.',
    tag: 'validator',
    body: batch(Voucher, MAX_BATCH),
    answer: {
      kind: 'list',
      schema: z.array(z.strictObject({ operator: bytes20.json, owner: bytes20.json, cumulative_wei: uint256.json })),
      statuses: [200],
    },
    errors: ['BATCH_PARTLY_REFUSED', 'VOUCHER_INVALID', 'VOUCHER_STALE'],
  }),
  postClaim: defineRoute({
    name: 'postClaim',
    method: 'POST',
    path: '/relay/v1/validator/claims',
    summary: 'Files a fraud claim.',
    tag: 'validator',
    body: message(SignedClaimRequest),
    answer: { kind: 'object', schema: z.strictObject({ claim_id: bytes32.json }), statuses: [202] },
    errors: ['SIGNATURE_INVALID', 'VALIDATOR_UNKNOWN', 'CLAIM_UNAVAILABLE'],
  }),
  getClaim: defineRoute({
    name: 'getClaim',
    method: 'GET',
    path: '/relay/v1/validator/claims/{claim_id}',
    summary: "A claim's state, transactions and windows.",
    tag: 'validator',
    params: z.strictObject({ claim_id: bytes32.json }),
    answer: { kind: 'object', schema: z.strictObject({ claim_id: bytes32.json }), statuses: [200] },
    errors: ['CLAIM_UNKNOWN', 'CLAIM_UNAVAILABLE'],
  }),
  explain: defineRoute({
    name: 'explain',
    method: 'GET',
    path: '/relay/v1/validator/explain/{auction_id}/{pubkey}',
    summary: 'Why a validator has this award, or none.',
    tag: 'validator',
    params: byAuctionAndKey,
    answer: { kind: 'object', schema: shapes.Explanation, statuses: [200] },
    errors: ['AUCTION_UNKNOWN', 'VALIDATOR_UNKNOWN'],
  }),
  coprocessorAuctions: defineRoute({
    name: 'coprocessorAuctions',
    method: 'GET',
    path: '/relay/v1/coprocessor/auctions',
    summary: 'Auctions, newest first, with the demand by policy class.',
    tag: 'coprocessor',
    query: z.strictObject({ avs_id: bytes32.json.optional(), status: shapes.auctionState.optional(), ...page }),
    answer: { kind: 'list', schema: z.array(shapes.CoprocessorAuction), statuses: [200] },
    errors: ['AVS_UNKNOWN', 'CURSOR_INVALID'],
  }),
  placeBid: defineRoute({
    name: 'placeBid',
    method: 'POST',
    path: '/relay/v1/coprocessor/bids',
    summary: 'Places, replaces or cancels a bid, or up to 256 of them; the receipt is durable before the answer.',
    tag: 'coprocessor',
    body: {
      json: z.union([SignedBid.json, z.array(SignedBid.json).max(MAX_BIDS)]) as z.ZodType<unknown, unknown>,
      ssz: (bytes) => SignedBid.deserialize(bytes),
      limit: DEFAULT_BODY_LIMIT,
      batch: { item: SignedBid.json as z.ZodType<unknown, unknown>, max: MAX_BIDS, one: true },
    },
    answer: { kind: 'object', schema: z.union([shapes.SignedReceipt, z.array(shapes.SignedReceipt)]), statuses: [200] },
    errors: [
      'BATCH_PARTLY_REFUSED',
      'SIGNATURE_INVALID',
      'AVS_UNKNOWN',
      'AUCTION_UNKNOWN',
      'BID_AUCTION_CLOSED',
      'BID_NONCE_STALE',
      'BID_COPROCESSOR_UNREGISTERED',
      'BID_COPROCESSOR_SUSPENDED',
      'BID_LINE_INVALID',
      'BID_AVS_MISMATCH',
      'BID_EXPIRED',
      'BID_STEPS_INVALID',
      'BID_FLAGS_INVALID',
      'BID_ASSURANCE_UNSUPPORTED',
      'BID_REPLACEMENTS_EXCEEDED',
      'BID_TOO_MANY',
    ],
  }),
  coprocessorAwards: defineRoute({
    name: 'coprocessorAwards',
    method: 'GET',
    path: '/relay/v1/coprocessor/awards/{auction_id}/{pubkey}',
    summary: 'What a coprocessor won and why not more; 204 until the auction clears.',
    tag: 'coprocessor',
    params: byAuctionAndKey,
    query: z.strictObject({ leaves: z.enum(['0', '1']).default('0') }),
    answer: { kind: 'object', schema: shapes.CoprocessorAwards, statuses: [200, 204] },
    errors: ['AUCTION_UNKNOWN', 'COPROCESSOR_UNKNOWN'],
  }),
  getTask: defineRoute({
    name: 'getTask',
    method: 'GET',
    path: '/relay/v1/coprocessor/tasks/{task_id}',
    summary: "A task's input and windows; octet-stream is the input alone.",
    tag: 'coprocessor',
    params: byTask,
    answer: { kind: 'object', schema: shapes.TaskInfo, statuses: [200], bytes: true },
    errors: ['TASK_UNKNOWN', 'NOT_ACCEPTABLE'],
  }),
  deliver: defineRoute({
    name: 'deliver',
    method: 'POST',
    path: '/relay/v1/coprocessor/deliveries',
    summary: 'Puts an attested payload in escrow; the receipt is durable before the answer.',
    tag: 'coprocessor',
    body: message(Delivery, 2 * (MAX_RESULT_BYTES + MAX_WITNESS_BYTES) + MIB),
    answer: { kind: 'object', schema: shapes.SignedReceipt, statuses: [200] },
    errors: [
      'SIGNATURE_INVALID',
      'TASK_UNKNOWN',
      'DELIVERY_AWARD_UNKNOWN',
      'DELIVERY_TASK_MISMATCH',
      'DELIVERY_INPUT_MISMATCH',
      'DELIVERY_PAYLOAD_MISMATCH',
      'DELIVERY_TIMES_INVALID',
      'DELIVERY_SEQ_STALE',
      'DELIVERY_TOO_LATE',
      'DELIVERY_FINAL',
      'DELIVERY_TOO_LARGE',
    ],
  }),
  getCoprocessor: defineRoute({
    name: 'getCoprocessor',
    method: 'GET',
    path: '/relay/v1/coprocessor/{pubkey}',
    summary: "A coprocessor's owner, lines, cover, reputation and standing.",
    tag: 'coprocessor',
    params: byCoprocessor,
    answer: { kind: 'object', schema: shapes.CoprocessorInfo, statuses: [200] },
    errors: ['COPROCESSOR_UNKNOWN'],
  }),
  getVouchers: defineRoute({
    name: 'getVouchers',
    method: 'GET',
    path: '/relay/v1/coprocessor/vouchers/{pubkey}',
    summary: "The newest voucher of each operator for this coprocessor's owner.",
    tag: 'coprocessor',
    params: byCoprocessor,
    query: z.strictObject(page),
    answer: { kind: 'list', schema: z.array(Voucher.json), statuses: [200] },
    errors: ['COPROCESSOR_UNKNOWN', 'CURSOR_INVALID'],
  }),
  registerDevCoprocessor: defineRoute({
    name: 'registerDevCoprocessor',
    method: 'POST',
    path: '/internal/v1/dev/coprocessors',
    summary: 'Registers a coprocessor and locks test cover on the local settlement; only with ODF_DEV=1.',
    tag: 'internal',
    access: 'operator',
    body: {
      json: z.strictObject({
        pubkey: bytes48.json,
        possession: bytes96.json,
        owner: bytes20.json,
        cover_wei: uint256.json,
      }),
      limit: DEFAULT_BODY_LIMIT,
    },
    answer: { kind: 'object', schema: z.strictObject({ line_id: bytes32.json }), statuses: [200] },
    errors: ['AUTH_REQUIRED', 'AUTH_FORBIDDEN', 'SIGNATURE_INVALID', 'DEV_DISABLED'],
  }),
  dataAuctions: data('Auctions', 'Auctions.', shapes.DataAuction),
  dataAwards: data('Awards', 'Signed awards.', shapes.DataAward),
  dataDeliveries: data('Deliveries', 'Deliveries, by their attestation roots.', shapes.DataDelivery),
  dataOutcomes: data('Outcomes', 'Reported and observed outcomes.', shapes.DataOutcome),
  dataClaims: data('Claims', 'Fraud claims.', z.strictObject({ id: shapes.idText, claim_id: bytes32.json })),
  dataReputation: data('Reputation', 'Events that reputations are computed from.', shapes.DataReputation),
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
