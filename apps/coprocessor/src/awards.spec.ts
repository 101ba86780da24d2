import {
  Award,
  AwardLeaf,
  Bid,
  ListTree,
  REGISTRY_DEPTH,
  zeroHex,
  type AvsInfo,
  type CoprocessorAuction,
  type CoprocessorAwards,
  type Hex,
} from '@odf/protocol';
import { signMessage } from '@odf/client';
import { FakeRelay } from '../test/fake-relay.js';
import { testParts } from '../test/parts.js';
import { Awards } from './awards.js';
import type { CoverLine } from './session.js';

const id = (digit: string): Hex => `0x${digit.repeat(64)}`;
const avs = { avs_id: id('b') } as AvsInfo;
const auction = {
  auction_id: id('1'),
  avs_id: id('b'),
  reward_ref_wei: 10_000n,
  term_start_ms: 1n,
  term_end_ms: 2n,
} as CoprocessorAuction;
const lines = [{ line_id: id('a'), cap_wei: 100n }] as CoverLine[];
const leaf: AwardLeaf = { validator_root: id('2'), operator: zeroHex(20), max_liability: 5n, fee_wei: 900n };

async function setUp() {
  const world = await testParts();
  const relay = new FakeRelay();
  const session = {
    client: relay.client,
    pubkey: relay.secret.pubkey,
    relayRoot: relay.relayRoot,
    context: relay.context,
  };
  const bid: Bid = {
    auction_id: zeroHex(32),
    avs_id: id('b'),
    coprocessor: world.parts.key.pubkey,
    line_id: id('a'),
    cover_wei_per_unit: 5n,
    assurance: 0,
    standby: 0,
    steps: [{ fee_share_bps: 900, units: 4 }],
    valid_until: 9n,
    nonce: 1n,
  };
  await world.parts.store.putBid(relay.relayRoot, {
    bid: { message: bid, signature: zeroHex(96) },
    state: 'placed',
    at_ms: 1n,
  });
  return { ...world, relay, bid, awards: new Awards(session, world.parts) };
}

let world: Awaited<ReturnType<typeof setUp>>;
beforeEach(async () => {
  world = await setUp();
});
afterEach(() => world.close());

function answer(change: Partial<CoprocessorAwards> = {}): CoprocessorAwards {
  const { relay, bid } = world;
  const message: Award = {
    auction_id: id('1'),
    avs_id: id('b'),
    role: 0,
    coprocessor: bid.coprocessor,
    line_id: id('a'),
    award_root: ListTree.of([AwardLeaf.root(leaf)], REGISTRY_DEPTH).root,
    units: 1,
    term_start_ms: 1n,
    term_end_ms: 2n,
  };
  return {
    receipts: [relay.receipt('bid', id('1'), Bid.root(bid), bid.coprocessor)],
    awards: [signMessage(Award, message, relay.secret, relay.context)],
    price_bps: 900,
    units: 1,
    loss_reason: null,
    leaves: [leaf],
    ...change,
  };
}

const learn = () => world.awards.learn(auction, avs, lines);

describe('Awards', () => {
  it('waits while the relay has not cleared the auction', async () => {
    world.relay.on('coprocessorAwards', () => null);
    expect(await learn()).toBeUndefined();
  });

  it('keeps what it won, with the receipt of its standing bid, and does not ask again', async () => {
    world.relay.on('coprocessorAwards', () => answer());
    expect(await learn()).toMatchObject({ state: 'won', max_liability_wei: 5n, fee_wei: 900n });
    await world.reopen();
    expect(await learn()).toMatchObject({ state: 'won', awards: [{ leaves: [leaf] }] });
    expect(world.relay.callsOf('coprocessorAwards')).toHaveLength(1);
    expect(world.receipts).toHaveLength(1);
  });

  it('remembers why it lost', async () => {
    world.relay.on('coprocessorAwards', () => answer({ awards: [], leaves: [], loss_reason: 'OUTSCORED' }));
    expect(await learn()).toMatchObject({ state: 'lost', reason: 'OUTSCORED' });
  });

  it.each<[string, () => Partial<CoprocessorAwards>, RegExp]>([
    ['a forged leaf', () => ({ leaves: [{ ...leaf, fee_wei: 901n }] }), /do not give its award_root/],
    ['missing leaves', () => ({ leaves: undefined }), /with 0 leaves/],
    [
      'an award that the relay did not sign',
      () => ({ awards: [{ ...answer().awards[0]!, signature: answer().receipts[0]!.batch.signature }] }),
      /has not signed it/,
    ],
    [
      'a receipt of somebody else',
      () => ({ receipts: [world.relay.receipt('bid', id('1'), id('f'), world.bid.coprocessor)] }),
      /not ours/,
    ],
  ])('refuses %s', async (_what, change, reason) => {
    world.relay.on('coprocessorAwards', () => answer(change()));
    const record = await learn();
    expect(record).toMatchObject({ state: 'refused', awards: [] });
    expect(record!.reason).toMatch(reason);
  });
});
