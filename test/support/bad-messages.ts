import {
  Attestation,
  Bid,
  ClaimRequest,
  Commitment,
  DelegationItem,
  Delivery,
  EnrollmentItem,
  KeyDelegation,
  Outcome,
  SignedBid,
  SignedClaimRequest,
  SignedCommitment,
  SignedOutcome,
  typedDigest,
  Voucher,
  zeroHex,
  type Container,
  type Hex,
  type SigningContext,
} from '@odf/protocol';
import {
  signedBy,
  testBid,
  testCommitment,
  testDelegation,
  testDelivery,
  testEnrollment,
  testKey,
  testOutcome,
  testPolicy,
  testValidator,
} from '@odf/testing';
import type { BlsKey } from '@odf/bls';
import { inMs, uncheckedWork } from './market.js';
import type { Scene } from './scene.js';

/** A message that must be refused: what is wrong with it, with which status and code, and how it is made. */
export type BadMessage = [what: string, status: number, error: string, make: (scene: Scene) => unknown];

const INFINITY_KEY: Hex = `0xc0${'00'.repeat(47)}`;
const INFINITY_SIGNATURE: Hex = `0xc0${'00'.repeat(95)}`;

/** The same signatures under the domain of another relay. */
function elsewhere({ market: { context } }: Scene): SigningContext {
  return { ...context, relayRoot: `0x${'77'.repeat(32)}` };
}

/** The wire form of a good message with some of its members, by path, written otherwise. */
function written<M>(container: Container<M>, message: M, change: (wire: Wire) => void): unknown {
  const wire = structuredClone(container.toJson(message)) as Wire;
  change(wire);
  return wire;
}
/** The JSON of a signed message. */
interface Wire {
  message: Record<string, unknown>;
  [member: string]: unknown;
}

/** What every signed message can have wrong, whatever it says; `integer` and `bytes` are members of it. */
function malformedOf<M>(
  container: Container<M>,
  good: (scene: Scene) => M,
  { integer, bytes }: { integer: string; bytes: string },
): BadMessage[] {
  const with_ = (change: (wire: Wire) => void) => (scene: Scene) => written(container, good(scene), change);
  const member = (name: string, value: unknown) => with_(({ message }) => void (message[name] = value));
  const malformed: [string, (scene: Scene) => unknown][] = [
    ['a number instead of a decimal string', member(integer, 7)],
    ['a decimal with a leading zero', member(integer, '07')],
    ['a negative decimal', member(integer, '-1')],
    ['an integer that is too large', member(integer, (2n ** 256n).toString())],
    ['a null member', member(integer, null)],
    ['0X hex', with_(({ message }) => void (message[bytes] = `0X${String(message[bytes]).slice(2)}`))],
    ['hex without 0x', with_(({ message }) => void (message[bytes] = String(message[bytes]).slice(2)))],
    ['hex that is too short', with_(({ message }) => void (message[bytes] = String(message[bytes]).slice(0, -2)))],
    ['hex that is none', with_(({ message }) => void (message[bytes] = `${String(message[bytes]).slice(0, -1)}g`))],
    ['an unknown member', member('extra', '1')],
    ['an unknown member beside the message', with_((wire) => void (wire['extra'] = '1'))],
    ['a missing member', with_(({ message }) => void delete message[bytes])],
    ['no signature', with_((wire) => void delete wire['signature'])],
    ['an unknown scheme', with_((wire) => void (wire['scheme'] = 'commit_boost'))],
  ];
  return [
    ...malformed.map(([what, make]): BadMessage => [what, 400, 'REQUEST_MALFORMED', make]),
    ['an infinity signature', 400, 'SIGNATURE_INVALID', with_((wire) => void (wire['signature'] = INFINITY_SIGNATURE))],
    ['a zero signature', 400, 'SIGNATURE_INVALID', with_((wire) => void (wire['signature'] = zeroHex(96)))],
  ];
}

const enrollmentOf = (scene: Scene, members: object) => {
  const { avs_id } = scene.market.avs('da');
  return testEnrollment(scene.validator, { avs_id, nonce: 9n, ...members }, scene.market.context);
};
const enrollmentCase = (what: string, status: number, error: string, make: (scene: Scene) => Promise<EnrollmentItem>) =>
  [what, status, error, async (scene: Scene) => EnrollmentItem.toJson(await make(scene))] as BadMessage;

