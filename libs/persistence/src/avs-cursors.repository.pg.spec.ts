import { createTestDatabase, type TestDatabase } from '../../testing/src/database.js';
import { waitFor } from '../../testing/src/wait-for.js';
import type { DataSource } from 'typeorm';
import type { Hex } from '@odf/protocol';
import { AvsCursorsRepository } from './avs-cursors.repository.js';
import { TasksRepository } from './tasks.repository.js';

jest.setTimeout(60_000);

const bytes32 = (value: string): Hex => `0x${value.repeat(32)}`;
const [avs, otherAvs] = [bytes32('0a'), bytes32('0b')];

let database: TestDatabase;
let dataSource: DataSource;
let cursors: AvsCursorsRepository;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await database.connect();
  cursors = new AvsCursorsRepository(dataSource);
});
afterAll(() => database.drop());

describe('AvsCursorsRepository', () => {
  it('gives back what was saved last', async () => {
    expect(await cursors.find(avs)).toBeNull();
    const cursor = { next: 9n, followedMs: 1_000, marks: [{ number: 8n, hash: bytes32('08') }] };
    await cursors.save(avs, cursor);
    expect(await cursors.find(avs)).toEqual(cursor);
    await cursors.save(avs, { next: 3n, followedMs: 0, marks: [] });
    expect(await cursors.find(avs)).toEqual({ next: 3n, followedMs: 0, marks: [] });
    expect(await cursors.find(otherAvs)).toBeNull();
  });

  it('lets one at a time follow an AVS, and the next one after a failure', async () => {
    let release = (): void => undefined;
    let begun = false;
    const first = cursors.alone(avs, () => {
      begun = true;
      return new Promise<void>((resolve) => (release = resolve));
    });
    await waitFor(() => begun);
    const never = jest.fn();
    expect(await cursors.alone(avs, never)).toBe(false);
    expect(never).not.toHaveBeenCalled();
    expect(await cursors.alone(otherAvs, async () => undefined)).toBe(true);
    release();
    expect(await first).toBe(true);
    await expect(cursors.alone(avs, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await cursors.alone(avs, async () => undefined)).toBe(true);
  });
});

describe('tasks of a chain', () => {
  it('are orphaned from a block on, and taken up again where they were', async () => {
    const tasks = new TasksRepository(dataSource);
    const task = (id: string, createdBlock: bigint | null) => ({
      ...{ taskId: bytes32(id), avsId: avs, nativeRef: bytes32(id), inputRoot: bytes32(id), input: Uint8Array.of(1) },
      ...{ createdAtMs: 1, deadlineMs: 2, createdBlock },
    });
    for (const each of [task('01', 4n), task('02', 5n), task('03', 6n), task('04', null)]) await tasks.insert(each);
    const windows = { announcedAtMs: 1, deliverByMs: 2, switchUntilMs: 3, commitByMs: 4 };
    await tasks.announce(dataSource, bytes32('03'), null, windows);
    const states = async () =>
      Promise.all(['01', '02', '03', '04'].map(async (id) => (await tasks.find(bytes32(id)))!.state));
    expect(await tasks.orphan(avs, 5n)).toBe(2);
    expect(await states()).toEqual(['waiting', 'orphaned', 'orphaned', 'waiting']);
    expect(await tasks.orphan(avs, 5n)).toBe(0);
    for (const id of ['01', '02', '03']) await tasks.revive(bytes32(id), 7n);
    expect(await states()).toEqual(['waiting', 'waiting', 'open', 'waiting']);
    expect(await tasks.orphan(avs, 7n)).toBe(2);
  });
});
