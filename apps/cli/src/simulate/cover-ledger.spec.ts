import { CoverLedger } from './cover-ledger.js';

const LINE = '0x01';
const reservation = (amount_wei: bigint, until_ms: bigint) => ({ line_id: LINE, amount_wei, until_ms }) as const;

describe('the cover of a simulated world', () => {
  it('is free again when nothing can be claimed any more', () => {
    const ledger = new CoverLedger();
    ledger.open(LINE, 100n);
    ledger.reserve(reservation(60n, 10n), 0n);
    expect([ledger.freeWei(LINE, 9n), ledger.freeWei(LINE, 10n), ledger.heldWei(LINE)]).toEqual([40n, 100n, 100n]);
    expect(ledger.overPromisedWei).toBe(0n);
  });

  it('tells by how much a line was promised beyond what it holds', () => {
    const ledger = new CoverLedger();
    ledger.open(LINE, 100n);
    for (const amount of [60n, 50n, 10n]) ledger.reserve(reservation(amount, 10n), 0n);
    expect([ledger.overPromisedWei, ledger.freeWei(LINE, 0n)]).toEqual([20n, 0n]);
  });

  it('pays as far as it goes', () => {
    const ledger = new CoverLedger();
    ledger.open(LINE, 100n);
    expect([ledger.pay(LINE, 70n), ledger.pay(LINE, 70n), ledger.heldWei(LINE)]).toEqual([70n, 30n, 0n]);
    expect(ledger.pay('0x02', 1n)).toBe(0n);
  });
});
