import { RelayError } from '@odf/client';
import {
  Attestation,
  Award,
  AwardLeaf,
  Commitment,
  keyRoot,
  ListTree,
  REGISTRY_DEPTH,
  zeroHex,
  type AvsInfo,
  type CoprocessorFee,
  type FeeState,
  type Hex,
  type Voucher,
} from '@odf/protocol';
import { signedBy, testEnrollment, testKey, testValidator } from '@odf/testing';
import { deployment, FakeChain } from '../../test/fake-chain.js';
import { FakeRelay } from '../../test/fake-relay.js';
import { testParts } from '../../test/parts.js';
import { parseStrategy } from '../strategy.js';
import { SettlementKeeper } from './keeper.js';
import { Sending } from './sending.js';

const ETHER = 10n ** 18n;
const DAY_MS = 86_400_000;
const owner: Hex = `0x${'0a'.repeat(20)}`;
const avs: Pick<AvsInfo, 'avs_id' | 'name' | 'chain_id' | 'avs'> = {
  avs_id: `0x${'bb'.repeat(32)}`,
  name: 'kzg-da',
  chain_id: 31_337n,
  avs: `0x${'a5'.repeat(20)}`,
};
const { account: operator } = testValidator(0);

const strategyOf = (settlement: string) =>
  parseStrategy(
    `capacity: { units: 6 }
avs: [{ avs: kzg-da, steps: [{ fee_share_bps: 900, units: 4 }], cover_wei_per_unit: 5 }]
settlement: ${settlement}`,
  ).settlement;
const covered = `
  collateral: [{ wei: ${5n * ETHER} }]
  lines: [{ avs: kzg-da, cap_wei: ${2n * ETHER}, oracle: "0x${'0e'.repeat(20)}", term_days: 20 }]
  redeem_above_wei: 100`;

async function setUp(settlement = covered) {
  const world = await testParts();
  const relay = new FakeRelay();
  const chain = new FakeChain(world.parts.key.pubkey);
  const session = {
    client: relay.client,
    pubkey: relay.secret.pubkey,
    relayRoot: relay.relayRoot,
    context: relay.context,
  };
  const unknown = () => {
    throw new RelayError('COPROCESSOR_UNKNOWN', 'unknown', { status: 404 });
  };
  relay.on('listAvs', () => [{ ...avs, operator_set_id: 7 }]);
  for (const route of ['getCoprocessor', 'getVouchers', 'coprocessorFees']) relay.on(route, unknown);
  const outcomes: string[] = [];
  const { clock, logger, key, store } = world.parts;
  const make = () =>
    new SettlementKeeper({
      ...{ key, owner, deployment, chain, store, clock, logger },
      sending: new Sending({
        sender: chain,
        clock,
        logger,
        count: (kind, outcome) => outcomes.push(`${kind} ${outcome}`),
      }),
      strategy: strategyOf(settlement),
      relays: () => [session],
    });
  return { ...world, relay, chain, session, outcomes, make, keeper: make(), signal: new AbortController().signal };
}
type World = Awaited<ReturnType<typeof setUp>>;

let world: World;
afterEach(() => world.close());

