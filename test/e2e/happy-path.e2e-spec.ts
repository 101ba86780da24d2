import { packBlobs, plugins } from '@odf/avs';
import { verifySignature } from '@odf/bls';
import { paginate, verifyAwardProof, verifyHeader, verifyReceipt, type RelayEvent } from '@odf/client';
import { auditAuction } from '@odf/market';
import {
  Attestation,
  AwardLeaf,
  Bid,
  BidsFrozen,
  Commitment,
  Delivery,
  fromHex,
  ListTree,
  openPayload,
  Receipt,
  REGISTRY_DEPTH,
  routes,
  sha256,
  SignedCommitment,
  SignedHeader,
  signingRoot,
  typedDigest,
  verifyBranch,
  zeroHex,
  type Hex,
  type Member,
  type SignedAward,
  type SignedBid,
  type SignedReceipt,
  type TaskInfo,
} from '@odf/protocol';
import { signedBy, testOutcome, waitFor, type TestValidator } from '@odf/testing';
import { once } from 'node:events';
import { connect } from 'node:net';
import { avsEntry } from '../support/avs.js';
import { EMPTY_BLOB, Market, uncheckedWork, type Bidder, type Work } from '../support/market.js';
import { exchange } from '../support/http.js';
import { odf } from '../support/odf.js';
import { queryDatabase } from '../support/database.js';
import { startRelay, type RelayProcess } from '../support/relay-process.js';

jest.setTimeout(180_000);

const windows = { bidding: 8_000, term: 600_000, deliver: 60_000, commit: 120_000 };
const COMMITMENTS = '/relay/v1/validator/commitments';
const octets = { 'content-type': 'application/octet-stream' };

