import { RelayError } from '@odf/client';
import { OutcomeStatus, routes, type Hex, type SignedAward, type SignedHeader, type TaskInfo } from '@odf/protocol';
import { testOutcome, waitFor, type TestValidator } from '@odf/testing';
import { avsEntry } from '../support/avs.js';
import { queryDatabase } from '../support/database.js';
import { EMPTY_BLOB, Market, uncheckedWork, type Bidder } from '../support/market.js';
import { startRelay, type RelayProcess } from '../support/relay-process.js';

jest.setTimeout(120_000);

const windows = { bidding: 6_000, term: 600_000, deliver: 4_000, commit: 24_000, grace: 15_000 };
const VALIDATORS = 4;

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof RelayError) return error.code;
      throw error;
    },
  );

describe('a primary that falls silent', () => {
  let relay: RelayProcess;
  let market: Market;
  let validators: TestValidator[];
  let silent: Bidder;
  let standby: Bidder;
  let auctionId: Hex;

  beforeAll(async () => {
    relay = await startRelay({ avs: [avsEntry('da', 1, { windows_ms: windows })] });
    market = await Market.of(relay);
    validators = await market.enrol('da', VALIDATORS);
    [silent, standby] = (await Promise.all([0, 1].map((number) => market.coprocessor(number)))) as [Bidder, Bidder];
    const { auction_id } = await market.openAuction('da', 3_000);
    auctionId = auction_id;
    // The cheaper one wins everything; the dearer one offers twice as much, so that it can win and stand by.
    await market.bid(silent, 'da', { auction_id, steps: [{ fee_share_bps: 500, units: VALIDATORS }] });
    await market.bid(standby, 'da', { auction_id, standby: 1, steps: [{ fee_share_bps: 900, units: 2 * VALIDATORS }] });
    await market.cleared('da', auctionId);
  });

  const awardsOf = (validator: TestValidator) =>
    market.client.data(routes.validatorAwards, { params: { auction_id: auctionId, pubkey: validator.pubkey } });
  const nextTask = async (): Promise<TaskInfo> => market.announced(await market.postTask('da', EMPTY_BLOB));
  const headerNow = (validator: TestValidator, { task_id }: TaskInfo): Promise<SignedHeader | null> =>
    market.client
      .call(routes.getHeader, { params: { task_id, pubkey: validator.pubkey }, query: { wait_ms: 0 } })
      .then(({ data }) => data);
  const switched = (task: TaskInfo) =>
    waitFor(
      async () =>
        (await queryDatabase(relay, `select from switches where task_id = decode($1, 'hex')`, [task.task_id.slice(2)]))
          .length > 0,
      { timeoutMs: 30_000, what: 'the switch' },
    );

  it('has a standby of another owner behind every validator, at its own bid', async () => {
    for (const validator of validators) {
      const [primary, second] = await awardsOf(validator);
      expect([primary, second].map((one) => [one!.award.message.role, one!.award.message.coprocessor])).toEqual([
        [0, silent.pubkey],
        [1, standby.pubkey],
      ]);
      expect(second!.leaf.fee_wei).toBe((900n * market.avs('da').reward_ref_wei) / 10_000n);
    }
    const { awards, units, leaves } = await market.awardsOf(standby, auctionId);
    expect([units, awards.map(({ message }) => message.role), leaves!.length]).toEqual([0, [1], VALIDATORS]);
  });

  it('is switched from once, at the end of its window, whoever dies meanwhile', async () => {
    const task = await nextTask();
    await market.deliver(standby, 'da', task, uncheckedWork());
    const [validator] = validators as [TestValidator];
    const early = await waitFor(
      async () =>
        (await queryDatabase(relay, `select from deliveries where state = 'verified' and role = 1`)).length > 0,
      { timeoutMs: 10_000, what: 'the check of the standby' },
    );
    expect([early, await headerNow(validator, task)]).toEqual([true, null]);
    const { award: won } = (await awardsOf(validator))[1]!;
    const premature = await market.client.data(routes.dataDeliveries, { query: { task_id: task.task_id } });
    const header = {
      message: { ...won.message, attestation_root: premature[0]!.attestation_root, task_id: task.task_id },
    };
    const commitment = await market.commitmentTo(validator, header as unknown as SignedHeader);
    expect(await codeOf(market.client.data(routes.commit, { body: commitment }))).toBe('COMMITMENT_BEFORE_SWITCH');

    await relay.killAndRestart();
    await switched(task);
    await relay.killAndRestart();
    for (const each of validators) {
      const shown = await market.header(each, task.task_id);
      expect([shown.message.role, shown.message.coprocessor]).toEqual([1, standby.pubkey]);
    }
    const { awards } = await market.awardsOf(silent, auctionId);
    const late = market.deliveryOf(silent, 'da', { task, award: awards[0] as SignedAward, work: uncheckedWork() });
    expect(await codeOf(market.client.data(routes.deliver, { body: late, ssz: true }))).toBe('DELIVERY_TOO_LATE');

    const bought = await market.client.data(routes.commit, { body: commitment });
    expect(bought).toMatchObject({ key: expect.stringMatching(/^0x/) as unknown });
    const fees = await market.client.data(routes.validatorFees, { params: { pubkey: validator.pubkey } });
    expect(fees).toMatchObject([{ role: 1, coprocessor: standby.pubkey, task_id: task.task_id }]);
  });

  it('still serves tasks that it delivers in time, and nobody is switched then', async () => {
    const task = await nextTask();
    await market.deliver(silent, 'da', task, uncheckedWork());
    for (const each of validators) expect((await market.header(each, task.task_id)).message.role).toBe(0);
    await waitFor(async () => (await queryDatabase(relay, 'select from tasks where decided')).length === 2, {
      timeoutMs: 20_000,
      what: 'the decision',
    });
    expect((await queryDatabase(relay, 'select from switches')).length).toBe(1);

    // Who was sold a payload that it found invalid is switched for itself alone.
    const [victim, other] = validators as [TestValidator, TestValidator];
    await market.client.data(routes.commit, {
      body: await market.commitmentTo(victim, await market.header(victim, task.task_id)),
    });
    await market.deliver(standby, 'da', task, uncheckedWork());
    const invalid = testOutcome(
      victim,
      { task_id: task.task_id, status: OutcomeStatus.payload_invalid },
      market.context,
    );
    await market.client.data(routes.reportOutcomes, { body: [invalid] });
    const replaced = await waitFor(
      async () => {
        const header = await headerNow(victim, task);
        return header?.message.role === 1 ? header : undefined;
      },
      { timeoutMs: 20_000, what: "the standby's header" },
    );
    expect((await headerNow(other, task))!.message.role).toBe(0);
    expect(
      await market.client.data(routes.commit, { body: await market.commitmentTo(victim, replaced) }),
    ).toHaveProperty('key');
  });

  it('tells both sides why', async () => {
    const params = { auction_id: auctionId, pubkey: validators[0]!.pubkey };
    const { detail } = await market.client.data(routes.explain, { params });
    expect(detail).toMatch(
      new RegExp(`Served by ${silent.pubkey} .*Behind it stands ${standby.pubkey} .*silent in 1 tasks`),
    );
    const withheld = await waitFor(
      async () => {
        const query = { coprocessor: silent.pubkey };
        const events = await market.client.data(routes.dataReputation, { query });
        return events.find(({ kind }) => kind === 'withheld');
      },
      { timeoutMs: 60_000, what: 'the judgement' },
    );
    expect(withheld).toMatchObject({ attribution: 'coprocessor', evidence: { auction_id: auctionId, role: '0' } });
    const { standing } = await market.client.data(routes.getCoprocessor, { params: { pubkey: silent.pubkey } });
    expect(standing).toBe('good');
  });
});