describe('a keeper of registration, collateral and lines', () => {
  it('registers, deposits and opens once, and finds all of it again after a restart', async () => {
    world = await setUp();
    await world.keeper.round(world.signal);
    expect(world.chain.names()).toEqual(['register', 'deposit', 'open']);
    expect(world.keeper.problems).toEqual([]);
    const [id] = world.chain.lines.keys();
    expect(world.keeper.linesFor(world.session.relayRoot, avs.avs_id)).toEqual([id]);
    const again = world.make();
    await again.round(world.signal);
    expect(world.chain.sent).toHaveLength(3);
    expect(again.linesFor(world.session.relayRoot, avs.avs_id)).toEqual([id]);
    expect(world.chain.sent.map(({ key }) => key)).toEqual([
      `register:${keyRoot(world.parts.key.pubkey)}`,
      `deposit:${zeroHex(20)}:0:${5n * ETHER}:1`,
      `line:${id}`,
    ]);
  });

  it('opens a pooled line for this relay and AVS on the terms of the strategy', async () => {
    world = await setUp();
    await world.keeper.round(world.signal);
    const [line] = world.chain.lines.values();
    expect(line!.terms).toMatchObject({
      coprocessor: keyRoot(world.parts.key.pubkey),
      owner,
      relayRoot: world.session.relayRoot,
      operator: zeroHex(20),
      avs: avs.avs,
      operatorSetId: 7,
      attributor: avs.avs,
      cap: 2n * ETHER,
      coverageBips: 9_000,
      faultMask: 2n,
    });
  });

  it('renews a line when a quarter of its term is left, and names the new one first', async () => {
    world = await setUp();
    await world.keeper.round(world.signal);
    const [old] = [...world.chain.lines.keys()];
    world.parts.clock.advance(14 * DAY_MS);
    await world.keeper.round(world.signal);
    expect(world.chain.lines.size).toBe(1);
    world.parts.clock.advance(3 * DAY_MS);
    await world.keeper.round(world.signal);
    const [, next] = [...world.chain.lines.keys()];
    expect(world.keeper.linesFor(world.session.relayRoot, avs.avs_id)).toEqual([next, old]);
  });

  it('tells where to send funds, and goes on when they are there', async () => {
    world = await setUp();
    world.chain.funds = 5n;
    await world.keeper.round(world.signal);
    expect(world.chain.sent).toEqual([]);
    expect(world.keeper.problems[0]).toMatch(new RegExp(`send ETH to ${owner}: it holds 5 wei`));
    world.chain.funds = 10n * ETHER;
    await world.keeper.round(world.signal);
    expect([world.chain.names(), world.keeper.problems]).toEqual([['register', 'deposit', 'open'], []]);
  });

  it.each<[string, RegExp, (chain: FakeChain) => void]>([
    ["another owner's key", /belongs to 0x99/, (chain) => (chain.registered = { owner: '0x99', revokedAt: 0n })],
    ['a revoked key', /is revoked/, (chain) => (chain.registered = { owner, revokedAt: 1n })],
    ['an unlisted AVS', /does not list kzg-da/, (chain) => (chain.listed = false)],
    ['a foreign oracle', /does not allow 0x0e/, (chain) => (chain.allowed = false)],
    ['too little collateral', /raise settlement.collateral/, (chain) => (chain.locked = 4n * ETHER)],
  ])('opens no line for %s, and says why', async (_, problem, spoil) => {
    world = await setUp();
    spoil(world.chain);
    await world.keeper.round(world.signal);
    expect(world.chain.names()).not.toContain('open');
    expect(world.keeper.problems).toEqual([expect.stringMatching(problem)]);
  });

  it('leaves what was reverted alone for a minute, then tries under the next key', async () => {
    world = await setUp();
    world.chain.refusals.set('register', 'BadPossession()');
    await world.keeper.round(world.signal);
    await world.keeper.round(world.signal);
    const keys = () => world.chain.sent.filter(({ name }) => name === 'register').map(({ key }) => key);
    expect(keys()).toHaveLength(1);
    expect(world.keeper.problems[0]).toMatch(/BadPossession/);
    world.chain.refusals.clear();
    world.parts.clock.advance(60_000);
    await world.keeper.round(world.signal);
    expect(keys()[1]).toBe(`${keys()[0]}#1`);
    expect(world.outcomes).toEqual(expect.arrayContaining(['register failed', 'register success']));
  });
});

