import { queryDatabase } from '../support/database.js';
import { killBetweenCommitmentAndReveal, openSale } from '../support/kill-rounds.js';

jest.setTimeout(180_000);

describe('a relay that is killed between commitment and reveal', () => {
  it('reveals to the same bytes after the restart, and has lost nothing that it answered (P2)', async () => {
    const [rounds, perRound] = [3, 4];
    const sale = await openSale(rounds * perRound);
    const tally = await killBetweenCommitmentAndReveal(sale, { rounds, perRound, kill: () => sale.relay.kill() });
    expect(tally.answered + tally.durable + tally.lost).toBe(rounds * perRound);
    const [{ count }] = (await queryDatabase(sale.relay, 'select count(*)::int from commitments')) as [
      { count: number },
    ];
    expect(count).toBe(rounds * perRound);
  });
});