/** Items of `POST /relay/v1/validator/enrollments`. */
export const badEnrollments: BadMessage[] = [
  ...malformedOf(EnrollmentItem, (scene) => withNonce(scene, 9n), { integer: 'nonce', bytes: 'avs_id' }),
  enrollmentCase('an unknown AVS', 404, 'AVS_UNKNOWN', (scene) => enrollmentOf(scene, { avs_id: zeroHex(32) })),
  enrollmentCase('the domain of another relay', 400, 'SIGNATURE_INVALID', (scene) =>
    testEnrollment(scene.validator, { avs_id: scene.market.avs('da').avs_id, nonce: 9n }, elsewhere(scene)),
  ),
  enrollmentCase('an infinity key', 400, 'SIGNATURE_INVALID', async (scene) => {
    const item = await enrollmentOf(scene, { validator: INFINITY_KEY });
    return { ...item, signature: INFINITY_SIGNATURE };
  }),
  enrollmentCase(
    'an operator signature of somebody else',
    400,
    'ENROLLMENT_OPERATOR_SIGNATURE_INVALID',
    async (scene) => ({
      ...(await enrollmentOf(scene, {})),
      operator_signature: (await testEnrollment(scene.stranger, { avs_id: zeroHex(32) }, scene.market.context))
        .operator_signature,
    }),
  ),
  enrollmentCase('a policy that was not signed', 400, 'ENROLLMENT_POLICY_MISMATCH', async (scene) => ({
    ...(await enrollmentOf(scene, {})),
    policy: testPolicy({ max_fee_wei: 1n }),
  })),
  enrollmentCase('a policy without tiers', 422, 'ENROLLMENT_POLICY_INVALID', (scene) =>
    enrollmentOf(scene, { policy: testPolicy({ tiers: [] }) }),
  ),
  enrollmentCase(
    'an operator that another validator has',
    409,
    'ENROLLMENT_OPERATOR_TAKEN',
    ({ market, validator, stranger }) =>
      testEnrollment(
        { ...stranger, operator: validator.operator, account: validator.account },
        { avs_id: market.avs('da').avs_id },
        market.context,
      ),
  ),
  enrollmentCase('a lower nonce', 409, 'ENROLLMENT_NONCE_STALE', (scene) => enrollmentOf(scene, { nonce: 0n })),
  enrollmentCase('the same nonce with other content', 409, 'ENROLLMENT_NONCE_STALE', (scene) =>
    enrollmentOf(scene, { nonce: 1n, valid_until: 2n ** 39n }),
  ),
  enrollmentCase('an end before the beginning', 422, 'ENROLLMENT_EXPIRED', ({ market, stranger }) =>
    testEnrollment(stranger, { avs_id: market.avs('da').avs_id, valid_until: 5n }, market.context),
  ),
];

/** The good enrollment under another nonce: its signature no longer holds, its shape is right. */
function withNonce({ enrollment }: Scene, nonce: bigint): EnrollmentItem {
  return { ...enrollment, message: { ...enrollment.message, nonce } };
}

const delegationOf = ({ delegating, market }: Scene, members: Partial<KeyDelegation>, hot = testKey(51)) =>
  testDelegation(delegating, hot, { nonce: 9n, ...members }, market.context);
const delegationCase = (
  what: string,
  status: number,
  error: string,
  make: (scene: Scene) => DelegationItem,
): BadMessage => [what, status, error, (scene) => DelegationItem.toJson(make(scene))];

/** Items of `POST /relay/v1/validator/delegations`. */
export const badDelegations: BadMessage[] = [
  ...malformedOf(DelegationItem, (scene) => delegationOf(scene, {}), { integer: 'nonce', bytes: 'delegate' }),
  delegationCase('the domain of another chain', 400, 'SIGNATURE_INVALID', ({ delegating, market }) =>
    testDelegation(delegating, testKey(51), { nonce: 9n }, { ...market.context, chainId: 1n }),
  ),
  delegationCase('a lower nonce', 409, 'DELEGATION_NONCE_STALE', (scene) => delegationOf(scene, { nonce: 4n })),
  delegationCase('the same nonce with other content', 409, 'DELEGATION_NONCE_STALE', (scene) =>
    delegationOf(scene, { nonce: 5n }),
  ),
  delegationCase('a possession of another key', 400, 'DELEGATION_POSSESSION_INVALID', (scene) => ({
    ...delegationOf(scene, {}),
    possession: delegationOf(scene, {}, testKey(52)).possession,
  })),
  delegationCase("another validator's delegate", 409, 'DELEGATION_DELEGATE_TAKEN', ({ validator, market }) =>
    testDelegation(validator, testKey(50), {}, market.context),
  ),
];

