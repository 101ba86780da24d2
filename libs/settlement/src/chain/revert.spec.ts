import { encodeErrorResult, parseAbi, stringToHex } from 'viem';
import { findRevertReason, revertOf } from './revert.js';

describe('findRevertReason', () => {
  const abi = parseAbi(['error StillLeaving(uint64 readyAt)', 'error Error(string)']);
  const revert = (data: unknown) =>
    new Error('outer', { cause: Object.assign(new Error('execution reverted'), { data }) });

  it('names an error of the ABIs with its arguments', () => {
    const data = encodeErrorResult({ abi, errorName: 'StillLeaving', args: [5n] });
    expect(findRevertReason(revert(data), [abi])).toBe('StillLeaving(5)');
    expect(findRevertReason(revert({ data }), [abi])).toBe('StillLeaving(5)');
  });

  it('gives the text of a require, and the selector of an unknown error', () => {
    expect(findRevertReason(revert(encodeErrorResult({ abi, errorName: 'Error', args: ['too late'] })))).toBe(
      'too late',
    );
    expect(findRevertReason(revert('0x12345678'))).toBe('reverted with 0x12345678');
  });

  it('tells which error it was and reads short texts in it', () => {
    const named = parseAbi(['error Mismatch(bytes32 field)']);
    const field = stringToHex('auction', { size: 32 });
    const data = encodeErrorResult({ abi: named, errorName: 'Mismatch', args: [field] });
    expect(revertOf(revert(data), [named])).toEqual({ name: 'Mismatch', args: [field], text: 'Mismatch(auction)' });
  });

  it('knows a revert without data, and that a broken line is none', () => {
    expect(findRevertReason(revert(undefined))).toBe('reverted without a reason');
    expect(findRevertReason(revert('0x'))).toBe('reverted without a reason');
    expect(findRevertReason(new Error('fetch failed'))).toBeNull();
    expect(findRevertReason('text')).toBeNull();
  });
});
