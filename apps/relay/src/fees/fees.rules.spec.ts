import type { Hex } from '@odf/protocol';
import fc from 'fast-check';
import { admitted, exposureWei, headroomWei, type FeeAccount } from './fees.rules.js';

const operator: Hex = `0x${'0a'.repeat(20)}`;
const other: Hex = `0x${'0b'.repeat(20)}`;
const account = (members: Partial<FeeAccount> = {}): FeeAccount => ({
  owedWei: 0n,
  paidWei: 0n,
  balanceWei: 100n,
  leavingWei: 0n,
  ...members,
});

it('counts what is owed and not paid', () => {
  expect(exposureWei({ owedWei: 30n, paidWei: 10n })).toBe(20n);
  expect(exposureWei({ owedWei: 10n, paidWei: 30n })).toBe(0n);
});

it('leaves out of the headroom what is owed and what is leaving', () => {
  expect(headroomWei(account({ owedWei: 30n, paidWei: 10n, leavingWei: 50n }))).toBe(30n);
  expect(headroomWei(account({ leavingWei: 100n }))).toBe(0n);
  expect(headroomWei(account({ owedWei: 101n }))).toBe(0n);
});

it('stays the same when a fee is paid: balance and debt fall together', () => {
  const before = account({ owedWei: 40n });
  expect(headroomWei({ ...before, paidWei: 25n, balanceWei: 75n })).toBe(headroomWei(before));
});

it('admits fees of one operator until its escrow is used up, and smaller ones behind one too large', () => {
  const fee = (fee_wei: bigint, of = operator) => ({ operator: of, fee_wei, escrowed: true });
  const accounts = new Map([[operator, account({ owedWei: 40n })]]);
  expect(admitted([fee(50n), fee(20n), fee(10n), fee(1n), fee(1n, other)], accounts)).toEqual([
    true,
    false,
    true,
    false,
    false,
  ]);
});

it('asks no escrow of fees that stand in none', () => {
  expect(admitted([{ operator, fee_wei: 10n ** 18n, escrowed: false }], new Map())).toEqual([true]);
});

it('never lets exposure pass what stays in the escrow', () => {
  const wei = fc.bigInt({ min: 0n, max: 1000n });
  fc.assert(
    fc.property(fc.array(wei), wei, wei, wei, wei, (asked, owedWei, paidWei, balanceWei, leavingWei) => {
      const before = { owedWei, paidWei, balanceWei, leavingWei };
      const fees = asked.map((fee_wei) => ({ operator, fee_wei, escrowed: true }));
      const taken = admitted(fees, new Map([[operator, before]]));
      const sum = asked.reduce((total, fee, index) => (taken[index] ? total + fee : total), 0n);
      const staying = balanceWei - leavingWei;
      const most = exposureWei(before) > staying ? exposureWei(before) : staying;
      expect(exposureWei(before) + sum).toBeLessThanOrEqual(most > 0n ? most : 0n);
    }),
  );
});