const bidOf = (scene: Scene, members: Partial<Bid>, key: BlsKey = scene.winner.key, context = scene.market.context) =>
  testBid(
    key,
    {
      avs_id: scene.market.avs('open').avs_id,
      auction_id: scene.open,
      line_id: scene.winner.line_id,
      nonce: 9n,
      ...members,
    },
    context,
  );
const bidCase = (what: string, status: number, error: string, make: (scene: Scene) => SignedBid): BadMessage => [
  what,
  status,
  error,
  (scene) => SignedBid.toJson(make(scene)),
];

/** Bodies of `POST /relay/v1/coprocessor/bids`. */
export const badBids: BadMessage[] = [
  ...malformedOf(SignedBid, (scene) => bidOf(scene, {}), { integer: 'nonce', bytes: 'line_id' }),
  bidCase('the domain of another relay', 400, 'SIGNATURE_INVALID', (scene) =>
    bidOf(scene, {}, scene.winner.key, elsewhere(scene)),
  ),
  bidCase('an infinity key', 400, 'SIGNATURE_INVALID', (scene) => ({
    ...bidOf(scene, { coprocessor: INFINITY_KEY }),
    signature: INFINITY_SIGNATURE,
  })),
  bidCase('a closed auction', 409, 'BID_AUCTION_CLOSED', (scene) =>
    bidOf(scene, { auction_id: scene.closed, avs_id: scene.market.avs('da').avs_id }),
  ),
  bidCase('an unknown auction', 404, 'AUCTION_UNKNOWN', (scene) =>
    bidOf(scene, { auction_id: `0x${'ab'.repeat(32)}` }),
  ),
  bidCase('an unknown AVS', 404, 'AVS_UNKNOWN', (scene) => bidOf(scene, { avs_id: zeroHex(32) })),
  bidCase('the AVS of another auction', 422, 'BID_AVS_MISMATCH', (scene) =>
    bidOf(scene, { avs_id: scene.market.avs('da').avs_id }),
  ),
  bidCase('a key that is not registered', 422, 'BID_COPROCESSOR_UNREGISTERED', (scene) =>
    bidOf(scene, {}, testKey(60)),
  ),
  bidCase('a line of somebody else', 422, 'BID_LINE_INVALID', (scene) =>
    bidOf(scene, { cover_wei_per_unit: 1n, line_id: scene.loser.line_id }),
  ),
  bidCase('an end before now', 422, 'BID_EXPIRED', (scene) => bidOf(scene, { valid_until: 5n })),
  bidCase('an end before the close', 422, 'BID_EXPIRED', (scene) =>
    bidOf(scene, { valid_until: inMs(60_000) / 1000n }),
  ),
  bidCase('steps that do not rise', 422, 'BID_STEPS_INVALID', (scene) =>
    bidOf(scene, { steps: [1, 1].map((units) => ({ fee_share_bps: 5, units })) }),
  ),
  bidCase('a step without units', 422, 'BID_STEPS_INVALID', (scene) =>
    bidOf(scene, { steps: [{ fee_share_bps: 5, units: 0 }] }),
  ),
  bidCase('more than the whole reward', 422, 'BID_STEPS_INVALID', (scene) =>
    bidOf(scene, { steps: [{ fee_share_bps: 10_001, units: 1 }] }),
  ),
  bidCase('a standby flag without meaning', 422, 'BID_FLAGS_INVALID', (scene) => bidOf(scene, { standby: 2 })),
  bidCase('assurance bits without meaning', 422, 'BID_FLAGS_INVALID', (scene) => bidOf(scene, { assurance: 4 })),
  bidCase('an assurance that nobody checks', 422, 'BID_ASSURANCE_UNSUPPORTED', (scene) =>
    bidOf(scene, { assurance: 1 }),
  ),
  bidCase('a lower nonce', 409, 'BID_NONCE_STALE', (scene) => bidOf(scene, { nonce: 4n })),
  bidCase('the same nonce with other content', 409, 'BID_NONCE_STALE', (scene) =>
    bidOf(scene, { nonce: 5n, valid_until: 2n ** 39n }),
  ),
  bidCase('the 21st replacement', 429, 'BID_REPLACEMENTS_EXCEEDED', (scene) =>
    bidOf(scene, { nonce: 99n, line_id: scene.restless.line_id }, scene.restless.key),
  ),
  [
    'five steps',
    400,
    'REQUEST_MALFORMED',
    (scene) =>
      written(SignedBid, bidOf(scene, {}), ({ message }) => {
        message['steps'] = Array.from({ length: 5 }, (_, at) => ({ fee_share_bps: String(at), units: '1' }));
      }),
  ],
  ['257 bids', 400, 'REQUEST_MALFORMED', ({ bid }) => Array(257).fill(SignedBid.toJson(bid))],
];

