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
