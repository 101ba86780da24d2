import { lineKinds, NATIVE_ASSET, type ClaimTerms, type CoverLine } from '@odf/settlement';
import { testCoprocessor } from '@odf/testing';
import { testAvs } from '../../test/instance.js';
import { freeWei, lineServes, type CoverUse } from './cover-line.js';

const { pubkey, owner } = testCoprocessor(1);
const stranger = testCoprocessor(2);
const attributed = testAvs(1, { attributor: 'chain' });
const { avs_id: AVS } = attributed;
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
  claim_terms: null,
  block_number: 1n,
};
const use: CoverUse = {
  coprocessor: pubkey,
  owner,
  avs: attributed,
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

const terms: ClaimTerms = {
  oracle: stranger.owner,
  attributor: attributed.avs,
  coverage_bips: 9_000,
  fault_mask: 2n,
  pinned_slasher: null,
  allow_redistribution: false,
};

it.each<[string, Partial<ClaimTerms>, object, boolean]>([
  ['terms under which its slashes are paid', {}, {}, true],
  ['an attributor that knows nothing of the AVS', { attributor: owner }, {}, false],
  ['the attributor that the AVS names', { attributor: owner }, { attributor_contract: owner }, true],
  ['another oracle than the AVS names', {}, { oracle_contract: owner }, false],
  ['a smaller part of a loss than policies may ask', { coverage_bips: 8_999 }, {}, false],
  ['faults other than wrong results', { fault_mask: 4n }, {}, false],
  ['the slasher that the AVS has', { pinned_slasher: owner }, { risk: { slasher: owner } }, true],
  ['a slasher that the AVS has not', { pinned_slasher: owner }, { risk: { slasher: stranger.owner } }, false],
  ['no redistribution, which the AVS does', {}, { risk: { redistribution: true } }, false],
  ['redistribution', { allow_redistribution: true }, { risk: { redistribution: true } }, true],
  ['anything where nobody attributes faults', { fault_mask: 4n, attributor: owner }, { attributor: 'none' }, true],
])('judges a line with %s', (_, change, members, serves) => {
  const avs = testAvs(1, { attributor: 'chain', ...members });
  expect(lineServes({ ...line, claim_terms: { ...terms, ...change } }, { ...use, avs })).toBe(serves);
});

it('leaves free what is neither reserved nor taken by claims', () => {
  expect(freeWei(line, 4n)).toBe(6n);
  expect(freeWei({ ...line, taken_wei: 5n }, 4n)).toBe(1n);
  expect(freeWei({ ...line, taken_wei: 7n }, 4n)).toBe(0n);
});
