import {
  routes,
  typedDigest,
  type DelegationItem,
  type Delivery,
  type EnrollmentItem,
  type Hex,
  type SignedAward,
  type SignedBid,
  type SignedCommitment,
  type SignedHeader,
  type SignedOutcome,
  type TaskInfo,
  type Voucher,
} from '@odf/protocol';
import {
  testDelegation,
  testEnrollment,
  testKey,
  testOutcome,
  testValidator,
  waitFor,
  type TestValidator,
} from '@odf/testing';
import { avsEntry } from './avs.js';
import { EMPTY_BLOB, Market, uncheckedWork, type Bidder } from './market.js';
import { startRelay, type RelayProcess } from './relay-process.js';

/** Long enough that nothing moves by itself while a spec looks on, ms. */
const HOURS = 3 * 3_600_000;
const still = { bidding: 6_000, term: HOURS, deliver: HOURS, commit: HOURS };

/** A relay at rest with one of everything in it, and a good message of every kind that it has already taken. */
export interface Scene {
  relay: RelayProcess;
  market: Market;
  /** Enrolled and awarded. */
  validator: TestValidator;
  /** Enrolled, with a delegate. */
  delegating: TestValidator;
  /** Never enrolled. */
  stranger: TestValidator;
  /** Primary of the running term. */
  winner: Bidder;
  /** Has bid there, too dear to win. */
  loser: Bidder;
  /** Has used up its replacements in the open auction. */
  restless: Bidder;
  /** The auction of the running term, and one that is open. */
  closed: Hex;
  open: Hex;
  award: SignedAward;
  task: TaskInfo;
  /** A task of the same term that nobody has delivered. */
  pending: TaskInfo;
  header: SignedHeader;
  /** A task whose windows are over, with the delivery and the commitment that would have been right. */
  late: { task: TaskInfo; undelivered: TaskInfo; award: SignedAward; commitment: SignedCommitment };
  enrollment: EnrollmentItem;
  delegation: DelegationItem;
  bid: SignedBid;
  delivery: Delivery;
  commitment: SignedCommitment;
  outcome: SignedOutcome;
  voucher: Voucher;
}

/** Sets the scene; takes about half a minute. */
export async function setScene(): Promise<Scene> {
  const brief = { ...still, deliver: 5_000, commit: 3_000 };
  const relay = await startRelay({
    avs: [
      avsEntry('da', 1, { windows_ms: still }),
      avsEntry('late', 2, { windows_ms: brief }),
      avsEntry('open', 3, { windows_ms: { ...still, bidding: HOURS } }),
    ],
  });
  const market = await Market.of(relay);
  const stranger = testValidator(99);
  const [winner, loser, restless] = (await Promise.all([0, 1, 2].map((number) => market.coprocessor(number)))) as [
    Bidder,
    Bidder,
    Bidder,
  ];
  const [validator, delegating] = (await market.enrol('da', 2)) as [TestValidator, TestValidator];
  await market.enrol('late', 1);
  const messages = await takenMessages(market, { validator, delegating, winner, restless });
  const [term, late] = await Promise.all([
    runningTerm(market, { validator, winner, loser }),
    lateTerm(market, { validator, winner }),
  ]);
  const { task } = term;
  const outcome = testOutcome(validator, { task_id: task.task_id, seq: 5n }, market.context);
  await market.client.data(routes.reportOutcomes, { body: [outcome] });
  return {
    relay,
    market,
    validator,
    delegating,
    stranger,
    winner,
    loser,
    restless,
    ...messages,
    ...term,
    late,
    outcome,
  };
}

async function takenMessages(
  market: Market,
  who: { validator: TestValidator; delegating: TestValidator; winner: Bidder; restless: Bidder },
) {
  const { client, context } = market;
  const { avs_id } = market.avs('da');
  const enrollment = await testEnrollment(who.validator, { avs_id }, context);
  const delegation = testDelegation(who.delegating, testKey(50), { nonce: 5n }, context);
  await client.data(routes.delegate, { body: [delegation] });
  const { auction_id: open } = await market.openAuction('open', 0);
  const bid = market.bidOf(who.winner, 'open', { auction_id: open, nonce: 5n });
  await client.data(routes.placeBid, { body: bid });
  const many = Array.from({ length: 21 }, () => market.bidOf(who.restless, 'open', { auction_id: open }));
  await client.data(routes.placeBid, { body: many });
  const { owner } = who.winner;
  const consent = { operator: who.validator.account, owner, cumulativeWei: 7n };
  const signature = await who.validator.operator.sign({ hash: typedDigest('Voucher', consent, context) });
  const voucher = { operator: who.validator.account, owner, cumulative_wei: 7n, signature };
  await client.data(routes.postVouchers, { body: [voucher] });
  return { enrollment, delegation, open, bid, voucher };
}

async function runningTerm(market: Market, who: { validator: TestValidator; winner: Bidder; loser: Bidder }) {
  const { validator, winner, loser } = who;
  await market.openAuction('da', still.bidding - 2_000);
  await market.bid(winner, 'da', { steps: [{ fee_share_bps: 1_000, units: 2 }] });
  await market.bid(loser, 'da', { steps: [{ fee_share_bps: 4_000, units: 2 }] });
  const [task, pending] = await Promise.all(
    [0, 1].map(async () => market.announced(await market.postTask('da', EMPTY_BLOB, 3 * HOURS))),
  );
  const { awards } = await market.awardsOf(winner, task!.auction_id);
  const delivery = await market.deliver(winner, 'da', task!, uncheckedWork());
  const header = await market.header(validator, task!.task_id);
  const commitment = await market.commitmentTo(validator, header);
  await market.client.data(routes.commit, { body: commitment });
  return {
    closed: task!.auction_id,
    award: awards[0]!,
    task: task!,
    pending: pending!,
    delivery,
    header,
    commitment,
  };
}

async function lateTerm(market: Market, { validator, winner }: { validator: TestValidator; winner: Bidder }) {
  await market.bid(winner, 'late', { steps: [{ fee_share_bps: 1_000, units: 2 }] });
  const [task, undelivered] = await Promise.all(
    [0, 1].map(async () => market.announced(await market.postTask('late', EMPTY_BLOB, HOURS))),
  );
  const { awards } = await market.awardsOf(winner, task!.auction_id);
  await market.deliver(winner, 'late', task!, uncheckedWork());
  const commitment = await market.commitmentTo(validator, await market.header(validator, task!.task_id));
  await Promise.all([task!, undelivered!].map(({ task_id }) => settled(market, task_id)));
  return { task: task!, undelivered: undelivered!, award: awards[0]!, commitment };
}

function settled(market: Market, taskId: Hex): Promise<unknown> {
  const params = { task_id: taskId };
  const isClosed = async () => (await market.client.data(routes.getTask, { params })).state === 'closed';
  return waitFor(isClosed, { timeoutMs: 60_000, everyMs: 100, what: `task ${taskId} to be settled` });
}
