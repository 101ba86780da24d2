import fc from 'fast-check';
import { bumpFees, suggestFees } from './fees.js';

const limits = { minPriorityFeePerGas: 10n, maxFeePerGas: 1_000n };

describe('suggestFees', () => {
  it('offers twice the base fee and the tip', () => {
    expect(suggestFees({ baseFee: 100n, priorityFee: 20n }, limits)).toEqual({
      maxFeePerGas: 220n,
      maxPriorityFeePerGas: 20n,
    });
  });

  it('keeps to the floor and to the ceiling', () => {
    expect(suggestFees({ baseFee: 100n, priorityFee: 1n }, limits)!.maxPriorityFeePerGas).toBe(10n);
    expect(suggestFees({ baseFee: 900n, priorityFee: 500n }, limits)).toEqual({
      maxFeePerGas: 1_000n,
      maxPriorityFeePerGas: 100n,
    });
  });

  it('waits when the ceiling does not buy the next block', () => {
    expect(suggestFees({ baseFee: 991n, priorityFee: 1n }, limits)).toBeNull();
  });
});

describe('bumpFees', () => {
  const fee = fc.bigInt(1n, 2_000n);

  it('raises both fees by an eighth at least, never above the ceiling, never the tip above the whole', () => {
    fc.assert(
      fc.property(fee, fee, fee, fee, (max, tip, baseFee, priorityFee) => {
        const previous = { maxFeePerGas: max, maxPriorityFeePerGas: tip };
        const bumped = bumpFees(previous, { baseFee, priorityFee }, limits);
        if (bumped === null) return;
        expect(bumped.maxFeePerGas * 8n).toBeGreaterThanOrEqual(max * 9n);
        expect(bumped.maxPriorityFeePerGas * 8n).toBeGreaterThanOrEqual(tip * 9n);
        expect(bumped.maxFeePerGas).toBeLessThanOrEqual(limits.maxFeePerGas);
        expect(bumped.maxPriorityFeePerGas).toBeLessThanOrEqual(bumped.maxFeePerGas);
        expect(bumped.maxFeePerGas).toBeGreaterThan(baseFee);
      }),
    );
  });

  it('follows the market when that asks for more', () => {
    const previous = { maxFeePerGas: 100n, maxPriorityFeePerGas: 10n };
    expect(bumpFees(previous, { baseFee: 300n, priorityFee: 50n }, limits)).toEqual({
      maxFeePerGas: 650n,
      maxPriorityFeePerGas: 50n,
    });
  });

  it('waits at the ceiling', () => {
    expect(
      bumpFees({ maxFeePerGas: 900n, maxPriorityFeePerGas: 10n }, { baseFee: 1n, priorityFee: 1n }, limits),
    ).toBeNull();
  });
});
