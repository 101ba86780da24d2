import { MigrationExecutor, type DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../testing/src/database.js';
import { persistenceSchema } from './schema.js';

jest.setTimeout(60_000);

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await database.connect();
});
afterAll(() => database.drop());

/** Columns, constraints and indexes of every table as Postgres describes them. */
async function schemaOf(): Promise<string[]> {
  const rows = await dataSource.query<{ line: string }[]>(`
    select format('%s.%s %s %s %s %s', table_name, column_name, data_type,
             concat_ws(',', numeric_precision, numeric_scale), is_nullable, coalesce(column_default, identity_generation))
           as line
    from information_schema.columns where table_schema = 'public'
    union all select format('%s: %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    from pg_constraint where connamespace = 'public'::regnamespace
    union all select indexdef from pg_indexes where schemaname = 'public'
    union all select format('%s.%s stored %s', attrelid::regclass, attname, attstorage)
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0
    order by line`);
  return rows.map(({ line }) => line).filter((line) => !line.includes('migrations'));
}

it('go up, down to nothing, and up to the same schema', async () => {
  const migrated = await schemaOf();
  expect(migrated.length).toBeGreaterThan(100);
  const executor = new MigrationExecutor(dataSource);
  for (const _ of persistenceSchema.migrations) await executor.undoLastMigration();
  expect(await schemaOf()).toEqual([]);
  await new MigrationExecutor(dataSource).executePendingMigrations();
  expect(await schemaOf()).toEqual(migrated);
});

it('make for every row class exactly its columns: type, nullability and primary key', async () => {
  for (const { tableName, columns } of dataSource.entityMetadatas) {
    const rows = await dataSource.query<Column[]>(COLUMNS_OF, [tableName]);
    const table = rows.map(({ name, type, nullable, key }) => ({ name, type, nullable, key }));
    const row = columns.map((column) => ({
      name: column.databaseName,
      type: typeOf(column.type, column.precision, column.scale),
      nullable: column.isNullable,
      key: column.isPrimary,
    }));
    expect({ tableName, columns: row.sort(byName) }).toEqual({ tableName, columns: table.sort(byName) });
  }
});

interface Column {
  name: string;
  type: string;
  nullable: boolean;
  key: boolean;
}

const COLUMNS_OF = `
  select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable,
    exists (select from pg_index where indrelid = attrelid and indisprimary and attnum = any(indkey::int2[])) as key
  from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`;

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function typeOf(type: unknown, precision?: number | null, scale?: number): string {
  if (type === Number) return 'integer';
  if (type === String) return 'text';
  return type === 'numeric' ? `numeric(${precision},${scale})` : String(type);
}