type DeliveryChange = Partial<Attestation> & { result?: Uint8Array; witness?: Uint8Array };
const deliveryOf = (
  scene: Scene,
  change: DeliveryChange = {},
  key = scene.winner.key,
  context = scene.market.context,
) => {
  const { award, pending: task } = scene;
  const { line_id, award_root } = award.message;
  const work = uncheckedWork();
  const about = { task, ...work, response_digest: zeroHex(32), line_id, award_root, seq: 1_000n, ...change };
  return testDelivery(key, about, context);
};
const deliveryCase = (what: string, status: number, error: string, make: (scene: Scene) => Delivery): BadMessage => [
  what,
  status,
  error,
  (scene) => Delivery.toJson(make(scene)),
];

/** Bodies of `POST /relay/v1/coprocessor/deliveries`. */
export const badDeliveries: BadMessage[] = [
  ...malformedOf(Delivery, (scene) => deliveryOf(scene), { integer: 'seq', bytes: 'salt' }),
  deliveryCase('an unknown task', 404, 'TASK_UNKNOWN', (scene) => deliveryOf(scene, { task_id: zeroHex(32) })),
  deliveryCase('a stranger', 400, 'SIGNATURE_INVALID', (scene) => deliveryOf(scene, {}, testKey(60))),
  deliveryCase('another coprocessor', 400, 'SIGNATURE_INVALID', (scene) => deliveryOf(scene, {}, scene.loser.key)),
  deliveryCase('the domain of another settlement', 400, 'SIGNATURE_INVALID', (scene) =>
    deliveryOf(scene, {}, scene.winner.key, { ...scene.market.context, settlement: zeroHex(20) }),
  ),
  deliveryCase('an award_root that was never signed', 422, 'AWARD_UNKNOWN', (scene) =>
    deliveryOf(scene, { award_root: zeroHex(32) }),
  ),
  deliveryCase('another line', 422, 'AWARD_UNKNOWN', (scene) => deliveryOf(scene, { line_id: scene.loser.line_id })),
  deliveryCase('another auction', 422, 'AWARD_UNKNOWN', (scene) => deliveryOf(scene, { auction_id: scene.open })),
  deliveryCase('a task of another term', 422, 'DELIVERY_TASK_MISMATCH', (scene) =>
    deliveryOf(scene, { task_id: scene.late.task.task_id }),
  ),
  deliveryCase('another input', 422, 'DELIVERY_INPUT_MISMATCH', (scene) =>
    deliveryOf(scene, { input_root: zeroHex(32) }),
  ),
  deliveryCase('another result', 400, 'DELIVERY_PAYLOAD_MISMATCH', (scene) =>
    deliveryOf(scene, { result_root: zeroHex(32) }),
  ),
  deliveryCase('another witness', 400, 'DELIVERY_PAYLOAD_MISMATCH', (scene) =>
    deliveryOf(scene, { witness_root: zeroHex(32) }),
  ),
  deliveryCase('a result that is too large', 413, 'DELIVERY_TOO_LARGE', (scene) =>
    deliveryOf(scene, { result: new Uint8Array(81) }),
  ),
  deliveryCase('an issue before the task', 422, 'DELIVERY_TIMES_INVALID', (scene) =>
    deliveryOf(scene, { issued_at_ms: scene.pending.created_at_ms - 1n }),
  ),
  deliveryCase('an issue in the future', 422, 'DELIVERY_TIMES_INVALID', (scene) =>
    deliveryOf(scene, { issued_at_ms: inMs(60_000) }),
  ),
  deliveryCase('an end within the claim tail', 422, 'DELIVERY_TIMES_INVALID', (scene) =>
    deliveryOf(scene, { expires_at_ms: inMs(60_000) }),
  ),
  deliveryCase('a seq that does not rise', 409, 'DELIVERY_SEQ_STALE', (scene) => deliveryOf(scene, { seq: 0n })),
  deliveryCase('a delivered task', 409, 'DELIVERY_FINAL', (scene) =>
    deliveryOf(scene, { task_id: scene.task.task_id, issued_at_ms: scene.pending.created_at_ms + 1_000n }),
  ),
  deliveryCase('a task whose window is over', 409, 'DELIVERY_TOO_LATE', (scene) => {
    const { undelivered: task, award } = scene.late;
    const { line_id, award_root } = award.message;
    const about = { task, ...uncheckedWork(), response_digest: zeroHex(32), line_id, award_root, seq: 1_000n };
    return testDelivery(scene.winner.key, about, scene.market.context);
  }),
];

