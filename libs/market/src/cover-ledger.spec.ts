import { checkLedger } from '../test/cover-ledger.model.js';
import { bytes } from '../test/auction.fixture.js';
import { freeCoverWei, lockupFactor, reservedWei } from './cover-ledger.js';

const LINE = bytes(32, 1);

it('promises the sum of overlapping terms, and of slashes what their reservations no longer hold', () => {
  const reservations = [
    { line_id: LINE, amount_wei: 8n, until_ms: 100n },
    { line_id: LINE, amount_wei: 8n, until_ms: 200n },
    { line_id: bytes(32, 2), amount_wei: 50n, until_ms: 200n },
  ];
  const hold = { line_id: LINE, liability_wei: 3n, reserved_until_ms: 100n, over: false };
  const at = (ms: bigint, holds = [hold]) => reservedWei(LINE, { reservations, holds }, ms);
  expect([at(0n), at(99n), at(100n), at(200n)]).toEqual([16n, 16n, 11n, 3n]);
  expect(at(200n, [{ ...hold, over: true }])).toBe(0n);
});

it('never promises more than is locked, whatever happens in whatever order', () => {
  expect(checkLedger(60, 400)).toBeGreaterThan(1_000);
}, 30_000);

it('leaves nothing below nothing', () => {
  expect(freeCoverWei({ cap_wei: 10n, drawn_wei: 4n }, 3n)).toBe(3n);
  expect(freeCoverWei({ cap_wei: 10n, drawn_wei: 4n }, 30n)).toBe(0n);
});

it('says how often over short terms lock cover', () => {
  expect(lockupFactor(384_000, 0)).toBe(1);
  expect(lockupFactor(60_000, 3_600_000)).toBe(61);
});
