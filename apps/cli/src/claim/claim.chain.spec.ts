import { ClaimEvidence, type Hex } from '@odf/protocol';
import { filingsOf, fraudClaimsAbi } from '@odf/settlement';
import { waitFor } from '@odf/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringToHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { z } from 'zod';
import { devAccount, VETO } from '../../../../libs/settlement/src/local-chain/dev-account.js';
import { DaWorld } from '../../../../libs/settlement/test/da-world.js';
import { COVERED, slashedScene, type SlashedScene } from '../../../../libs/settlement/test/slashed-scene.js';
import { claimCommand } from './claim.js';

jest.setTimeout(120_000);

const DAY_S = 86_400;
let world: DaWorld;
let scene: SlashedScene;
let folder: string;
let stranger: Hex;
/** The chain before a test. */
let untouched: Hex;
/** What the command remembers, of one test. */
let dataDir: string;
let printed: string[];
let told: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'odf-claim-'));
  world = await DaWorld.start();
  scene = await slashedScene(world);
  await world.node.mine({ blocks: 2 });
  write('evidence.json', { ...scene.evidence, slash: null });
  write('other.json', scene.other);
  const key = generatePrivateKey();
  writeFileSync(join(folder, 'stranger.key'), key);
  stranger = privateKeyToAccount(key).address;
  await world.node.setBalance({ address: stranger, value: 10n ** 19n });
  writeFileSync(join(folder, 'operator.key'), scene.member.secret);
});
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  untouched = await world.node.snapshot();
  dataDir = mkdtempSync(join(folder, 'data-'));
  [printed, told] = [[], ''];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  jest.spyOn(console, 'error').mockImplementation((line: string) => void (told += line));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((told += String(text))));
});
afterEach(async () => {
  await world.node.setAutomine(true);
  await world.node.revert({ id: untouched });
  jest.restoreAllMocks();
  process.exitCode = undefined;
});

function write(name: string, evidence: ClaimEvidence): void {
  writeFileSync(join(folder, name), JSON.stringify(z.encode(ClaimEvidence, evidence)));
}

