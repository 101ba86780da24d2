import { checkLedger } from '../../libs/market/test/cover-ledger.model.js';

it('a million operations over awards, standbys, expiries, slashes, claims and restarts never promise more than is locked', () => {
  // Sequences have a random length up to 2000: a thousand on average.
  checkLedger(1_050, 2_000);
}, 600_000);
