import { createTestDatabase } from './database.js';

jest.setTimeout(60_000);

const schema = { entities: [], migrations: [] };

describe('createTestDatabase', () => {
  it('gives each caller a database of its own and drops it even while it is in use', async () => {
    const [one, two] = await Promise.all([createTestDatabase(schema), createTestDatabase(schema)]);
    const [inOne, inTwo] = await Promise.all([one.connect(), two.connect()]);
    await inOne.query('create table here (id int)');
    await expect(inTwo.query('select * from here')).rejects.toThrow('does not exist');
    await one.drop();
    const name = new URL(one.url).pathname.slice(1);
    expect(await inTwo.query('select 1 from pg_database where datname = $1', [name])).toEqual([]);
    await two.drop();
  });

  it('clones what the migrations made', async () => {
    const database = await createTestDatabase();
    const dataSource = await database.connect();
    expect(await dataSource.showMigrations()).toBe(false);
    await database.drop();
  });
});