/** Runs the command; its exit code and its JSON. */
async function claim(file: string, ...more: string[]): Promise<[unknown, Record<string, unknown>]> {
  const args = ['--evidence', join(folder, file), '--chain-rpc-url', world.chain.rpcUrl, '--confirmations', '1'];
  [printed, told] = [[], ''];
  await claimCommand().parseAsync([...args, '--data-dir', dataDir, '--json', ...more], { from: 'user' });
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

  it('judges whoever could pay, and sends nothing from an account that cannot', async () => {
    const poor = generatePrivateKey();
    writeFileSync(join(folder, 'poor.key'), poor);
    const { address } = privateKeyToAccount(poor);
    // Enough for the bond and an anchor, not for the filing.
    await world.node.setBalance({ address, value: COVERED / 100n + 10n ** 14n });
    const [code] = await claim('evidence.json', ...by('poor.key'));
    expect([code, told]).toEqual([2, expect.stringContaining('the bond of 0.072 ETH and gas take')]);
    expect(await world.client.getTransactionCount({ address })).toBe(0);
    await world.node.setBalance({ address: scene.member.operator, value: 0n });
    const [judgedCode, judged] = await claim('evidence.json', '--dry-run');
    await world.node.setBalance({ address: scene.member.operator, value: 10n ** 18n });
    expect([judgedCode, judged['bond_wei']]).toEqual([0, (COVERED / 100n).toString()]);
  });

  it('anchors and files for anybody, once, and tells where it stands', async () => {
    const [code, filed] = await claim('evidence.json', ...by('stranger.key'));
    expect([code, filed]).toMatchObject([
      0,
      { state: 'filed', operator: scene.member.operator, amount_wei: COVERED.toString() },
    ]);
    expect(told).toMatch(/claim anchor: 0x[0-9a-f]{64}[\s\S]*claim file: 0x[0-9a-f]{64}/);
    const { claim_id } = filed;
    const [, again] = await claim('evidence.json', ...by('stranger.key'));
    expect([again['claim_id'], told]).toEqual([claim_id, expect.not.stringContaining('claim file')]);
    expect(await claim('evidence.json', '--dry-run')).toMatchObject([0, { claim_id, state: 'filed' }]);
    await veto(claim_id as Hex);
    expect(await claim('evidence.json', '--dry-run')).toMatchObject([0, { claim_id, bond_wei: `${COVERED / 100n}` }]);
  });

  it('says that what it sent is in no block yet, and finds it when it is run again', async () => {
    await world.node.setAutomine(false);
    const hasty = [...by('stranger.key'), '--patience', '1'];
    const hashes = new Set<string | undefined>();
    for (let run = 0; run < 2; run++) {
      const [code] = await claim('evidence.json', ...hasty);
      const [, hash] = /^.*unconfirmed: claim\/anchor: (0x[0-9a-f]{64}) was sent/m.exec(told) ?? [];
      expect([code, hash]).toEqual([3, expect.stringMatching(/^0x/)]);
      hashes.add(hash);
    }
    expect(hashes.size).toBe(1);
    await world.node.setAutomine(true);
    await world.node.mine({ blocks: 1 });
    expect(await claim('evidence.json', ...by('stranger.key'))).toMatchObject([0, { state: 'filed' }]);
    expect(await world.client.getTransactionCount({ address: stranger })).toBe(2);
  });

  it('says that the slash is not deep enough yet', async () => {
    const [code] = await claim('evidence.json', '--dry-run', '--confirmations', '99', '--slash', slashText());
    expect([code, told]).toEqual([3, expect.stringContaining('of 99 confirmations')]);
  });

  it.each([
    ['of a node that is away', () => ({}), 'http://127.0.0.1:1', /node of --chain-rpc-url: HTTP request failed/],
    ['of another chain', () => ({ chain_id: 5n }), null, /--chain-rpc-url is a node of chain 31337, .* for chain 5/],
    ['without the settlement', () => ({ settlement: scene.owner }), null, /no contract at .*; --evidence names/],
  ] as const)('names its own options for the RPC %s', async (_, members, url, message) => {
    write('elsewhere.json', { ...scene.evidence, ...members() });
    const [code] = await claim('elsewhere.json', '--dry-run', ...(url ? ['--chain-rpc-url', url] : []));
    expect([code, told]).toEqual([2, expect.stringMatching(message)]);
    expect(told).not.toContain('ODF_SETTLEMENT');
  });

  it('waits on after a veto, for which it files once more; pays, and takes out what each is due', async () => {
    const { operator } = scene.member;
    const before = await balances(operator, stranger);
    const waiting = claim('evidence.json', ...by('stranger.key'), '--wait');
    await waitFor(() => told.includes('can be paid from'), { timeoutMs: 30_000, what: 'the first filing' });
    const [claimId] = await filingsOf(world.client, scene.deployment.claims, scene.evidence);
    await veto(claimId!);
    const isFiledTwice = () => told.match(/claim file: /g)?.length === 2;
    await waitFor(isFiledTwice, { timeoutMs: 30_000, what: 'the second filing' });
    await windowsPass();
    expect(await waiting).toMatchObject([0, { state: 'finalised', vetoes: 1 }]);
    expect((await world.client.getBalance({ address: stranger })) + (await gasOf(told))).toBe(before[1]);
    const [code] = await claim('evidence.json', ...by('operator.key'), '--wait');
    const spent = await gasOf(told);
    expect([code, (await world.client.getBalance({ address: operator })) - before[0]! + spent]).toEqual([0, COVERED]);
  });

  it('gives up after the second veto, and takes the bonds out', async () => {
    const before = await world.client.getBalance({ address: stranger });
    let spent = 0n;
    for (let filing = 0; filing < 2; filing++) {
      const [, filed] = await claim('evidence.json', ...by('stranger.key'));
      spent += await gasOf(told);
      await veto(filed['claim_id'] as Hex);
    }
    expect(await claim('evidence.json', '--dry-run')).toMatchObject([0, { state: 'vetoed', vetoes: 2 }]);
    expect(await claim('evidence.json', ...by('stranger.key'), '--wait')).toMatchObject([1, { state: 'vetoed' }]);
    spent += await gasOf(told);
    expect((await world.client.getBalance({ address: stranger })) + spent).toBe(before);
  });
});

async function veto(claimId: Hex): Promise<void> {
  const args = [claimId, stringToHex('the spec vetoes', { size: 32 })];
  await world.call(fraudClaimsAbi, scene.deployment.claims, 'veto', args, devAccount(VETO));
}

async function windowsPass(): Promise<void> {
  await world.node.increaseTime({ seconds: 8 * DAY_S });
  await world.node.mine({ blocks: 1 });
}

const slashText = (): string => `${scene.evidence.slash!.transaction}:${scene.evidence.slash!.log_index}`;
const balances = (...addresses: Hex[]) => Promise.all(addresses.map((address) => world.client.getBalance({ address })));

/** What the transactions that were told of have cost, wei. */
async function gasOf(text: string): Promise<bigint> {
  const hashes = [
    ...text.matchAll(/^(?:claim (?:anchor|file|finalise)|collect(?:-bond)? \S+): (0x[0-9a-f]{64})$/gm),
  ].map(([, hash]) => hash as Hex);
  const receipts = await Promise.all(hashes.map((hash) => world.client.getTransactionReceipt({ hash })));
  return receipts.reduce((sum, { gasUsed, effectiveGasPrice }) => sum + gasUsed * effectiveGasPrice, 0n);
}
