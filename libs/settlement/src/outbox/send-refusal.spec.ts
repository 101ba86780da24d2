import { encodeErrorResult, parseAbi } from 'viem';
import { findRevertReason } from './revert-reason.js';
import { sendAnswerOf } from './send-refusal.js';

describe('sendAnswerOf', () => {
  it.each([
    ['already known', 'taken'],
    ['transaction already imported', 'taken'],
    ['ALREADY_EXISTS: already known', 'taken'],
    ['nonce too low: next nonce 5, tx nonce 4', 'spent'],
    ['replacement transaction underpriced', 'underpriced'],
    ['max fee per gas less than block base fee', 'underpriced'],
    ['insufficient funds for gas * price + value', 'unfunded'],
    ['header not found', 'unknown'],
  ])('reads "%s" as %s, wherever it is nested', (said, answer) => {
    expect(sendAnswerOf(new Error('', { cause: new Error(said) }))).toBe(answer);
  });
});

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

  it('knows a revert without data, and that a broken line is none', () => {
    expect(findRevertReason(revert(undefined))).toBe('reverted without a reason');
    expect(findRevertReason(revert('0x'))).toBe('reverted without a reason');
    expect(findRevertReason(new Error('fetch failed'))).toBeNull();
    expect(findRevertReason('text')).toBeNull();
  });
});
