import { lineKinds, NATIVE_ASSET, type CoverLine } from '@odf/settlement';
import { testCoprocessor } from '@odf/testing';
import { lineServes } from './cover-line.js';

const { pubkey, owner } = testCoprocessor(1);
const stranger = testCoprocessor(2);
const AVS = `0x${'a1'.repeat(20)}` as const;

const line: CoverLine = {
  line_id: `0x${'01'.repeat(32)}`,
  coprocessor: pubkey,
  owner,
  kind: lineKinds.posted,
  asset: NATIVE_ASSET,
  cap_wei: 0n,
  valid_from_ms: 100n,
  valid_until_ms: 200n,
  slash_tail_ms: 0n,
  avs: AVS,
  block_number: 1n,
};
const use = { coprocessor: pubkey, owner, avs: AVS, fromMs: 100, untilMs: 200 };

it.each<[string, CoverLine | null, typeof use, boolean]>([
  ['its own line for exactly its time', line, use, true],
  ['a line for any AVS', { ...line, avs: null }, use, true],
  ['no line', null, use, false],
  ["another coprocessor's line", { ...line, coprocessor: stranger.pubkey }, use, false],
  ["another owner's line", { ...line, owner: stranger.owner }, use, false],
  ['a line for another AVS', { ...line, avs: stranger.owner }, use, false],
  ['a line that begins later', line, { ...use, fromMs: 99 }, false],
  ['a line that ends sooner', line, { ...use, untilMs: 201 }, false],
])('judges %s', (_, given, asked, serves) => {
  expect(lineServes(given, asked)).toBe(serves);
});
