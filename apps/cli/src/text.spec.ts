import { ether, table, toJson } from './text.js';

describe('ether', () => {
  it.each([
    [0n, '0 ETH'],
    [10n ** 18n, '1 ETH'],
    [80_000_000_000_000n, '0.00008 ETH'],
    [12n * 10n ** 18n + 5n, '12.000000000000000005 ETH'],
  ])('writes %s wei', (wei, text) => expect(ether(wei)).toBe(text));
});

it('aligns columns', () => {
  expect(
    table([
      ['a', 'bb'],
      ['ccc', ''],
    ]),
  ).toBe('  a    bb\n  ccc');
});

it('writes wei exactly', () => {
  expect(JSON.parse(toJson({ wei: 2n ** 80n, none: null }))).toEqual({ wei: '1208925819614629174706176', none: null });
});
