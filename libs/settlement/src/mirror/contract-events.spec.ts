import type { Hex } from '@odf/protocol';
import { encodeAbiParameters, encodeEventTopics, type AbiEvent, type AbiParameter } from 'viem';
import type { Deployment } from '../chain/deployment.js';
import { collateralVaultAbi, feeEscrowAbi, fraudClaimsAbi, odfHubAbi } from '../contracts/index.js';
import { ContractEvents, type RawEvent } from './contract-events.js';
import { Draft } from './draft.js';
import { MemoryMirrorStore } from './memory-mirror-store.js';
import { MirrorReader } from './mirror-reader.js';

const address = (digit: string): Hex => `0x${digit.repeat(40)}`;
const word = (digit: string): Hex => `0x${digit.repeat(64)}`;
const deployment: Deployment = {
  chainId: 31_337n,
  hub: address('1'),
  registry: address('2'),
  vault: address('3'),
  lines: address('4'),
  claims: address('5'),
  escrow: address('6'),
};
const [claimId, lineId, operator, taskId] = [word('c'), word('d'), address('b'), word('7')];

interface Given {
  at?: bigint;
  args: Record<string, unknown>;
}

function raw(from: Hex, abi: readonly unknown[], eventName: string, { at = 100n, args }: Given): RawEvent {
  const event = abi.find((entry) => (entry as AbiEvent).name === eventName) as AbiEvent;
  const data = event.inputs.filter(({ indexed }) => !indexed);
  return {
    address: from,
    transaction: word('e'),
    block_number: at,
    at: at * 12n,
    topics: encodeEventTopics({ abi: [event], eventName, args }) as Hex[],
    data: encodeAbiParameters(
      data as AbiParameter[],
      data.map(({ name }) => args[name!]),
    ),
  };
}

const claim = (name: string, given: Given): RawEvent => raw(deployment.claims, fraudClaimsAbi, name, given);
const hub = (name: string, given: Given): RawEvent => raw(deployment.hub, odfHubAbi, name, given);
const filed = (more: object = {}): RawEvent =>
  claim('ClaimFiled', { args: { claimId, lineId, operator, taskId, amount: 70n, finalisableAt: 9_000n }, ...more });

/** The mirror after these events, each in its own block. */
async function after(...events: RawEvent[]): Promise<MirrorReader> {
  const store = new MemoryMirrorStore();
  const decoder = new ContractEvents(deployment);
  const draft = new Draft(store);
  for (const event of events) {
    for (const change of decoder.changesOf(event)) await draft.apply(change, event.block_number);
  }
  await store.advance(null, [{ number: 1_000n, hash: word('a'), parent: word('0') }], draft.rows(), 0n);
  return new MirrorReader(store, 1);
}

describe('claims', () => {
  it('are filed against a line, and read by it', async () => {
    const [found] = await (await after(filed())).all('claim', lineId);
    expect(found!.head).toEqual({
      standing: 'filed',
      line_id: lineId,
      operator,
      task_id: taskId,
      amount: 70n,
      paid: 0n,
      restored: 0n,
      finalisable_at: 9_000n,
      reason: null,
      steps: [{ standing: 'filed', transaction: word('e'), block_number: 100n, at: 1_200n }],
    });
  });

  it.each<[string, object, object]>([
    ['ClaimDisputed', { by: operator }, { standing: 'disputed' }],
    ['ClaimResolved', {}, { standing: 'resolved' }],
    ['ClaimRejected', { reason: word('9') }, { standing: 'rejected', reason: word('9'), paid: 0n }],
    ['ClaimVetoed', { reasonHash: word('8') }, { standing: 'vetoed', reason: word('8') }],
    ['ClaimFinalised', { operator, paid: 60n }, { standing: 'finalised', paid: 60n }],
  ])('know %s', async (name, args, expected) => {
    const reader = await after(filed(), claim(name, { at: 101n, args: { claimId, ...args } }));
    const found = await reader.newest('claim', claimId);
    expect(found).toMatchObject({ amount: 70n, ...expected });
    expect(found!.steps.map(({ block_number }) => block_number)).toEqual([100n, 101n]);
  });

  it('stay finalised when a part is paid back', async () => {
    const paid = claim('ClaimFinalised', { at: 101n, args: { claimId, operator, paid: 60n } });
    const back = (at: bigint, amount: bigint) => claim('ClaimRestored', { at, args: { claimId, amount } });
    const found = await (await after(filed(), paid, back(102n, 10n), back(103n, 5n))).newest('claim', claimId);
    expect(found).toMatchObject({ standing: 'finalised', paid: 60n, restored: 15n });
  });

  it('begin anew when they are filed again after a veto, with what came before', async () => {
    const vetoed = claim('ClaimVetoed', { at: 101n, args: { claimId, reasonHash: word('8') } });
    const found = await (await after(filed(), vetoed, filed({ at: 102n }))).newest('claim', claimId);
    expect(found).toMatchObject({ standing: 'filed', reason: null, amount: 70n });
    expect(found!.steps.map(({ standing }) => standing)).toEqual(['filed', 'vetoed', 'filed']);
  });

  it('are an error where their filing was never read', async () => {
    await expect(after(claim('ClaimResolved', { args: { claimId } }))).rejects.toThrow('the mirror knows no claim');
  });
});

