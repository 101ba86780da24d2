import { queryDatabase } from '../support/database.js';
import { killBetweenCommitmentAndReveal, openSale, type KillTally } from '../support/kill-rounds.js';

jest.setTimeout(600_000);

const ROUNDS = 50;
const WITH_POSTGRES = 5;
const PER_ROUND = 4;

describe('kill -9 between commitment and reveal', () => {
  const sum = ({ answered, durable, lost }: KillTally) => answered + durable + lost;

  it(`loses nothing in ${ROUNDS} rounds of the relay and ${WITH_POSTGRES} of relay and Postgres together`, async () => {
    const sale = await openSale((ROUNDS + WITH_POSTGRES) * PER_ROUND);
    const { relay, validators } = sale;
    const alone = await killBetweenCommitmentAndReveal(sale, {
      rounds: ROUNDS,
      perRound: PER_ROUND,
      kill: () => relay.kill(),
    });
    expect(sum(alone)).toBe(ROUNDS * PER_ROUND);
    // Kills must have fallen on both sides of the transaction, or this has tried nothing.
    expect(alone.answered - ROUNDS + alone.durable).toBeGreaterThan(0);
    expect(alone.durable + alone.lost).toBeGreaterThan(0);

    const together = await killBetweenCommitmentAndReveal(
      { ...sale, validators: validators.slice(ROUNDS * PER_ROUND) },
      {
        rounds: WITH_POSTGRES,
        perRound: PER_ROUND,
        kill: async () => void (await Promise.all([relay.killPostgres(), relay.kill()])),
      },
    );
    expect(sum(together)).toBe(WITH_POSTGRES * PER_ROUND);
    const [row] = await queryDatabase<{ all: number; receipts: number }>(
      relay,
      'select count(*)::int as all, count(distinct (batch_id, batch_index))::int as receipts from commitments',
    );
    expect(row).toEqual({ all: validators.length, receipts: validators.length });
  });
});
