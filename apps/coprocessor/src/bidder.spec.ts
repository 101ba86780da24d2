import { Bid, zeroHex, type AvsInfo, type CoprocessorAuction, type Hex, type SignedBid } from '@odf/protocol';
import { FakeRelay, refused, unheard } from '../test/fake-relay.js';
import { testParts } from '../test/parts.js';
import { Bidder, type BidSituation } from './bidder.js';

const id = (digit: string): Hex => `0x${digit.repeat(64)}`;
const line = {
  line_id: id('a'),
  avs_id: null,
  kind: 1,
  asset: zeroHex(20),
  cap_wei: 100n,
  reserved_wei: 0n,
  free_wei: 100n,
  valid_from_ms: 0n,
  valid_until_ms: 2n ** 60n,
};

async function setUp() {
  const world = await testParts();
  const relay = new FakeRelay();
  const session = {
    client: relay.client,
    pubkey: relay.secret.pubkey,
    relayRoot: relay.relayRoot,
    context: relay.context,
  };
  relay.on('placeBid', ({ body }) => {
    const { message } = body as SignedBid;
    return relay.receipt('bid', message.auction_id, Bid.root(message), message.coprocessor);
  });
  const situation: BidSituation = {
    avs: { avs_id: id('b') } as AvsInfo,
    strategy: world.parts.strategy.avs[0]!,
    auctions: [],
    line,
  };
  return { ...world, relay, situation, bidder: new Bidder(session, world.parts), relayRoot: relay.relayRoot };
}

let world: Awaited<ReturnType<typeof setUp>>;
beforeEach(async () => {
  world = await setUp();
});
afterEach(() => world.close());

const sent = () => world.relay.callsOf('placeBid').map(({ body }) => body as SignedBid);

describe('Bidder', () => {
  it('places one standing bid and keeps its receipt', async () => {
    await world.bidder.update(world.situation);
    await world.bidder.update(world.situation);
    expect(sent()).toHaveLength(1);
    expect(sent()[0]!.message).toMatchObject({ auction_id: zeroHex(32), steps: [{ fee_share_bps: 900, units: 4 }] });
    expect(world.receipts).toHaveLength(1);
  });

  it('sends the same bytes again when it heard nothing, also after a restart', async () => {
    const answer = (call: { body?: unknown }) => {
      const { message } = call.body as SignedBid;
      return world.relay.receipt('bid', message.auction_id, Bid.root(message), message.coprocessor);
    };
    world.relay.on('placeBid', () => {
      throw unheard();
    });
    await expect(world.bidder.update(world.situation)).rejects.toThrow('cannot be reached');
    await world.reopen();
    world.parts.clock.advance(5_000);
    world.relay.on('placeBid', answer);
    await world.bidder.update(world.situation);
    expect(sent()).toHaveLength(2);
    expect(sent()[1]).toEqual(sent()[0]);
  });

  it('replaces a bid by a higher nonce when the strategy changes, and withdraws it when it is switched off', async () => {
    await world.bidder.update(world.situation);
    const strategy = { ...world.situation.strategy, steps: [{ fee_share_bps: 700, units: 2 }] };
    await world.bidder.update({ ...world.situation, strategy });
    await world.bidder.update({ ...world.situation, strategy: { ...strategy, enabled: false } });
    const [first, second, third] = sent().map(({ message }) => message);
    expect(second!.nonce).toBeGreaterThan(first!.nonce);
    expect(third!.nonce).toBeGreaterThan(second!.nonce);
    expect(second!.steps).toEqual([{ fee_share_bps: 700, units: 2 }]);
    expect(third!.steps).toEqual([]);
  });

  it('renews a bid when half of its time is over', async () => {
    await world.bidder.update(world.situation);
    world.parts.clock.advance(86_400_000 / 2 + 1_000);
    await world.bidder.update(world.situation);
    expect(sent()).toHaveLength(2);
  });

  it('offers only the units that running terms leave', async () => {
    world.parts.capacity.set('term elsewhere', { units: 5, tasks_per_second: 0, from_ms: 0n, to_ms: 2n ** 61n });
    await world.bidder.update(world.situation);
    expect(sent()[0]!.message.steps).toEqual([{ fee_share_bps: 900, units: 1 }]);
  });

  it('bids for each open auction when it has no standing bid', async () => {
    const auction = (digit: string, state: string) =>
      ({ auction_id: id(digit), state, term_start_ms: 10n, term_end_ms: 20n }) as CoprocessorAuction;
    const strategy = { ...world.situation.strategy, standing: false };
    await world.bidder.update({
      ...world.situation,
      strategy,
      auctions: [auction('1', 'open'), auction('2', 'frozen')],
    });
    expect(sent().map(({ message }) => message.auction_id)).toEqual([id('1')]);
  });

  it('raises a nonce that the relay knows to be stale, and leaves other refusals alone for a while', async () => {
    world.relay.on('placeBid', () => {
      throw refused('BID_NONCE_STALE', 409);
    });
    await world.bidder.update(world.situation);
    world.relay.on('placeBid', () => {
      throw refused('BID_LINE_INVALID', 422);
    });
    await world.bidder.update(world.situation);
    expect(sent()[1]!.message.nonce).toBeGreaterThan(sent()[0]!.message.nonce);
    await world.bidder.update(world.situation);
    expect(sent()).toHaveLength(2);
    world.parts.clock.advance(20_000);
    await world.bidder.update(world.situation);
    expect(sent()).toHaveLength(3);
  });

  it('does not take a receipt that the relay has not signed', async () => {
    world.relay.on('placeBid', ({ body }) => {
      const { message } = body as SignedBid;
      const receipt = world.relay.receipt('bid', message.auction_id, Bid.root(message), message.coprocessor);
      return { ...receipt, receipt: { ...receipt.receipt, at_ms: 99n } };
    });
    await expect(world.bidder.update(world.situation)).rejects.toThrow(/not in the batch/);
    expect(world.receipts).toHaveLength(0);
  });
});
