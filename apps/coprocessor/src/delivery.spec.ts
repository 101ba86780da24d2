import { Attestation, sha256, type AvsInfo, type Delivery, type Hex, type TaskInfo } from '@odf/protocol';
import { FakeRelay, refused, unheard } from '../test/fake-relay.js';
import { testParts } from '../test/parts.js';
import { Deliveries } from './delivery.js';
import type { AwardRecord } from './store.js';

const id = (digit: string): Hex => `0x${digit.repeat(64)}`;

const avs = {
  avs_id: id('b'),
  avs: `0x${'c'.repeat(40)}`,
  chain_id: 1n,
  plugin: { id: 'kzg-da', version: '1' },
  response: { signature: 'secp256k1', url: null },
  claim_tail_ms: 1_000n,
  windows_ms: { grace: 2_000n },
} as AvsInfo;

const award = {
  auction_id: id('1'),
  avs_id: id('b'),
  awards: [
    {
      award: { message: { role: 0, line_id: id('a'), award_root: id('d') } },
      leaves: [{ fee_wei: 7n }, { fee_wei: 8n }],
    },
  ],
  state: 'won',
} as unknown as AwardRecord;

async function setUp() {
  const world = await testParts();
  const relay = new FakeRelay();
  const session = {
    client: relay.client,
    pubkey: relay.secret.pubkey,
    relayRoot: relay.relayRoot,
    context: relay.context,
  };
  const stop = new AbortController();
  const now = BigInt(world.parts.clock.nowMs());
  relay.on(
    'getTask',
    ({ params }) =>
      ({
        task_id: (params as { task_id: Hex }).task_id,
        avs_id: id('b'),
        native_ref: '0x01',
        auction_id: id('1'),
        input: new Uint8Array([5]),
        created_at_ms: now + 10n,
        deliver_by_ms: now + 8_000n,
        commit_by_ms: now + 18_000n,
        deadline_ms: now + 60_000n,
        state: 'open',
      }) satisfies TaskInfo,
  );
  relay.on('deliver', ({ body }) => receiptFor(relay, body as Delivery, world.parts.key.pubkey));
  const fresh = () => new Deliveries(session, world.parts, stop.signal);
  return {
    ...world,
    relay,
    stop,
    now,
    fresh,
    deliveries: fresh(),
    record: () => world.parts.store.delivery(relay.relayRoot, { task_id: id('7'), role: 0 }),
  };
}

function receiptFor(relay: FakeRelay, { message }: Delivery, signer: Hex) {
  return relay.receipt('delivery', message.auction_id, Attestation.root(message), signer);
}

let world: Awaited<ReturnType<typeof setUp>>;
beforeEach(async () => {
  world = await setUp();
});
afterEach(() => world.close());

const sent = () => world.relay.callsOf('deliver').map(({ body }) => body as Delivery);

async function serve(taskId = id('7')): Promise<void> {
  world.deliveries.take(taskId, award, avs);
  await world.deliveries.idle();
}

/** Answers in turn; the last answer stays. */
function answers(...list: (() => unknown)[]): void {
  world.relay.on('deliver', ({ body }) => {
    const next = list.length > 1 ? list.shift()! : list[0]!;
    return next() ?? receiptFor(world.relay, body as Delivery, world.parts.key.pubkey);
  });
}
const fail = (error: Error) => () => {
  throw error;
};

