import { zeroHex, type Hex } from '@odf/protocol';
import { ChainWorld, devAvs, first, RELAY_ROOT, second, testAvsId } from '../../test/chain-world.js';
import { describeSettlement } from '../settlement.contract.js';
import type { Membership } from '../settlement.js';
import { ChainIndexer } from './chain-indexer.js';
import { ChainSettlement } from './chain-settlement.js';
import { MirrorReader } from './mirror-reader.js';
import { MemoryMirrorStore } from './memory-mirror-store.js';

jest.setTimeout(60_000);

const operator: Hex = `0x${'0b'.repeat(20)}`;
const live = async (): Promise<Membership> => ({ live: true });

let world: ChainWorld;
let snapshot: Hex;
beforeAll(async () => {
  world = await ChainWorld.start();
});
afterAll(() => world.stop());
beforeEach(async () => {
  snapshot = await world.node.snapshot();
});
afterEach(() => world.node.revert({ id: snapshot }));

/** A settlement on the chain as it is, and how its mirror catches up. */
function settled(confirmations = 1) {
  const { client, deployment, startBlock } = world;
  const store = new MemoryMirrorStore();
  const indexer = new ChainIndexer({ client, deployment, store, startBlock });
  const reader = new MirrorReader(store, confirmations, () => indexer.tip?.hash);
  const settlement = new ChainSettlement({ client, deployment, reader, membership: { membership: live } });
  const catchUp = async (): Promise<void> => {
    while ((await indexer.step()).did !== 'nothing');
  };
  return { settlement, reader, catchUp };
}

describeSettlement('ChainSettlement', async () => {
  const { settlement, catchUp } = settled();
  await catchUp();
  return {
    settlement,
    pubkeys: [first.pubkey, second.pubkey],
    lineAvsId: testAvsId,
    register: async ({ pubkey, owner, cover_wei }) => {
      const coprocessor = [first, second].find((each) => each.pubkey === pubkey)!;
      const [line_id] = await world.cover({ ...coprocessor, owner }, cover_wei);
      await catchUp();
      return { line_id: line_id! };
    },
    member: { avsId: testAvsId, operator, slashableWei: 32n },
    nowMs: () => BigInt(Date.now()),
    destroy: async () => undefined,
  };
});