describe('funds', () => {
  const owner = address('a');
  const NATIVE = address('0');
  const vault = (name: string, args: object) =>
    raw(deployment.vault, collateralVaultAbi, name, { args: { owner, asset: NATIVE, ...args } });
  const escrow = (name: string, args: object) =>
    raw(deployment.escrow, feeEscrowAbi, name, { args: { operator, ...args } });

  it('are seized from what is locked first, then from what unbonds', async () => {
    const reader = await after(
      vault('Deposited', { amount: 20n }),
      vault('Locked', { amount: 4n }),
      vault('UnbondingRequested', { amount: 5n, readyAt: 9n }),
      vault('Seized', { amount: 7n, beneficiary: operator }),
    );
    const pair = (of: Hex): Hex => `${of}${NATIVE.slice(2)}`;
    expect(await reader.newest('collateral', pair(owner))).toMatchObject({ free: 11n, locked: 0n, unbonding: 2n });
    expect(await reader.newest('entitlement', pair(operator))).toMatchObject({ amount: 7n });
  });

  it('of an escrow pay fees out of what is leaving too', async () => {
    const reader = await after(
      escrow('EscrowDeposited', { amount: 100n, balance: 100n }),
      escrow('EscrowWithdrawalRequested', { amount: 80n, readyAt: 9n }),
      escrow('FeePaid', { owner, amount: 50n, paid: 50n }),
      escrow('FeeProved', { owner, feeId: word('3'), feeWei: 60n }),
      escrow('FeePaid', { owner, amount: 10n, paid: 60n }),
    );
    expect(await reader.newest('escrow', operator)).toEqual({ balance: 40n, leaving: 40n, ready_at: 9n, paid: 60n });
    const [channel] = await reader.all('channel', operator);
    expect(channel!.head).toEqual({ operator, owner, paid: 60n, proved: 60n });
  });

  it('are promised by the newest hot key', async () => {
    const signer = (digit: string, nonce: bigint) =>
      escrow('DelegatedSignerSet', { hotKey: address(digit), validUntil: 9n, nonce });
    const reader = await after(signer('8', 1n), signer('9', 2n));
    expect(await reader.newest('voucher_signer', operator)).toEqual({
      hot_key: address('9'),
      valid_until: 9n,
      nonce: 2n,
    });
  });
});

describe('the hub', () => {
  const terms = {
    listed: true,
    avs: address('a'),
    operatorSetId: 7,
    acceptance: address('9'),
    vetoSeconds: 5n,
    challengeSeconds: 6n,
  };

  it('lists AVSs and oracles, and takes that back', async () => {
    const listed = hub('AvsTermsSet', { args: { avsId: word('f'), terms } });
    const oracle = (at: bigint, allowed: boolean) =>
      hub('OracleAllowed', { at, args: { oracle: address('7'), allowed } });
    const reader = await after(listed, oracle(101n, true), oracle(102n, false));
    const [avs] = await reader.all('avs', deployment.hub);
    expect(avs).toMatchObject({ id: word('f'), head: { listed: true, avs: address('a'), operator_set_id: 7 } });
    expect(await reader.newest('oracle', address('7'))).toEqual({ allowed: false });
  });

  it('is paused until the pause ends or is ended', async () => {
    const bonds = hub('BondsSet', { args: { registrationBond: 3n, claimBond: 4n } });
    const paused = hub('FilingsPaused', { at: 101n, args: { until: 99_999n } });
    const resumed = hub('FilingsResumed', { at: 102n, args: {} });
    const of = async (...events: RawEvent[]) => (await after(bonds, ...events)).newest('hub', deployment.hub);
    expect(await of(paused)).toEqual({ registration_bond: 3n, claim_bond: 4n, paused_until: 99_999n });
    expect(await of(paused, resumed)).toMatchObject({ paused_until: 102n * 12n });
  });
});

it('passes over strangers, and over events that nobody asked for', async () => {
  const events = new ContractEvents(deployment);
  const role = { role: word('1'), account: operator, sender: operator };
  expect(events.changesOf(hub('RoleGranted', { args: role }))).toEqual([]);
  expect(events.changesOf({ ...filed(), address: address('f') })).toEqual([]);
  expect(events.changesOf({ ...filed(), topics: [word('2')] })).toEqual([]);
});

it('keeps one version of a subject a block', async () => {
  const store = new MemoryMirrorStore();
  const draft = new Draft(store);
  const events = new ContractEvents(deployment);
  const resolved = claim('ClaimResolved', { args: { claimId } });
  for (const event of [filed(), resolved]) for (const each of events.changesOf(event)) await draft.apply(each, 100n);
  expect(draft.rows()).toHaveLength(1);
});