describe('Deliveries', () => {
  it('attests what it computed and keeps the receipt', async () => {
    await serve();
    const [{ message, result, witness }] = sent() as [Delivery];
    expect(message).toMatchObject({
      line_id: id('a'),
      auction_id: id('1'),
      award_root: id('d'),
      input_root: sha256(new Uint8Array([5])),
      result_root: sha256(result),
      witness_root: sha256(witness),
      salt: `0x${'09'.repeat(32)}`,
      seq: 1n,
    });
    expect(message.issued_at_ms).toBe(world.now + 10n);
    expect(message.expires_at_ms).toBeGreaterThan(world.now + 18_000n + 1_000n);
    expect(await world.record()).toMatchObject({ state: 'delivered', units: 2, fee_wei: 15n });
    expect(world.receipts).toHaveLength(1);
    expect(await world.parts.store.payload(world.relay.relayRoot, { task_id: id('7'), role: 0 })).toBeUndefined();
  });

  it('computes once and attests under each of its awards, as a standby through the grace', async () => {
    const standby = {
      award: { message: { role: 1, line_id: id('a'), award_root: id('e') } },
      leaves: [{ fee_wei: 9n }],
    };
    const both = { ...award, awards: [...award.awards, standby] } as unknown as AwardRecord;
    world.deliveries.take(id('7'), both, avs);
    await world.deliveries.idle();
    expect(sent().map(({ message }) => message.award_root)).toEqual([id('d'), id('e')]);
    expect(new Set(sent().map(({ message }) => message.result_root)).size).toBe(1);
    const records = await world.parts.store.deliveries(world.relay.relayRoot);
    expect(records.map(({ role, deliver_by_ms, fee_wei }) => [role, deliver_by_ms - world.now, fee_wei])).toEqual([
      [0, 8_000n, 15n],
      [1, 10_000n, 9n],
    ]);
    world.deliveries.take(id('7'), both, avs);
    await world.deliveries.idle();
    expect(sent()).toHaveLength(2);
  });

  it('still delivers as a standby when the time of primaries is over', async () => {
    const standby = { award: { message: { role: 1, line_id: id('a'), award_root: id('e') } }, leaves: [] };
    world.parts.clock.advance(9_000);
    world.deliveries.take(id('7'), { ...award, awards: [...award.awards, standby] } as unknown as AwardRecord, avs);
    await world.deliveries.idle();
    expect(sent().map(({ message }) => message.award_root)).toEqual([id('e')]);
  });

  it('serves a task once, however often it hears of it', async () => {
    await serve();
    await serve();
    expect(sent()).toHaveLength(1);
  });

  it('sends the same bytes until it is heard', async () => {
    answers(fail(unheard()), fail(refused('UNAVAILABLE', 503)), () => undefined);
    await serve();
    expect(sent()).toHaveLength(3);
    expect(new Set(sent().map(({ signature }) => signature)).size).toBe(1);
    expect(await world.record()).toMatchObject({ state: 'delivered' });
  });

  it('goes on after a restart with the bytes that it had signed', async () => {
    answers(() => {
      world.stop.abort();
      throw unheard();
    });
    await serve();
    expect(await world.record()).toMatchObject({ state: 'signed' });
    await world.reopen();
    answers(() => undefined);
    const session = {
      client: world.relay.client,
      pubkey: world.relay.secret.pubkey,
      relayRoot: world.relay.relayRoot,
      context: world.relay.context,
    };
    const later = new Deliveries(session, world.parts, new AbortController().signal);
    await later.resume();
    await later.idle();
    expect(sent()[1]).toEqual(sent()[0]);
    expect(await world.record()).toMatchObject({ state: 'delivered' });
  });

  it('signs the payload again under a higher number when its own was overtaken', async () => {
    answers(fail(refused('DELIVERY_SEQ_STALE', 409)), () => undefined);
    await serve();
    const [first, second] = sent().map(({ message }) => message);
    expect(second).toEqual({ ...first, seq: 2n });
  });

  it('keeps numbers rising over restarts', async () => {
    await serve();
    await world.reopen();
    world.deliveries = world.fresh();
    await serve(id('8'));
    expect(sent().map(({ message }) => message.seq)).toEqual([1n, 2n]);
  });

  it('records a final refusal and does not insist', async () => {
    answers(fail(refused('DELIVERY_TOO_LATE', 409)));
    await serve();
    expect(sent()).toHaveLength(1);
    expect(await world.record()).toMatchObject({ state: 'refused', reason: 'DELIVERY_TOO_LATE' });
  });

  it('gives up when the window is over', async () => {
    answers(() => {
      world.parts.clock.advance(11_000);
      throw unheard();
    });
    await serve();
    expect(await world.record()).toMatchObject({ state: 'expired' });
  });

  it('takes no receipt about something else', async () => {
    world.relay.on('deliver', () => world.relay.receipt('delivery', id('1'), id('9'), world.parts.key.pubkey));
    await serve();
    expect(world.receipts).toHaveLength(0);
    expect(await world.record()).toMatchObject({ state: 'refused' });
  });
});