describe('ChainSettlement', () => {
  it('counts registrations and lines once they are confirmed', async () => {
    const { settlement, catchUp } = settled(3);
    const [lineId] = await world.cover(first, 32n);
    for (const [blocks, seen] of [
      [0, null],
      [1, null],
      [1, lineId],
    ] as const) {
      if (blocks > 0) await world.node.mine({ blocks });
      await catchUp();
      expect((await settlement.line(lineId!))?.line_id ?? null).toBe(seen);
      expect(await settlement.linesOf(first.pubkey)).toHaveLength(seen ? 1 : 0);
    }
    expect(await settlement.coprocessor(first.pubkey)).toMatchObject({ owner: first.owner, revoked: false });
  });

  it('counts a revocation at once', async () => {
    const { settlement, catchUp } = settled(5);
    await world.cover(first, 32n);
    await world.node.mine({ blocks: 5 });
    await world.revoke(first);
    await catchUp();
    expect(await settlement.coprocessor(first.pubkey)).toMatchObject({ revoked: true, bonded: true });
  });

  it('takes what claims hold and draw off a line at once, and gives holds back once they are confirmed', async () => {
    const { settlement, catchUp } = settled(3);
    const [lineId] = await world.cover(first, 100n);
    await world.node.mine({ blocks: 3 });
    const taken = async (): Promise<bigint> => {
      await catchUp();
      return (await settlement.line(lineId!))!.taken_wei;
    };
    expect(await taken()).toBe(0n);
    await world.claim('hold', lineId!, 70n);
    expect(await taken()).toBe(70n);
    await world.node.mine({ blocks: 3 });
    await world.draw(lineId!, 30n, operator);
    expect(await taken()).toBe(70n);
    await world.claim('unhold', lineId!, 40n);
    expect(await taken()).toBe(70n);
    await world.node.mine({ blocks: 2 });
    expect(await taken()).toBe(30n);
  });

  it('leaves nothing of a closed line', async () => {
    const { settlement, catchUp } = settled();
    const [lineId] = await world.cover(first, 100n);
    await world.claim('hold', lineId!, 10n);
    await world.draw(lineId!, 10n, operator);
    await world.node.setNextBlockTimestamp({ timestamp: 4_102_444_800n + 121n * 86_400n });
    await world.close(lineId!);
    await catchUp();
    expect(await settlement.line(lineId!)).toMatchObject({ cap_wei: 100n, taken_wei: 100n });
  });

  it('tells what each line covers, and what its claims must satisfy', async () => {
    const { settlement, reader, catchUp } = settled();
    const [pooled] = await world.cover(first, 100n);
    await catchUp();
    const { terms } = (await reader.newest('line', pooled!))!;
    await world.deposit(first.owner, 5n);
    const dedicated = { ...terms, operator: first.owner, relayRoot: zeroHex(32), cap: 5n, pinnedSlasher: devAvs.avs };
    await world.open({ ...dedicated, coverageBips: 10, faultMask: 4n, allowRedistribution: true });
    await catchUp();
    const [one, other] = await settlement.linesOf(first.pubkey);
    const { oracle, attributor } = devAvs;
    const paid = { oracle, attributor, coverage_bips: 9_000, pinned_slasher: null, allow_redistribution: false };
    expect(one).toMatchObject({ operator: null, relay_root: RELAY_ROOT, avs_id: testAvsId, claim_terms: paid });
    expect(other).toMatchObject({ operator: first.owner, relay_root: null, cap_wei: 5n });
    const least = { oracle, attributor, coverage_bips: 10, pinned_slasher: devAvs.avs, allow_redistribution: true };
    expect(other!.claim_terms).toEqual({ ...least, fault_mask: 4n });
  });

  it('counts deposits once they are confirmed and announced withdrawals at once', async () => {
    const { settlement, catchUp } = settled(3);
    const account = async () => {
      await catchUp();
      return settlement.escrow(operator);
    };
    await world.fund(operator, 100n);
    expect(await account()).toEqual({ balance_wei: 0n, leaving_wei: 0n, paid_wei: 0n });
    await world.node.mine({ blocks: 2 });
    expect(await account()).toEqual({ balance_wei: 100n, leaving_wei: 0n, paid_wei: 0n });
    await world.fund(operator, 50n);
    expect(await account()).toEqual({ balance_wei: 100n, leaving_wei: 0n, paid_wei: 0n });
    await world.leave(operator, 80n);
    expect(await account()).toEqual({ balance_wei: 150n, leaving_wei: 80n, paid_wei: 0n });
    await world.node.mine({ blocks: 3 });
    await world.leave(operator, 0n);
    expect(await account()).toEqual({ balance_wei: 150n, leaving_wei: 80n, paid_wei: 0n });
  });
});

describe('contract signatures', () => {
  const digest: Hex = `0x${'dd'.repeat(32)}`;
  const wallet: Hex = `0x${'77'.repeat(20)}`;
  /** Answers each call with one word. */
  const answering = (word: string): Hex => `0x7f${word.padEnd(64, '0')}5f5260205ff3`;

  it.each<[string, Hex, boolean]>([
    ['the magic value', answering('1626ba7e'), true],
    ['another value', answering('ffffffff'), false],
    ['the magic value with junk behind it', answering('1626ba7e00000001'), false],
    ['nothing', '0x00', false],
    ['a revert', '0x5f5ffd', false],
    ['an invalid opcode', '0xfe', false],
  ])('judges a contract that answers with %s', async (_, bytecode, holds) => {
    const { settlement } = settled();
    await world.node.setCode({ address: wallet, bytecode });
    expect(await settlement.isValidContractSignature(wallet, digest, '0x01')).toBe(holds);
  });
});
