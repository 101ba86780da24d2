import { ManualClock } from '@odf/telemetry';
import type { Hex } from '@odf/protocol';
import { describeSettlement } from '../settlement.contract.js';
import { devLineId } from './dev-line.js';
import { MemorySettlement, type MemorySettlementOptions } from './memory-settlement.js';
import { MemoryJournal } from './settlement-journal.js';

const hub: Hex = '0x5fbdb2315678afecb367f032d93f642f64180aa3';
const pubkey: Hex = `0x${'a1'.repeat(48)}`;
const owner: Hex = `0x${'0c'.repeat(20)}`;
const avsId: Hex = `0x${'af'.repeat(32)}`;

function optionsOf(more: Partial<MemorySettlementOptions> = {}): MemorySettlementOptions {
  return { chainId: 31337n, address: hub, clock: new ManualClock(), journal: new MemoryJournal(), ...more };
}

describeSettlement('MemorySettlement', async () => {
  const options = optionsOf();
  const settlement = await MemorySettlement.open(options);
  return {
    settlement,
    pubkeys: [pubkey, `0x${'b2'.repeat(48)}`],
    lineAvsId: null,
    register: (cover) => settlement.registerDev(cover),
    member: { avsId, operator: owner, slashableWei: 32n },
    nowMs: () => BigInt(options.clock.nowMs()),
    destroy: async () => undefined,
  };
});

describe('MemorySettlement', () => {
  it('gives the same line for the same content and writes it once', async () => {
    const options = optionsOf();
    const settlement = await MemorySettlement.open(options);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => settlement.registerDev({ pubkey, owner, cover_wei: 32n })),
    );
    expect(new Set(answers.map(({ line_id }) => line_id))).toEqual(new Set([devLineId(31337n, hub, pubkey, owner)]));
    expect(await options.journal.load()).toHaveLength(1);
  });

  it('sets the cap of the one line anew, up and down, and stays at its first valid_from_ms', async () => {
    const clock = new ManualClock();
    const settlement = await MemorySettlement.open(optionsOf({ clock }));
    const { line_id } = await settlement.registerDev({ pubkey, owner, cover_wei: 32n });
    const before = await settlement.line(line_id);
    clock.advance(1_000);
    for (const cover_wei of [64n, 0n]) {
      expect(await settlement.registerDev({ pubkey, owner, cover_wei })).toEqual({ line_id });
      expect(await settlement.linesOf(pubkey)).toMatchObject([{ line_id, cap_wei: cover_wei }]);
    }
    expect(await settlement.line(line_id)).toEqual({ ...before, cap_wei: 0n, block_number: 3n });
  });

  it('takes upper-case hex as the same key and owner', async () => {
    const settlement = await MemorySettlement.open(optionsOf());
    const upper = (hex: Hex): Hex => `0x${hex.slice(2).toUpperCase()}`;
    const { line_id } = await settlement.registerDev({ pubkey: upper(pubkey), owner: upper(owner), cover_wei: 1n });
    expect(await settlement.linesOf(pubkey)).toMatchObject([{ line_id, owner }]);
  });

  it('is the same after a restart', async () => {
    const options = optionsOf();
    const settlement = await MemorySettlement.open(options);
    await settlement.registerDev({ pubkey, owner, cover_wei: 32n });
    await settlement.registerDev({ pubkey: `0x${'b2'.repeat(48)}`, owner, cover_wei: 5n });
    await settlement.registerDev({ pubkey, owner, cover_wei: 48n });
    await settlement.setStanding(pubkey, { suspended: true, revoked: false });
    const restarted = await MemorySettlement.open({ ...options, clock: new ManualClock(0) });
    expect(await restarted.linesOf(pubkey)).toEqual(await settlement.linesOf(pubkey));
    expect(await restarted.coprocessor(pubkey)).toMatchObject({ suspended: true, revoked: false });
    const { line_id } = await restarted.registerDev({ pubkey, owner, cover_wei: 50n });
    expect(await restarted.line(line_id)).toMatchObject({ cap_wei: 50n, block_number: 5n });
  });

  it('keeps escrows over a restart, and gives zeros of strangers', async () => {
    const options = optionsOf();
    const settlement = await MemorySettlement.open(options);
    const account = { balance_wei: 9n, leaving_wei: 2n, paid_wei: 5n };
    await settlement.setEscrow(owner, account);
    const restarted = await MemorySettlement.open(options);
    expect(await restarted.escrow(owner)).toEqual(account);
    expect(await restarted.escrow(hub)).toEqual({ balance_wei: 0n, leaving_wei: 0n, paid_wei: 0n });
  });

  it('changes nothing when the journal fails, and goes on afterwards', async () => {
    const journal = new MemoryJournal();
    const settlement = await MemorySettlement.open(optionsOf({ journal }));
    const append = jest.spyOn(journal, 'append').mockRejectedValueOnce(new Error('disk full'));
    await expect(settlement.registerDev({ pubkey, owner, cover_wei: 32n })).rejects.toThrow('disk full');
    expect(await settlement.coprocessor(pubkey)).toBeNull();
    await settlement.registerDev({ pubkey, owner, cover_wei: 32n });
    expect(await settlement.linesOf(pubkey)).toHaveLength(1);
    expect(append).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['a short key', { pubkey: '0xa1', owner, cover_wei: 1n }],
    ['a long owner', { pubkey, owner: `${owner}00`, cover_wei: 1n }],
    ['a negative cover', { pubkey, owner, cover_wei: -1n }],
    ['a cover over uint256', { pubkey, owner, cover_wei: 2n ** 256n }],
    ['a key of another owner', { pubkey: `0x${'b2'.repeat(48)}`, owner, cover_wei: 1n }],
  ] as const)('refuses %s and writes nothing', async (_, cover) => {
    const options = optionsOf();
    const settlement = await MemorySettlement.open(options);
    await settlement.registerDev({ pubkey: `0x${'b2'.repeat(48)}`, owner: `0x${'0d'.repeat(20)}`, cover_wei: 1n });
    await expect(settlement.registerDev(cover as never)).rejects.toMatchObject({ code: 'REQUEST_MALFORMED' });
    expect(await options.journal.load()).toHaveLength(1);
  });

  it('refuses to judge an unknown coprocessor', async () => {
    const settlement = await MemorySettlement.open(optionsOf());
    const judging = settlement.setStanding(pubkey, { suspended: true, revoked: false });
    await expect(judging).rejects.toMatchObject({ code: 'COPROCESSOR_UNKNOWN' });
  });

  it('asks a given membership source', async () => {
    const membership = jest.fn(() => ({ live: false, reason: 'slashable stake 1 wei is below 32 wei' }) as const);
    const settlement = await MemorySettlement.open(optionsOf({ membership }));
    expect(await settlement.membership(avsId, owner, 32n)).toEqual(membership());
    expect(membership).toHaveBeenCalledWith(avsId, owner, 32n);
  });

  it('gives other lines on another chain, hub or owner', () => {
    const ids = [
      devLineId(1n, hub, pubkey, owner),
      devLineId(2n, hub, pubkey, owner),
      devLineId(1n, owner, pubkey, owner),
      devLineId(1n, hub, `0x${'b2'.repeat(48)}`, owner),
      devLineId(1n, hub, pubkey, hub),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
