import { checkLedger } from '../../libs/market/test/cover-ledger.model.js';

const OPERATIONS = 1_000_000;

it('a million operations over awards, standbys, expiries, slashes, claims and restarts never promise more than is locked', () => {
  let operations = 0;
  while (operations < OPERATIONS) operations += checkLedger(100, 2_000);
  expect(operations).toBeGreaterThanOrEqual(OPERATIONS);
}, 600_000);
