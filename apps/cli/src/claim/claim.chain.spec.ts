import { ClaimEvidence, type Hex } from '@odf/protocol';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { z } from 'zod';
import { DaWorld } from '../../../../libs/settlement/test/da-world.js';
import { COVERED, slashedScene, type SlashedScene } from '../../../../libs/settlement/test/slashed-scene.js';
import { claimCommand } from './claim.js';

jest.setTimeout(120_000);

const DAY_S = 86_400;
let world: DaWorld;
let scene: SlashedScene;
let folder: string;
let printed: string[];
let told: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'odf-claim-'));
  world = await DaWorld.start();
  scene = await slashedScene(world);
  await world.node.mine({ blocks: 2 });
  write('evidence.json', { ...scene.evidence, slash: null });
  write('other.json', scene.other);
  const stranger = generatePrivateKey();
  writeFileSync(join(folder, 'stranger.key'), stranger);
  await world.node.setBalance({ address: privateKeyToAccount(stranger).address, value: 10n ** 19n });
  writeFileSync(join(folder, 'operator.key'), scene.member.secret);
});
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  [printed, told] = [[], ''];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  jest.spyOn(console, 'error').mockImplementation((line: string) => void (told += line));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((told += String(text))));
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
});

function write(name: string, evidence: ClaimEvidence): void {
  writeFileSync(join(folder, name), JSON.stringify(z.encode(ClaimEvidence, evidence)));
}

/** Runs the command; its exit code and its JSON. */
async function claim(file: string, ...more: string[]): Promise<[unknown, Record<string, unknown>]> {
  const args = ['--evidence', join(folder, file), '--chain-rpc-url', world.chain.rpcUrl, '--confirmations', '1'];
  await claimCommand().parseAsync([...args, '--data-dir', folder, '--json', ...more], { from: 'user' });
  const code = process.exitCode;
  return [code, printed.length > 0 ? (JSON.parse(printed.join('')) as Record<string, unknown>) : {}];
}

const by = (key: string): string[] => ['--account-key', join(folder, key)];
const transactions = (): Promise<number> =>
  world.client.getTransactionCount({ address: privateKeyToAccount(scene.member.secret).address });

describe('odf claim', () => {
  it('finds the slash and lets the chain judge without sending anything', async () => {
    const before = await transactions();
    const [code, judged] = await claim('evidence.json', '--dry-run');
    expect([code, judged['amount_wei']]).toEqual([0, COVERED.toString()]);
    expect(told).toContain(scene.evidence.slash!.transaction);
    expect(await transactions()).toBe(before);
  });

  it('refuses what the chain would, with its reason', async () => {
    const [code] = await claim('other.json', ...by('stranger.key'));
    expect([code, told]).toEqual([1, expect.stringContaining('NotAttested')]);
  });

  it('says when there is no such slash', async () => {
    const [code] = await claim('evidence.json', '--dry-run', '--slash', `0x${'12'.repeat(32)}`);
    expect([code, told]).toEqual([1, expect.stringContaining('the chain has no transaction')]);
  });

  it('cannot try without an account', async () => {
    const [code] = await claim('evidence.json');
    expect([code, told]).toEqual([2, expect.stringContaining('--account-key')]);
  });

  it('anchors and files for anybody, once', async () => {
    const [code, filed] = await claim('evidence.json', ...by('stranger.key'));
    expect([code, filed]).toMatchObject([
      0,
      { state: 'filed', operator: scene.member.operator, amount_wei: COVERED.toString() },
    ]);
    expect(told).toMatch(/claim anchor: 0x[0-9a-f]{64}[\s\S]*claim file: 0x[0-9a-f]{64}/);
    told = '';
    printed = [];
    const [, again] = await claim('evidence.json', ...by('stranger.key'));
    expect(again['claim_id']).toBe(filed['claim_id']);
    expect(told).not.toContain('claim file');
  });

  it('pays when the windows are over, and the operator takes it out', async () => {
    await world.node.increaseTime({ seconds: 8 * DAY_S });
    await world.node.mine({ blocks: 1 });
    const { operator } = scene.member;
    const before = await world.client.getBalance({ address: operator });
    const [code, paid] = await claim('evidence.json', ...by('operator.key'), '--wait');
    expect([code, paid['state']]).toEqual([0, 'finalised']);
    const spent = await gasOf(told);
    expect((await world.client.getBalance({ address: operator })) - before + spent).toBe(COVERED);
  });
});

/** What the transactions that were told of have cost, wei. */
async function gasOf(text: string): Promise<bigint> {
  const hashes = [...text.matchAll(/^(?:claim finalise|collect \S+): (0x[0-9a-f]{64})$/gm)].map(
    ([, hash]) => hash as Hex,
  );
  const receipts = await Promise.all(hashes.map((hash) => world.client.getTransactionReceipt({ hash })));
  return receipts.reduce((sum, { gasUsed, effectiveGasPrice }) => sum + gasUsed * effectiveGasPrice, 0n);
}
