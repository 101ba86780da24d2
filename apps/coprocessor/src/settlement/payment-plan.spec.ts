import { feesToDraw, redeemableWei } from './payment-plan.js';

const channel = (paidWei: bigint, provedWei: bigint, balanceWei: bigint) => ({ paidWei, provedWei, balanceWei });
const fees = [10n, 20n, 30n].map((fee_wei, index) => ({ id: String(index), fee_wei }));

describe('redeemableWei', () => {
  it.each([
    ['what exceeds the payments so far', 100n, channel(30n, 0n, 500n), 70n],
    ['what the escrow holds', 100n, channel(30n, 0n, 5n), 5n],
    ['nothing twice', 100n, channel(100n, 0n, 500n), 0n],
    ['nothing below what was paid', 10n, channel(100n, 0n, 500n), 0n],
  ])('is %s', (_, cumulative, given, expected) => {
    expect(redeemableWei(cumulative, given)).toBe(expected);
  });
});

describe('feesToDraw', () => {
  it('proves every fee where there is no voucher', () => {
    expect(feesToDraw(fees, 0n, channel(0n, 0n, 100n), 1n)).toEqual(fees);
  });

  it('proves those under a voucher too, once they exceed it', () => {
    expect(feesToDraw(fees, 59n, channel(59n, 0n, 100n), 1n)).toEqual(fees);
  });

  it.each([
    ['a voucher covers them', 60n, channel(0n, 0n, 100n), 1n],
    ['they were paid already', 0n, channel(60n, 0n, 100n), 1n],
    ['proofs bring less than a transaction is worth', 50n, channel(50n, 0n, 100n), 11n],
    ['the escrow is empty', 0n, channel(0n, 0n, 0n), 1n],
  ])('proves none where %s', (_, promised, given, atLeast) => {
    expect(feesToDraw(fees, promised, given, atLeast)).toEqual([]);
  });

  it('counts what was proved before', () => {
    expect(feesToDraw(fees.slice(0, 1), 55n, channel(55n, 50n, 100n), 5n)).toHaveLength(1);
    expect(feesToDraw(fees.slice(0, 1), 55n, channel(55n, 40n, 100n), 5n)).toEqual([]);
  });
});