describe('a keeper of payments', () => {
  const voucher = (cumulative_wei: bigint): Voucher => ({ operator, owner, cumulative_wei, signature: '0x01' });
  const relayRoot = () => world.session.relayRoot;
  const taskOf = (index: number): Hex => `0x${index.toString(16).padStart(64, '0')}`;

  async function paying(settlement = '{ redeem_above_wei: 100, draw_after_ms: 1000 }') {
    world = await setUp(settlement);
    world.chain.registered = { owner, revokedAt: 0n };
    world.chain.channels.set(operator, { paidWei: 0n, provedWei: 0n, balanceWei: 10_000n });
  }

  /** A fee of 300 wei as the relay shows it, with the attestation in the store. */
  async function fee(index: number, state: FeeState = 'due'): Promise<CoprocessorFee> {
    const { key, store, clock } = world.parts;
    const validator = testValidator(0);
    const settled_at_ms = BigInt(clock.nowMs());
    const leaf = { validator_root: validator.root, operator, max_liability: 5n, fee_wei: 300n };
    const tree = ListTree.of([AwardLeaf.root(leaf)], REGISTRY_DEPTH);
    const facts = { auction_id: taskOf(99), coprocessor: key.pubkey, line_id: taskOf(98) };
    const terms = { units: 1, term_start_ms: 0n, term_end_ms: 1n, role: 0, award_root: tree.root };
    const award = { ...facts, avs_id: avs.avs_id, ...terms };
    const attestation: Attestation = {
      ...{ line_id: facts.line_id, auction_id: facts.auction_id, task_id: taskOf(index), award_root: tree.root },
      ...{ input_root: taskOf(1), result_root: taskOf(2), witness_root: taskOf(3), response_digest: taskOf(4) },
      ...{ salt: taskOf(5), issued_at_ms: 0n, expires_at_ms: 1n, seq: 1n },
    };
    const context = world.relay.context;
    await store.putSettled(relayRoot(), {
      ...{ task_id: taskOf(index), role: 0, avs_id: avs.avs_id, deliver_by_ms: 0n, units: 1, fee_wei: 300n },
      attestation: signedBy(key, Attestation, attestation, context),
      state: 'delivered',
    });
    const attestation_root = Attestation.root(attestation);
    const message = {
      auction_id: facts.auction_id,
      task_id: taskOf(index),
      coprocessor: key.pubkey,
      attestation_root,
      fee_wei: 300n,
    };
    const { signature } = signedBy(validator.key, Commitment, message, context);
    const enrollment = await testEnrollment(validator, { avs_id: avs.avs_id }, context);
    const proof = {
      commitment: { message, validator: validator.pubkey, signature },
      delegation: null,
      enrollment: { message: enrollment.message, operator_signature: enrollment.operator_signature },
      award: { award: signedBy(testKey(7), Award, award, context), leaf, ...tree.branch(0) },
    };
    return {
      ...{ id: String(index), task_id: taskOf(index), auction_id: facts.auction_id, avs_id: avs.avs_id },
      ...{ validator: validator.pubkey, operator, coprocessor: key.pubkey, owner, role: 0, fee_wei: 300n, state },
      committed_at_ms: 0n,
      settled_at_ms: state === 'exposed' ? null : settled_at_ms,
      proof: state === 'due' ? proof : null,
    };
  }

  const shows = (fees: CoprocessorFee[]) => world.relay.on('coprocessorFees', () => fees);

  it('redeems the highest voucher when it is worth it, and takes the payment out', async () => {
    await paying();
    world.relay.on('getVouchers', () => [voucher(99n)]);
    await world.keeper.round(world.signal);
    expect(world.chain.sent).toEqual([]);
    world.relay.on('getVouchers', () => [voucher(150n)]);
    await world.keeper.round(world.signal);
    await world.keeper.round(world.signal);
    expect(world.chain.names()).toEqual(['redeem', 'collect']);
    expect(world.chain.sent[0]!.key).toBe(`redeem:${operator}:150:0`);
    expect(world.keeper.payments.totals).toMatchObject({ paidWei: 150n, promisedWei: 150n, collectableWei: 0n });
  });

  it('redeems what is little at the end, where the strategy says so', async () => {
    await paying('{ redeem_above_wei: 100, redeem_at_shutdown: true }');
    world.relay.on('getVouchers', () => [voucher(99n)]);
    await world.keeper.round(world.signal);
    expect(world.chain.sent).toEqual([]);
    await world.keeper.finish(world.signal);
    expect(world.chain.names()).toEqual(['redeem', 'collect']);
  });

  it('takes no voucher for another owner', async () => {
    await paying();
    world.relay.on('getVouchers', () => [{ ...voucher(500n), owner: zeroHex(20) }]);
    await world.keeper.round(world.signal);
    expect(world.chain.sent).toEqual([]);
  });

  it('draws due fees without a voucher once they are old enough, each once', async () => {
    await paying();
    shows([await fee(3, 'exposed'), await fee(2), await fee(1)]);
    await world.keeper.round(world.signal);
    expect(world.chain.sent).toEqual([]);
    world.parts.clock.advance(1_000);
    await world.keeper.round(world.signal);
    await world.make().round(world.signal);
    expect(world.chain.drawn).toEqual([300n, 300n]);
    expect(world.chain.names().filter((name) => name === 'draw')).toHaveLength(2);
    expect(world.keeper.payments.totals).toMatchObject({ paidWei: 600n, dueWei: 600n });
  });

  it('draws nothing that a voucher covers', async () => {
    await paying('{ redeem_above_wei: 1000000, draw_after_ms: 0 }');
    shows([await fee(2), await fee(1)]);
    world.relay.on('getVouchers', () => [voucher(600n)]);
    await world.keeper.round(world.signal);
    expect(world.chain.sent).toEqual([]);
  });

  it('draws nothing where nobody tells accepted responses', async () => {
    await paying('{ draw_after_ms: 0, redeem_above_wei: 1 }');
    world.chain.acceptance = null;
    shows([await fee(1)]);
    await world.keeper.round(world.signal);
    expect(world.chain.sent).toEqual([]);
  });

  it('takes a fee that was counted before for drawn', async () => {
    await paying('{ draw_after_ms: 0, redeem_above_wei: 1 }');
    world.chain.refusals.set('draw', 'FeeAlreadyCounted(0x01)');
    shows([await fee(1)]);
    await world.keeper.round(world.signal);
    world.parts.clock.advance(DAY_MS);
    await world.keeper.round(world.signal);
    expect(world.chain.names()).toEqual(['draw']);
  });
});
