import { createTestDatabase, type TestDatabase } from '@odf/testing';
import type { DataSource } from 'typeorm';
import { describeMirrorStore } from '../../settlement/src/mirror/mirror-store.contract.js';
import { ChainMirrorRepository } from './chain-mirror.repository.js';

jest.setTimeout(60_000);

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await database.connect();
});
afterAll(() => database.drop());

describeMirrorStore('ChainMirrorRepository', async () => {
  await dataSource.query('truncate chain_mirror, chain_blocks, chain_states');
  return new ChainMirrorRepository(dataSource);
});