describe('the whole road from enrollment to outcome', () => {
  const input = packBlobs(Buffer.from('a blob that somebody wants to be available'))[0]!;
  let relay: RelayProcess;
  let market: Market;
  let work: Work;
  let validators: TestValidator[];
  let [cheap, dearer, quitter, bystander]: Bidder[] = [];
  let auctionId: Hex;
  const receipts: SignedReceipt[] = [];

  beforeAll(async () => {
    const avs = [
      avsEntry('da', 1, { verification: 'before', windows_ms: windows }),
      avsEntry('solo', 2, { mode: 'task', windows_ms: { bidding: 3_000, deliver: 30_000, commit: 30_000 } }),
      avsEntry('hello', 3, { plugin: 'echo' }),
    ];
    // Both load the trusted setup for seconds: one core each.
    [relay, work] = await Promise.all([
      startRelay({ avs }),
      plugins['kzg-da'].compute(input, new AbortController().signal),
    ]);
    market = await Market.of(relay);
  });

  const faultOf = (receipt: SignedReceipt) =>
    verifyReceipt(receipt, market.relayPubkey, market.context, verifySignature);
  const post = (bid: SignedBid | SignedBid[]) => market.client.data(routes.placeBid, { body: bid });

  it('enrols validators and registers coprocessors', async () => {
    validators = await market.enrol('da', 4);
    [cheap, dearer, quitter, bystander] = await Promise.all([0, 1, 2, 3].map((number) => market.coprocessor(number)));
    const { avs_id } = market.avs('da');
    const auctions = await market.client.data(routes.validatorAuctions, {
      query: { avs_id, pubkey: validators[0]!.pubkey },
    });
    expect(auctions[0]).toMatchObject({ avs_id, enrollment: 'live', award: null });
    const { data } = (await exchange(relay, `/relay/v1/coprocessor/${cheap!.pubkey}`)).json<{ data: object }>();
    expect(data).toMatchObject({ owner: cheap!.owner, standing: 'good', free_wei: String(10n ** 18n) });
  });

  it('takes bids in JSON, SSZ and arrays, replacements, a cancellation and a standing bid', async () => {
    const { auction_id } = await market.openAuction('da', windows.bidding - 2_000);
    auctionId = auction_id;
    const bid = (bidder: Bidder, units: number, fee_share_bps: number) =>
      market.bidOf(bidder, 'da', { auction_id, steps: [{ fee_share_bps, units }] });
    const [first, second] = [bid(cheap!, 4, 3_000), bid(cheap!, 2, 1_000)];
    receipts.push((await post(first)) as SignedReceipt);
    receipts.push((await market.client.data(routes.placeBid, { body: second, ssz: true })) as SignedReceipt);
    receipts.push(...((await post([bid(dearer!, 1, 1_500), bid(dearer!, 2, 1_500)])) as SignedReceipt[]));
    receipts.push((await post(bid(quitter!, 4, 1))) as SignedReceipt);
    receipts.push((await post(market.bidOf(quitter!, 'da', { auction_id, steps: [] }))) as SignedReceipt);
    const standing = market.bidOf(bystander!, 'da', { steps: [{ fee_share_bps: 4_900, units: 1 }] });
    const own = (await post(standing)) as SignedReceipt;

    expect(receipts.map(({ receipt }) => receipt.seq)).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
    expect(own.receipt).toMatchObject({ auction_id: zeroHex(32), seq: 0n, subject_root: Bid.root(standing.message) });
    expect([...receipts, own].map(faultOf)).toEqual(Array(7).fill(null));
    expect(await post(second)).toEqual(receipts[1]);
  });

  it('awards the two cheapest and proves each award by a branch', async () => {
    await market.cleared('da', auctionId);
    const winners: Hex[] = [];
    for (const { pubkey } of validators) {
      const proofs = await market.client.data(routes.validatorAwards, { params: { auction_id: auctionId, pubkey } });
      expect(proofs).toHaveLength(1);
      expect(verifyAwardProof(proofs[0]!, market.relayPubkey, market.context, verifySignature)).toBeNull();
      winners.push(proofs[0]!.award.message.coprocessor);
      const why = await market.client.data(routes.explain, { params: { auction_id: auctionId, pubkey } });
      expect(why).toMatchObject({ reason: null, award: { coprocessor: winners.at(-1), role: 0 } });
    }
    const both = [cheap!.pubkey, dearer!.pubkey];
    expect(winners.sort()).toEqual([...both, ...both].sort());
  });

  it('tells each coprocessor what it won, with leaves that give the signed root', async () => {
    for (const bidder of [cheap!, dearer!]) {
      const { awards, leaves, units, loss_reason } = await market.awardsOf(bidder, auctionId);
      expect([units, loss_reason, awards.length]).toEqual([2, null, 1]);
      const { root } = ListTree.of(leaves!.map(AwardLeaf.root), REGISTRY_DEPTH);
      expect([root, leaves!.length]).toEqual([awards[0]!.message.award_root, awards[0]!.message.units]);
    }
    expect(await market.awardsOf(quitter!, auctionId)).toMatchObject({ units: 0, loss_reason: 'CANCELLED' });
    const lost = await market.awardsOf(bystander!, auctionId);
    expect(lost).toMatchObject({ units: 0, loss_reason: 'OUTSCORED' });
    // The standing bid's place in this auction is told here.
    expect(lost.receipts.map(({ receipt }) => receipt.seq)).toEqual([7n]);
    receipts.push(...lost.receipts);
    expect(lost.receipts.map(faultOf)).toEqual([null]);
  });

  it('proves every receipt against the frozen bids', async () => {
    const [auction] = await market.client.data(routes.dataAuctions, { query: { auction_id: auctionId } });
    const frozen = auction!.frozen!;
    expect(frozen.message.count).toBe(receipts.length);
    const root = signingRoot(BidsFrozen, frozen.message, market.context);
    expect(verifySignature(market.relayPubkey, root, frozen.signature)).toBe(true);
    for (const { receipt } of receipts) {
      const params = { auction_id: auctionId, bid_root: receipt.subject_root };
      const proof = await market.client.data(routes.getBidProof, { params });
      expect(proof.receipt).toEqual(receipt);
      const leafRoot = Receipt.root(proof.receipt);
      const { index, branch } = proof;
      expect(verifyBranch({ root: frozen.message.bids_root, leafRoot, index, branch, depth: REGISTRY_DEPTH })).toBe(
        true,
      );
    }
  });

  it('publishes a transcript that replays to the same awards, under real signatures', async () => {
    const params = { auction_id: auctionId };
    const { transcript, frozen, transcript_root } = await market.client.data(routes.getTranscript, { params });
    const members: Member[] = [];
    for await (const member of paginate(market.client, routes.getMembers, { params, query: { limit: 3 } })) {
      const { class_index, validator_root, operator } = member as Member;
      members.push({ class_index, validator_root, operator });
    }
    expect(members).toHaveLength(validators.length);
    const awards = await market.client.data(routes.dataAwards, { query: { auction_id: auctionId } });
    const audited = {
      transcript,
      members,
      frozen,
      transcriptRoot: transcript_root,
      awards: awards.map(({ award }) => award),
      relayPubkey: market.relayPubkey,
      context: market.context,
      verify: (signer: Hex, root: Hex, signature: Hex) => Promise.resolve(verifySignature(signer, root, signature)),
    };
    expect(await auditAuction(audited)).toEqual([]);
    const forged = { ...audited, awards: [{ ...audited.awards[0]!, signature: audited.awards[1]!.signature }] };
    expect(await auditAuction(forged)).not.toEqual([]);
  });

  describe('a task', () => {
    let task: TaskInfo;
    let header: SignedHeader;
    let delivery: Delivery;
    let mine: TestValidator;
    let theirs: TestValidator;
    let commitment: SignedCommitment;
    let accepted: SignedReceipt;

    beforeAll(async () => {
      const leaves = (await market.awardsOf(cheap!, auctionId)).leaves!.map(({ validator_root }) => validator_root);
      mine = validators.find(({ root }) => leaves.includes(root))!;
      theirs = validators.find(({ root }) => !leaves.includes(root))!;
    });

    const deliveryOf = async (bidder: Bidder) => {
      const award = (await market.awardsOf(bidder, auctionId)).awards[0] as SignedAward;
      return market.deliveryOf(bidder, 'da', { task, award, work });
    };

    it('is announced with its input', async () => {
      const taskId = await market.postTask('da', input);
      task = await market.announced(taskId);
      expect(task).toMatchObject({ auction_id: auctionId, state: 'open', input: new Uint8Array(input) });
      const raw = await exchange(relay, `/relay/v1/coprocessor/tasks/${taskId}`, {
        headers: { accept: 'application/octet-stream' },
      });
      expect(sha256(raw.bytes)).toBe(sha256(input));
    });

    it('answers a waiting validator as soon as the payload is verified', async () => {
      const params = { task_id: task.task_id, pubkey: mine.pubkey };
      expect((await market.client.call(routes.getHeader, { params })).status).toBe(204);
      const waiting = market.header(mine, task.task_id);
      delivery = await deliveryOf(cheap!);
      const receipt = await market.client.data(routes.deliver, { body: delivery, ssz: true });
      expect(faultOf(receipt)).toBeNull();
      expect(receipt.receipt).toMatchObject({ kind: 2, seq: 0n, subject_root: Attestation.root(delivery.message) });
      header = await waiting;
      expect(verifyHeader(header, market.relayPubkey, market.context, verifySignature)).toBe(true);
      expect(header.message.attestation_root).toBe(Attestation.root(delivery.message));
      // The same delivery again, now as JSON, gets the same receipt.
      expect(await market.client.data(routes.deliver, { body: delivery })).toEqual(receipt);
      const ssz = await market.client.data(routes.getHeader, { params, ssz: true });
      expect(ssz).toEqual(header);
    });

    it('lets anybody prefetch the ciphertext, whole and in ranges', async () => {
      const { ciphertext_root: root, ciphertext_size: size } = header.message;
      const path = `/relay/v1/data/payloads/${root}`;
      const whole = await exchange(relay, path);
      expect([whole.status, sha256(whole.bytes), BigInt(whole.bytes.length)]).toEqual([200, root, size]);
      expect(whole.headers.get('cache-control')).toContain('immutable');
      const get = (headers: Record<string, string>) => exchange(relay, path, { headers });
      for (const [range, from, to] of [
        ['bytes=0-99', 0, 99],
        ['bytes=100-', 100, Number(size) - 1],
        ['bytes=-7', Number(size) - 7, Number(size) - 1],
      ] as const) {
        const part = await get({ range });
        expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes ${from}-${to}/${size}`]);
        expect(part.bytes.equals(whole.bytes.subarray(from, to + 1))).toBe(true);
      }
      expect((await get({ range: `bytes=${size}-` })).status).toBe(416);
      const known = await get({ 'if-none-match': whole.headers.get('etag')! });
      expect([known.status, known.bytes.length]).toEqual([304, 0]);
    });

    it('keeps the key while another primary could still copy the result', async () => {
      commitment = await market.commitmentTo(mine, header);
      const answer = await exchange(relay, COMMITMENTS, { body: SignedCommitment.toJson(commitment) });
      expect(answer.status).toBe(202);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Object.keys(answer.json<{ data: object }>().data)).toEqual(['receipt']);
      const { data } = await market.client.call(routes.commit, { body: commitment });
      accepted = data!.receipt;
      expect(faultOf(accepted)).toBeNull();
      expect(accepted.receipt.subject_root).toBe(Commitment.root(commitment.message));
    });

    it('gives the key once all primaries are verified, and it opens the ciphertext', async () => {
      const other = await deliveryOf(dearer!);
      await market.client.data(routes.deliver, { body: other });
      await market.header(theirs, task.task_id);
      const { status, data } = await market.client.call(routes.commit, { body: commitment });
      if (status !== 200 || !data || !('key' in data)) throw new Error(`no reveal, but ${status}`);
      expect(sha256(fromHex(data.key))).toBe(header.message.key_hash);
      expect(data.receipt).toEqual(accepted);
      expect(Attestation.root(data.attestation.message)).toBe(header.message.attestation_root);
      expect(data.attestation).toEqual({ message: delivery.message, signature: delivery.signature });
      const attested = signingRoot(Attestation, data.attestation.message, market.context);
      expect(verifySignature(cheap!.pubkey, attested, data.attestation.signature)).toBe(true);
      const { ciphertext_root, ciphertext_size } = header.message;
      const ciphertext = await market.client.getPayload(ciphertext_root, { size: Number(ciphertext_size) });
      const payload = openPayload(ciphertext, fromHex(data.key));
      expect(sha256(payload.result)).toBe(sha256(work.result));
      expect(sha256(payload.witness)).toBe(sha256(work.witness));
    });

    it('answers the same commitment with the same bytes, in either encoding, and another one with 409', async () => {
      const json = { body: SignedCommitment.toJson(commitment) };
      const first = await exchange(relay, COMMITMENTS, json);
      const ssz = { body: SignedCommitment.serialize(commitment), headers: octets };
      for (const again of [await exchange(relay, COMMITMENTS, json), await exchange(relay, COMMITMENTS, ssz)]) {
        expect([again.status, again.bytes.equals(first.bytes)]).toEqual([200, true]);
      }
      const message = { ...commitment.message, fee_wei: commitment.message.fee_wei + 1n };
      const other = { ...signedBy(mine.key, Commitment, message, market.context), validator: mine.pubkey };
      const refused = await exchange(relay, COMMITMENTS, { body: SignedCommitment.toJson(other) });
      expect([refused.status, refused.json()['error']]).toEqual([409, 'COMMITMENT_CONFLICT']);
    });

    it('takes the outcome and shows it', async () => {
      const response_digest = market.digestOf('da', task.task_id, work.result);
      const outcome = testOutcome(mine, { task_id: task.task_id, response_digest }, market.context);
      const answer = [{ task_id: task.task_id, validator: mine.pubkey }];
      expect(await market.client.data(routes.reportOutcomes, { body: [outcome] })).toEqual(answer);
      const shown = await market.client.data(routes.dataOutcomes, { query: { task_id: task.task_id } });
      expect(shown).toMatchObject([{ validator: mine.pubkey, status: 2 }]);
    });

    it('states the fee to both sides, as committed, awarded and vouched', async () => {
      const { fee_wei } = commitment.message;
      const { account, operator } = mine;
      const { owner, pubkey } = cheap!;
      const consent = { operator: account, owner, cumulativeWei: fee_wei };
      const signature = await operator.sign({ hash: typedDigest('Voucher', consent, market.context) });
      const voucher = { operator: account, owner, cumulative_wei: fee_wei, signature };
      await market.client.data(routes.postVouchers, { body: [voucher] });
      const state = (...args: string[]) => odf('statement', '--relay', relay.url, '--json', ...args);
      const runs = await Promise.all([
        state('--operator', account),
        state('--validator', mine.pubkey, '--term', auctionId),
        state('--owner', owner, '--avs', market.avs('da').avs_id),
        state('--coprocessor', pubkey, '--from', '2020-01-01'),
      ]);
      const wei = fee_wei.toString();
      const row = {
        task_id: task.task_id,
        validator: mine.pubkey,
        state: 'due',
        outcome: 'accepted',
        vouched_wei: wei,
      };
      for (const { code, stdout, stderr } of runs) {
        expect([code, stderr]).toEqual([0, expect.stringContaining('1 fees in all')]);
        expect(JSON.parse(stdout)).toMatchObject({
          ...{ agrees: true, chain: null, contradictions: [] },
          totals: { committed_wei: wei, due_wei: wei, paid_wei: null, vouched_wei: wei },
          terms: [{ auction_id: auctionId, fees: [row] }],
        });
      }
      const none = await state('--operator', account, '--to', '2020-01-01');
      expect([none.code, JSON.parse(none.stdout)]).toMatchObject([0, { terms: [], totals: { committed_wei: '0' } }]);
    });

    it('states nothing of what it cannot make', async () => {
      const state = (...args: string[]) => odf('statement', '--relay', relay.url, ...args);
      const cases: [args: string[], why: RegExp][] = [
        [[], /name one of --operator, --validator/],
        [['--validator', market.relayPubkey], /never enrolled the validator/],
        [['--coprocessor', market.relayPubkey], /no statement: /],
        [['--owner', cheap!.owner, '--chain-rpc-url', 'http://127.0.0.1:9'], /does not answer/],
        [['--owner', cheap!.owner, '--from', 'yesterday'], /ISO 8601/],
      ];
      const runs = await Promise.all(cases.map(([args]) => state(...args)));
      runs.forEach(({ code, stdout, stderr }, index) => {
        expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(cases[index]![1])]);
      });
    });
  });

  it('runs an auction for a single task in task mode', async () => {
    const [validator] = await market.enrol('solo', 1, { from: 100 });
    await market.bid(cheap!, 'solo', { cover_wei_per_unit: 5n });
    const taskId = await market.postTask('solo', EMPTY_BLOB);
    const task = await market.announced(taskId);
    const auction = await market.auctionIn('solo', task.auction_id, ['running']);
    expect(auction).toMatchObject({ mode: 'task', tasks: [{ task_id: taskId }] });
    const { pubkey } = cheap!;
    const { reserved_wei, free_wei } = await market.client.data(routes.getCoprocessor, { params: { pubkey } });
    expect([reserved_wei, free_wei]).toEqual([5n, 10n ** 18n - 5n]);
    await market.deliver(cheap!, 'solo', task, uncheckedWork());
    const header = await market.header(validator!, taskId);
    const body = await market.commitmentTo(validator!, header);
    const { status, data } = await market.client.call(routes.commit, { body });
    expect([status, sha256(fromHex((data as { key: Hex }).key))]).toEqual([200, header.message.key_hash]);
  });

  it('announces tasks of a lightweight AVS, which need no coprocessor', async () => {
    const taskId = await market.postTask('hello', Buffer.from('world'), 60_000);
    const task = await market.announced(taskId);
    expect(task).toMatchObject({ auction_id: zeroHex(32), state: 'open' });
    const params = { task_id: taskId, pubkey: validators[0]!.pubkey };
    expect((await market.client.call(routes.getHeader, { params })).status).toBe(204);
  });

  it('resumes the event stream by Last-Event-ID without a gap or a duplicate', async () => {
    const [newest] = await queryDatabase<{ id: string }>(relay, 'select max(id)::text as id from events');
    const all = await eventsUntil(newest!.id, Number.MAX_SAFE_INTEGER);
    const resumed = await eventsUntil(newest!.id, 2);
    expect(all.length).toBeGreaterThan(8);
    expect(resumed).toEqual(all);
    const ids = all.map(({ id }) => Number(id));
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    const topics = new Set(all.map(({ topic }) => topic));
    const expected = ['auction_opened', 'auction_frozen', 'auction_cleared', 'task_announced', 'header_available'];
    expect([...topics].sort()).toEqual([...expected, 'outcome'].sort());
    const headers = all.filter(({ topic }) => topic === 'header_available').map(({ data }) => data);
    expect(headers).toHaveLength(3);
    expect(() => headers.map(SignedHeader.fromJson)).not.toThrow();
  });

  /** Events from the first to this one; the connection is broken and resumed after every `each` of them. */
  async function eventsUntil(lastId: string, each: number): Promise<RelayEvent[]> {
    const seen: RelayEvent[] = [];
    const topics = routes.events.query!.parse({}).topics;
    const isDone = () => seen.at(-1)?.id === lastId;
    await waitFor(
      async () => {
        const controller = new AbortController();
        const lastEventId = seen.at(-1)?.id ?? '0';
        let taken = 0;
        for await (const event of market.client.events(topics, { signal: controller.signal, lastEventId })) {
          seen.push(event);
          if ((taken += 1) === each || isDone()) break;
        }
        controller.abort();
        return isDone();
      },
      { timeoutMs: 30_000, what: `event ${lastId}` },
    );
    return seen;
  }

  it('stops when it is told to, though a client has connected ahead of need', async () => {
    const early = connect(Number(new URL(relay.origin).port), '127.0.0.1');
    await once(early, 'connect');
    // The relay has seen that connection once it answers a later one.
    await exchange(relay, '/livez');
    expect(await relay.stop()).toBe(0);
    expect(relay.log).not.toMatch(/"level":(50|60)/);
  });
});