const commitmentOf = (scene: Scene, members: Partial<Commitment>, of = scene.validator) =>
  testCommitment(of, scene.header, { fee_wei: scene.commitment.message.fee_wei, ...members }, scene.market.context);
const commitmentCase = (
  what: string,
  status: number,
  error: string,
  make: (scene: Scene) => SignedCommitment,
): BadMessage => [what, status, error, (scene) => SignedCommitment.toJson(make(scene))];
/** Awarded like the validator, not yet committed, and with a hot key that signs. */
const fresh = ({ delegating }: Scene) => ({ ...delegating, key: testKey(50) });

/** Bodies of `POST /relay/v1/validator/commitments`. */
export const badCommitments: BadMessage[] = [
  ...malformedOf(SignedCommitment, (scene) => commitmentOf(scene, {}, fresh(scene)), {
    integer: 'fee_wei',
    bytes: 'task_id',
  }),
  commitmentCase('an unknown validator', 404, 'VALIDATOR_UNKNOWN', (scene) => commitmentOf(scene, {}, scene.stranger)),
  commitmentCase('an unknown task', 404, 'TASK_UNKNOWN', (scene) =>
    commitmentOf(scene, { task_id: zeroHex(32) }, fresh(scene)),
  ),
  commitmentCase('the validator key while a delegate lives', 400, 'SIGNATURE_INVALID', (scene) =>
    commitmentOf(scene, {}, scene.delegating),
  ),
  commitmentCase('the domain of another relay', 400, 'SIGNATURE_INVALID', (scene) =>
    testCommitment(fresh(scene), scene.header, { fee_wei: scene.commitment.message.fee_wei }, elsewhere(scene)),
  ),
  commitmentCase('another one than the first', 409, 'COMMITMENT_CONFLICT', (scene) =>
    commitmentOf(scene, { fee_wei: 1n }),
  ),
  commitmentCase('another fee', 422, 'COMMITMENT_MISMATCH', (scene) =>
    commitmentOf(scene, { fee_wei: 1n }, fresh(scene)),
  ),
  commitmentCase('another attestation', 422, 'COMMITMENT_MISMATCH', (scene) =>
    commitmentOf(scene, { attestation_root: zeroHex(32) }, fresh(scene)),
  ),
  commitmentCase('another auction', 422, 'COMMITMENT_MISMATCH', (scene) =>
    commitmentOf(scene, { auction_id: scene.open }, fresh(scene)),
  ),
  commitmentCase('a coprocessor without award', 422, 'COMMITMENT_NOT_AWARDED', (scene) =>
    commitmentOf(scene, { coprocessor: scene.restless.pubkey }, fresh(scene)),
  ),
  commitmentCase('a task without a delivery', 409, 'COMMITMENT_NO_HEADER', (scene) =>
    commitmentOf(scene, { task_id: scene.pending.task_id }, fresh(scene)),
  ),
  commitmentCase('a task whose window is over', 409, 'COMMITMENT_TOO_LATE', ({ late }) => late.commitment),
];

