import {
  Delivery,
  fromHex,
  openPayload,
  routes,
  sha256,
  type Hex,
  type Reveal,
  type Route,
  type SignedHeader,
  type TaskInfo,
} from '@odf/protocol';
import { waitFor, type TestValidator } from '@odf/testing';
import { randomBytes } from 'node:crypto';
import { avsEntry } from '../support/avs.js';
import { exchange } from '../support/http.js';
import { dumpColumns, LeakSearch } from '../support/leaks.js';
import { Market, uncheckedWork, EMPTY_BLOB, type Bidder } from '../support/market.js';
import { startRelay, type RelayProcess } from '../support/relay-process.js';

jest.setTimeout(120_000);

const HOURS = 3 * 3_600_000;
const windows = { bidding: 5_000, term: HOURS, deliver: HOURS, commit: HOURS };
const hidden = ({ result, witness, message }: Delivery, name: string) => ({
  [`result of ${name}`]: result,
  [`witness of ${name}`]: witness,
  [`result_root of ${name}`]: fromHex(message.result_root),
  [`witness_root of ${name}`]: fromHex(message.witness_root),
  [`response_digest of ${name}`]: fromHex(message.response_digest),
  [`salt of ${name}`]: fromHex(message.salt),
});

describe('a payload in escrow (P1)', () => {
  let relay: RelayProcess;
  let market: Market;
  let validator: TestValidator;
  let winner: Bidder;
  let task: TaskInfo;
  let delivery: Delivery;
  let header: SignedHeader;
  /** Of another AVS, found to be no work: nobody is ever offered it. */
  let refused: Delivery;
  let leaks: LeakSearch;
  let known: LeakSearch;

  beforeAll(async () => {
    relay = await startRelay({
      avs: [
        avsEntry('da', 1, { windows_ms: windows }),
        avsEntry('checked', 2, { windows_ms: windows, verification: 'before' }),
      ],
      env: { LOG_LEVEL: 'trace' },
    });
    market = await Market.of(relay);
    winner = await market.coprocessor(0);
    [validator] = (await market.enrol('da', 1)) as [TestValidator];
    await market.enrol('checked', 1);
    [{ task, delivery }, { delivery: refused }] = await Promise.all([deliveredIn('da'), deliveredIn('checked')]);
    header = await market.header(validator, task.task_id);
    await waitFor(() => market.client.data(routes.dataDeliveries, { query: {} }).then(hasRefusal), {
      timeoutMs: 60_000,
    });
    leaks = new LeakSearch({ ...hidden(delivery, 'the delivery'), ...hidden(refused, 'the refused one') });
    known = new LeakSearch({ ciphertext_root: fromHex(header.message.ciphertext_root) });
  });

  const hasRefusal = (deliveries: { state: string }[]) => deliveries.some(({ state }) => state === 'refused');

  async function deliveredIn(avs: string) {
    await market.bid(winner, avs);
    const task = await market.announced(await market.postTask(avs, EMPTY_BLOB, 3 * HOURS));
    return { task, delivery: await market.deliver(winner, avs, task, uncheckedWork(20_000)) };
  }

  /** Every GET route, with all that exists put into its parameters. */
  function paths(): string[] {
    const of: Record<string, readonly Hex[]> = {
      avs_id: [market.avs('da').avs_id, market.avs('checked').avs_id],
      auction_id: [task.auction_id, refused.message.auction_id],
      task_id: [task.task_id, refused.message.task_id],
      pubkey: [validator.pubkey, winner.pubkey],
      ciphertext_root: [header.message.ciphertext_root],
    };
    const all = Object.values(routes as unknown as Record<string, Route>);
    const filled = all
      .filter(({ method, answer }) => method === 'GET' && answer.kind !== 'events')
      .flatMap(({ path }) =>
        [...path.matchAll(/\{(\w+)\}/g)].reduce(
          (some, [hole, name]) =>
            some.flatMap((each) => (of[name!] ?? [task.task_id]).map((id) => each.replace(hole, id))),
          [path],
        ),
      );
    const queries = [`/relay/v1/validator/auctions?pubkey=${validator.pubkey}`];
    for (const auction of of['auction_id']!)
      queries.push(`/relay/v1/coprocessor/awards/${auction}/${winner.pubkey}?leaves=1`);
    return [...filled, ...queries, '/metrics', '/openapi.json', '/readyz', '/livez'];
  }

  async function eventsSoFar(): Promise<Buffer> {
    const controller = new AbortController();
    const headers = { 'last-event-id': '0' };
    const response = await fetch(`${relay.origin}/relay/v1/events`, { headers, signal: controller.signal });
    const seen: Uint8Array[] = [];
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      seen.push(part);
      if (Buffer.concat(seen).includes('header_available')) break;
    }
    controller.abort();
    return Buffer.concat(seen);
  }

  it('can be found by this search when it is there, in every spelling and place', () => {
    const { result } = delivery;
    const piece = Buffer.from(result.subarray(3, 20));
    for (const spelling of [
      piece,
      piece.toString('hex'),
      `0x${piece.toString('hex').toUpperCase()}`,
      piece.toString('base64'),
    ]) {
      const around = Buffer.concat([randomBytes(1_001), Buffer.from(`"x":"`), Buffer.from(spelling), Buffer.from('"')]);
      expect(leaks.in(around)).toEqual(['result of the delivery']);
    }
    expect(leaks.in(Buffer.from(JSON.stringify(Delivery.toJson(delivery))))).toContain(
      'response_digest of the delivery',
    );
    expect(leaks.in(randomBytes(200_000))).toEqual([]);
  });

  it('is in no answer of any GET route', async () => {
    let controls = 0;
    for (const path of paths()) {
      for (const accept of ['application/json', 'application/octet-stream', '*/*']) {
        const { bytes, headers } = await exchange(relay, path, { headers: { accept } });
        const head = Buffer.from(JSON.stringify([...headers]));
        expect([path, leaks.in(Buffer.concat([bytes, head]))]).toEqual([path, []]);
        controls += known.in(Buffer.concat([bytes, head])).length;
      }
    }
    expect(controls).toBeGreaterThan(1);
  });

  it('is in no event', async () => {
    const events = await eventsSoFar();
    expect(known.in(events)).toEqual(['ciphertext_root']);
    expect(leaks.in(events)).toEqual([]);
  });

  it('is in no refusal that somebody provokes', async () => {
    const wrong = { ...delivery, result: randomBytes(80) };
    for (const body of [wrong, { ...delivery, signature: refused.signature }]) {
      const json = Delivery.toJson(body);
      const { status, bytes } = await exchange(relay, '/relay/v1/coprocessor/deliveries', { body: json });
      expect(status).toBe(400);
      expect(leaks.in(bytes)).toEqual([]);
    }
  });

  it('is nowhere in the log, not even at level trace', () => {
    expect(relay.log).toContain('"level":20');
    expect(relay.log).toContain('/relay/v1/coprocessor/deliveries');
    expect(leaks.in(Buffer.from(relay.log))).toEqual([]);
  });

  it('is nowhere in Postgres, where the root of its ciphertext is found', async () => {
    const columns = await dumpColumns(relay);
    expect(columns.get('deliveries.sealed_key')!.length).toBeGreaterThan(32);
    const holding = [...columns].filter(([, bytes]) => known.in(bytes).length > 0).map(([name]) => name);
    expect(holding).toEqual(
      expect.arrayContaining(['ciphertexts.ciphertext_root', 'deliveries.ciphertext_root', 'events.data']),
    );
    expect([...columns].filter(([, bytes]) => leaks.in(bytes).length > 0).map(([name]) => name)).toEqual([]);
  });

  it('leaves with a commitment, and its key was nowhere before that', async () => {
    const before = {
      columns: Buffer.concat([...(await dumpColumns(relay)).values()]),
      log: Buffer.from(relay.log),
      events: await eventsSoFar(),
    };
    const body = await market.commitmentTo(validator, header);
    const { status, data } = await market.client.call(routes.commit, { body });
    expect(status).toBe(200);
    const { key, attestation } = data as Reveal;
    expect(sha256(fromHex(key))).toBe(header.message.key_hash);
    expect(attestation.message).toEqual(delivery.message);
    const payload = openPayload(await market.client.getPayload(header.message.ciphertext_root), fromHex(key));
    expect(Buffer.compare(payload.result, delivery.result)).toBe(0);
    const sold = new LeakSearch({ key: fromHex(key) });
    expect(Object.entries(before).filter(([, bytes]) => sold.in(bytes).length > 0)).toEqual([]);
    // Not afterwards either: only the buyer has it.
    expect(sold.in(Buffer.concat([...(await dumpColumns(relay)).values()]))).toEqual([]);
    expect(sold.in(Buffer.from(relay.log))).toEqual([]);
    for (const path of paths()) expect(sold.in((await exchange(relay, path)).bytes)).toEqual([]);
  });
});
