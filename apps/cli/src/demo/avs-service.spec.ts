import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { responseDigest, ResponseSubmission, signResponse, workloadOf } from '@odf/avs';
import { taskId, toHex, type Hex } from '@odf/protocol';
import { z } from 'zod';
import { AvsService } from './avs-service.js';
import { CHAIN_ID, echo } from './fleet.js';
import { freePort } from './ports.js';
import { TaskArchive } from './task-archive.js';

const secret = generatePrivateKey();
const operator = privateKeyToAccount(secret).address.toLowerCase() as Hex;
const input = new Uint8Array(Buffer.from('Ada'));
const native_ref: Hex = `0x${'01'.repeat(32)}`;
const task_id = taskId(echo.avs_id, native_ref);

const resultOf = async (plugin: string, bytes: Uint8Array) =>
  toHex((await workloadOf(plugin).compute(bytes, new AbortController().signal)).result);

let dir: string;
let service: AvsService;
let url: string;

async function open(): Promise<void> {
  const archive = new TaskArchive(dir);
  service = new AvsService({ archive, operators: new Set([operator]), resultOf });
  const port = await freePort(0);
  await service.start(port);
  url = `http://127.0.0.1:${port}/responses`;
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'odf-avs-'));
  const archive = new TaskArchive(dir);
  const input_hash = archive.keepInput(input);
  archive.keepTask({
    task_id,
    avs_id: echo.avs_id,
    native_ref,
    input_hash,
    label: 'Ada',
    posted_at_ms: 1n,
  });
  await open();
});
afterEach(async () => {
  await service.close();
  rmSync(dir, { recursive: true });
});

async function submit(
  result: Uint8Array,
  key = secret,
  account = operator,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const digest = responseDigest(
    { avs_id: echo.avs_id, task_id, chain_id: CHAIN_ID, avs: echo.avs },
    result,
    'secp256k1-eip712',
  );
  const body = { task_id, avs_id: echo.avs_id, operator: account, result, signature: await signResponse(digest, key) };
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(z.encode(ResponseSubmission, body)) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const right = async () => (await workloadOf('echo').compute(input, new AbortController().signal)).result;

describe('AvsService', () => {
  it('accepts a right result of an operator, and the same again after a restart with the same answer', async () => {
    const first = await submit(await right());
    expect(first).toMatchObject({ status: 200, body: { status: 'accepted' } });
    await service.close();
    await open();
    expect(service.isAccepted(task_id, operator)).toBe(true);
    expect(await submit(await right())).toEqual(first);
  });

  it('refuses a wrong result although it is signed, and remembers why', async () => {
    expect(await submit(new Uint8Array(32))).toMatchObject({ status: 422, body: { error: 'RESULT_WRONG' } });
    expect(service.isAccepted(task_id, operator)).toBe(false);
    expect(service.refusal(task_id, operator)).toMatch(/^RESULT_WRONG/);
  });

  it('refuses a stranger and a signature by another key', async () => {
    const stranger = generatePrivateKey();
    const account = privateKeyToAccount(stranger).address.toLowerCase() as Hex;
    expect((await submit(await right(), stranger, account)).status).toBe(403);
    expect((await submit(await right(), stranger)).status).toBe(400);
    expect(service.acceptedCount).toBe(0);
  });

  it('refuses what is no response', async () => {
    expect((await fetch(url, { method: 'POST', body: 'nonsense' })).status).toBe(400);
    expect((await fetch(url)).status).toBe(404);
  });
});