const outcomeOf = (scene: Scene, members: Partial<Outcome>, of = scene.validator, context = scene.market.context) =>
  testOutcome(of, { task_id: scene.task.task_id, seq: 9n, ...members }, context);
const outcomeCase = (
  what: string,
  status: number,
  error: string,
  make: (scene: Scene) => SignedOutcome,
): BadMessage => [what, status, error, (scene) => SignedOutcome.toJson(make(scene))];

/** Items of `POST /relay/v1/validator/outcomes`. */
export const badOutcomes: BadMessage[] = [
  ...malformedOf(SignedOutcome, (scene) => outcomeOf(scene, {}), { integer: 'seq', bytes: 'reference' }),
  outcomeCase('the domain of another relay', 400, 'SIGNATURE_INVALID', (scene) =>
    outcomeOf(scene, {}, scene.validator, elsewhere(scene)),
  ),
  outcomeCase('an unknown validator', 404, 'VALIDATOR_UNKNOWN', (scene) => outcomeOf(scene, {}, scene.stranger)),
  outcomeCase('an unknown task', 404, 'TASK_UNKNOWN', (scene) => outcomeOf(scene, { task_id: zeroHex(32) })),
  outcomeCase('status 0', 422, 'OUTCOME_INVALID', (scene) => outcomeOf(scene, { status: 0 })),
  outcomeCase('status 7', 422, 'OUTCOME_INVALID', (scene) => outcomeOf(scene, { status: 7 })),
  outcomeCase('a lower seq', 409, 'OUTCOME_SEQ_STALE', (scene) => outcomeOf(scene, { seq: 4n })),
  outcomeCase('the same seq with other content', 409, 'OUTCOME_SEQ_STALE', (scene) =>
    outcomeOf(scene, { seq: 5n, status: 3 }),
  ),
];

const voucherOf = async (scene: Scene, cumulative_wei: bigint, by = scene.validator): Promise<Voucher> => {
  const { owner, operator } = scene.voucher;
  const digest = typedDigest('Voucher', { operator, owner, cumulativeWei: cumulative_wei }, scene.market.context);
  return { operator, owner, cumulative_wei, signature: await by.operator.sign({ hash: digest }) };
};
const voucherWith = (members: object) => (scene: Scene) => ({
  ...(Voucher.toJson(scene.voucher) as object),
  ...members,
});

/** Items of `POST /relay/v1/validator/vouchers`. */
export const badVouchers: BadMessage[] = [
  ['a number as sum', 400, 'REQUEST_MALFORMED', voucherWith({ cumulative_wei: 8 })],
  ['an unknown member', 400, 'REQUEST_MALFORMED', voucherWith({ extra: '1' })],
  ['0X hex', 400, 'REQUEST_MALFORMED', voucherWith({ owner: `0X${'00'.repeat(20)}` })],
  ['another sum than signed', 400, 'VOUCHER_INVALID', voucherWith({ cumulative_wei: '8' })],
  [
    'a signature of somebody else',
    400,
    'VOUCHER_INVALID',
    async (scene) => Voucher.toJson(await voucherOf(scene, 8n, scene.stranger)),
  ],
  ['a lower sum', 409, 'VOUCHER_STALE', async (scene) => Voucher.toJson(await voucherOf(scene, 6n))],
];

const claimOf = (scene: Scene, of = scene.validator, context = scene.market.context): SignedClaimRequest => {
  const { task_id, attestation_root } = scene.commitment.message;
  const facts = { slash_tx: zeroHex(32), log_index: 0, amount: 1n };
  return signedBy(of.key, ClaimRequest, { task_id, validator: of.pubkey, attestation_root, ...facts }, context);
};

/** Bodies of `POST /relay/v1/validator/claims`. */
export const badClaims: BadMessage[] = [
  ...malformedOf(SignedClaimRequest, claimOf, { integer: 'log_index', bytes: 'slash_tx' }),
  [
    'an unknown validator',
    404,
    'VALIDATOR_UNKNOWN',
    (scene) => SignedClaimRequest.toJson(claimOf(scene, testValidator(99))),
  ],
  [
    'a good one, where no claims are filed',
    503,
    'CLAIM_UNAVAILABLE',
    (scene) => SignedClaimRequest.toJson(claimOf(scene)),
  ],
];
