import { lineKinds, NATIVE_ASSET, type CoverLine } from '@odf/settlement';
import { testCoprocessor } from '@odf/testing';
import { freeWei, lineServes, type CoverUse } from './cover-line.js';

const { pubkey, owner } = testCoprocessor(1);
const stranger = testCoprocessor(2);
const AVS = `0x${'a1'.repeat(32)}` as const;
const RELAY = `0x${'5e'.repeat(32)}` as const;
const OTHER = `0x${'07'.repeat(32)}` as const;

const line: CoverLine = {
  line_id: `0x${'01'.repeat(32)}`,
  coprocessor: pubkey,
  owner,
  kind: lineKinds.posted,
  asset: NATIVE_ASSET,
  cap_wei: 10n,
  taken_wei: 0n,
  valid_from_ms: 100n,
  valid_until_ms: 200n,
  slash_tail_ms: 30n,
  avs_id: AVS,
  relay_root: RELAY,
  operator: null,
  block_number: 1n,
};
const use: CoverUse = {
  coprocessor: pubkey,
  owner,
  avsId: AVS,
  relayRoot: RELAY,
  fromMs: 100,
  untilMs: 200,
  claimableUntilMs: 230,
};

it.each<[string, CoverLine | null, CoverUse, boolean]>([
  ['its own line for exactly its time', line, use, true],
  ['a line for any AVS', { ...line, avs_id: null }, use, true],
  ['a line for any relay', { ...line, relay_root: null }, use, true],
  ['no line', null, use, false],
  ["another coprocessor's line", { ...line, coprocessor: stranger.pubkey }, use, false],
  ["another owner's line", { ...line, owner: stranger.owner }, use, false],
  ['a line for another AVS', { ...line, avs_id: OTHER }, use, false],
  ["a line for another relay's awards", { ...line, relay_root: OTHER }, use, false],
  ['a line for one operator alone', { ...line, operator: stranger.owner }, use, false],
  ['a line that begins later', line, { ...use, fromMs: 99 }, false],
  ['a line that ends sooner', line, { ...use, untilMs: 201 }, false],
  ['a line whose tail is too short for its claims', line, { ...use, claimableUntilMs: 231 }, false],
])('judges %s', (_, given, asked, serves) => {
  expect(lineServes(given, asked)).toBe(serves);
});

it('leaves free what is neither reserved nor taken by claims', () => {
  expect(freeWei(line, 4n)).toBe(6n);
  expect(freeWei({ ...line, taken_wei: 5n }, 4n)).toBe(1n);
  expect(freeWei({ ...line, taken_wei: 7n }, 4n)).toBe(0n);
});
