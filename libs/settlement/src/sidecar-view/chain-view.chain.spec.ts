import { type Hex, type ClaimEvidence } from '@odf/protocol';
import { encodeAbiParameters, encodeEventTopics, encodeFunctionResult, parseAbi } from 'viem';
import { ChainWorld, claimsAccount, devAvs, first, second, testAvsId } from '../../test/chain-world.js';
import { fraudClaimsAbi } from '../contracts/index.js';
import { ClaimRefusal, type FiledClaim } from '../claim-desk.js';
import { ChainClaimFiler } from './chain-claim-filer.js';
import { ChainView } from './chain-view.js';

jest.setTimeout(60_000);

const ALLOCATION_MANAGER: Hex = `0x${'a1'.repeat(20)}`;
const OPERATOR: Hex = `0x${'0e'.repeat(20)}`;
const SENDER: Hex = `0x${'ee'.repeat(20)}`;
const STRANGER: Hex = `0x${'0f'.repeat(20)}`;
const TASK: Hex = `0x${'7a'.repeat(32)}`;
const LINE: Hex = `0x${'1e'.repeat(32)}`;
const CLAIM: Hex = `0x${'c1'.repeat(32)}`;
const DIGEST: Hex = `0x${'d1'.repeat(32)}`;
const slashedAbi = parseAbi([
  'event OperatorSlashed(address operator, OperatorSet operatorSet, address[] strategies, uint256[] wadSlashed, string description)',
  'struct OperatorSet { address avs; uint32 id; }',
]);
/** Emits what it is called with: a topic each, as many as its first byte says, then the data. */
const emitter = (topics: number): Hex => {
  const push = (value: number) => `61${value.toString(16).padStart(4, '0')}`;
  const loads = Array.from({ length: topics }, (_, at) => `${push((topics - 1 - at) * 32)}35`).join('');
  const skip = push(topics * 32);
  return `0x${loads}${skip}360380${skip}6000376000a${topics}00`;
};
/** Answers every call with the same bytes. */
const answering = (bytes: Hex): Hex => {
  const size = ((bytes.length - 2) / 2).toString(16).padStart(4, '0');
  return `0x61${size}80600a5f395ff3${bytes.slice(2)}`;
};

let world: ChainWorld;
let view: ChainView;

beforeAll(async () => {
  world = await ChainWorld.start();
  const { client, deployment } = world;
  view = new ChainView({ client, deployment, allocationManager: ALLOCATION_MANAGER, confirmations: 2 });
  await world.node.setCode({ address: ALLOCATION_MANAGER, bytecode: emitter(1) });
});
afterAll(() => world.stop());

const mine = (blocks: number) => world.node.mine({ blocks });

async function emit(to: Hex, topics: readonly Hex[], data: Hex): Promise<Hex> {
  const from = SENDER;
  await world.node.impersonateAccount({ address: from });
  await world.node.setBalance({ address: from, value: 10n ** 24n });
  const payload: Hex = `0x${[...topics, data].map((part) => part.slice(2)).join('')}`;
  const hash = await world.node.sendUnsignedTransaction({ from, to, data: payload });
  await world.client.waitForTransactionReceipt({ hash, pollingInterval: 10 });
  return hash;
}
function slash(operator: Hex, description: string): Promise<Hex> {
  const { inputs } = slashedAbi[0];
  const set = { avs: devAvs.avs, id: devAvs.operatorSetId };
  const data = encodeAbiParameters(inputs, [operator, set, [], [], description]);
  return emit(ALLOCATION_MANAGER, encodeEventTopics({ abi: slashedAbi }) as Hex[], data);
}

describe('ChainView', () => {
  it('tells what the AVS accepted, through the oracle that the hub names', async () => {
    const answer = (digest: Hex, final: boolean) =>
      answering(encodeAbiParameters([{ type: 'bytes32' }, { type: 'bool' }], [digest, final]));
    await world.node.setCode({ address: devAvs.avs, bytecode: answer(DIGEST, true) });
    await mine(2);
    expect(await view.isListed(testAvsId)).toBe(true);
    expect(await view.acceptedResponse(testAvsId, TASK, OPERATOR)).toEqual({ digest: DIGEST, final: true });
    await world.node.setCode({ address: devAvs.avs, bytecode: answer(`0x${'00'.repeat(32)}`, false) });
    await mine(2);
    expect(await view.acceptedResponse(testAvsId, TASK, OPERATOR)).toBeNull();
    expect(await view.isListed(TASK)).toBe(false);
    expect(await view.acceptedResponse(TASK, TASK, OPERATOR)).toBeNull();
  });

  it('tells the owner of a registered key once its block is confirmed, and what was paid to it', async () => {
    await world.cover(first, 10n ** 18n);
    await mine(1);
    expect(await view.ownerOf(first.pubkey)).toBe(first.owner);
    expect(await view.ownerOf(second.pubkey)).toBeNull();
    expect(await view.paidWei(OPERATOR, first.owner)).toBe(0n);
    expect(await view.provedWei(OPERATOR, first.owner)).toBe(0n);
  });

  it('tells slashes of the asked operators for tasks, once and when confirmed', async () => {
    await mine(2);
    const { cursor } = await view.slashesOf([OPERATOR], undefined);
    await slash(STRANGER, `odf/1 task ${TASK}`);
    await slash(OPERATOR, 'a slash for something else');
    const transaction = await slash(OPERATOR, `odf/1 task ${TASK}`);
    expect((await view.slashesOf([OPERATOR], cursor)).slashes).toEqual([]);
    await mine(1);
    const page = await view.slashesOf([OPERATOR], cursor);
    expect(page.slashes).toEqual([{ operator: OPERATOR, task_id: TASK, transaction, log_index: 0 }]);
    expect(await view.slashesOf([OPERATOR], page.cursor)).toEqual({ slashes: [], cursor: page.cursor });
  });

  it('reads again where the chain is another one than at the cursor', async () => {
    const transaction = await slash(OPERATOR, `odf/1 task ${TASK}`);
    await mine(3);
    const { cursor } = await view.slashesOf([OPERATOR], undefined);
    const other = `${cursor.split(':')[0]}:${TASK}`;
    const page = await view.slashesOf([OPERATOR], other);
    expect(page.slashes.map((one) => one.transaction)).toContain(transaction);
    expect(page.cursor).toBe(cursor);
  });

  it('tells claims with the pauses that extend them', async () => {
    const claim = claimOf(1);
    const result = encodeFunctionResult({ abi: fraudClaimsAbi, functionName: 'claimOf', result: claim });
    await world.node.setCode({ address: claimsAccount, bytecode: answering(result) });
    await mine(2);
    const expected = {
      state: 'filed',
      operator: OPERATOR,
      task_id: TASK,
      amount_wei: 5n,
      finalisable_at_ms: 2_000_000,
      vetoes: 0,
    };
    expect(await view.claimOf(CLAIM)).toEqual(expected);
    const none = encodeFunctionResult({ abi: fraudClaimsAbi, functionName: 'claimOf', result: claimOf(0) });
    await world.node.setCode({ address: claimsAccount, bytecode: answering(none) });
    await mine(2);
    expect(await view.claimOf(CLAIM)).toBeNull();
  });
});

function claimOf(state: number) {
  const times = { filedAt: 1_000n, finalisableAt: 2_000n, disputedAt: 0n, vetoedAt: 0n };
  const ids = { lineId: LINE, slashKey: TASK, taskId: TASK };
  const accounts = { operator: OPERATOR, filer: STRANGER, disputer: STRANGER };
  const amounts = { amount: 5n, bond: 1n, restored: 0n };
  return { state, committee: false, vetoes: 0, charge: 0, ...times, ...ids, ...accounts, ...amounts };
}

describe('ChainClaimFiler', () => {
  const call = { to: STRANGER, data: '0x01', value: 1n } as const;
  let sent: string[];
  let anchored: boolean;
  let held: FiledClaim | null;
  let refused: boolean;
  /** What others do while a transaction is on its way. */
  let meanwhile: () => Promise<unknown>;
  let status: 'success' | 'reverted';
  let evidence: ClaimEvidence;

  beforeAll(async () => {
    const transaction = await slash(OPERATOR, `odf/1 task ${TASK}`);
    const attestation = { message: { line_id: LINE, task_id: TASK } };
    evidence = { operator: OPERATOR, attestation, slash: { transaction, log_index: 0 } } as ClaimEvidence;
    await world.node.setCode({ address: claimsAccount, bytecode: emitter(4) });
  });

  let before: Hex;

  beforeEach(async () => {
    before = await world.node.snapshot();
    [sent, anchored, status, held, refused] = [[], true, 'success', null, false];
    meanwhile = () => Promise.resolve();
  });
  afterEach(() => world.node.revert({ id: before }));

  const filer = (): ChainClaimFiler => {
    const prepare = () => {
      if (!anchored) return Promise.reject(new ClaimRefusal('unanchored', 'not anchored'));
      return Promise.resolve({ claim_id: CLAIM, amount_wei: 5n, call });
    };
    const judge = () =>
      refused
        ? Promise.reject(new ClaimRefusal('refused', 'NotAttested'))
        : Promise.resolve({ claim_id: CLAIM, amount_wei: 5n, bond_wei: 1n });
    const desk = { prepare, judge, anchor: () => Promise.resolve(call), stateOf: () => Promise.resolve(held) };
    const send = async (key: string) => {
      sent.push(key);
      await meanwhile();
      if (key.startsWith('claim/anchor')) anchored = true;
      return { transaction: TASK, status, blockNumber: 1n, reason: 'Paused' };
    };
    const clock = { nowMs: () => 86_400_000 * 3 };
    return new ChainClaimFiler({
      deskFor: () => Promise.resolve(desk),
      finalise: () => call,
      sender: { send },
      client: world.client,
      claims: claimsAccount,
      clock,
    });
  };

  it('anchors first where it must, files, and finalises', async () => {
    anchored = false;
    expect(await filer().file(evidence, 5n)).toEqual({ claim_id: CLAIM });
    await filer().finalise(CLAIM);
    const { transaction } = evidence.slash!;
    expect(sent).toEqual([`claim/anchor/${transaction}/3`, `claim/file/${CLAIM}/0/3`, `claim/finalise/${CLAIM}/3`]);
  });

  it('anchors nothing for a claim that will be refused', async () => {
    [anchored, refused] = [false, true];
    await expect(filer().file(evidence, 5n)).rejects.toMatchObject({ kind: 'refused', message: 'NotAttested' });
    expect(sent).toEqual([]);
  });

  it('says why the chain reverted it', async () => {
    status = 'reverted';
    await expect(filer().file(evidence, 5n)).rejects.toMatchObject({ kind: 'refused', message: /Paused/ });
  });

  it('waits for a slash that is in no block', async () => {
    const lost = { ...evidence, slash: { transaction: CLAIM, log_index: 0 } };
    await expect(filer().file(lost, 5n)).rejects.toMatchObject({ kind: 'unconfirmed' });
  });

  const fileByAnother = (): Promise<unknown> => {
    const abi = fraudClaimsAbi;
    const args = { claimId: CLAIM, lineId: LINE, operator: OPERATOR };
    const topics = encodeEventTopics({ abi, eventName: 'ClaimFiled', args }) as Hex[];
    const types = [{ type: 'bytes32' }, { type: 'uint256' }, { type: 'uint64' }] as const;
    return emit(claimsAccount, topics, encodeAbiParameters(types, [TASK, 5n, 0n]));
  };

  it('takes the claim that somebody else files meanwhile for its own', async () => {
    [status, meanwhile] = ['reverted', fileByAnother];
    expect(await filer().file(evidence, 5n)).toEqual({ claim_id: CLAIM });
    expect(sent).toEqual([`claim/file/${CLAIM}/0/3`]);
  });

  it('sends nothing where somebody else was faster', async () => {
    await fileByAnother();
    expect(await filer().file(evidence, 5n)).toEqual({ claim_id: CLAIM });
    expect(sent).toEqual([]);
  });

  it('files again what was vetoed once', async () => {
    await fileByAnother();
    held = { state: 'vetoed', vetoes: 1 } as FiledClaim;
    expect(await filer().file(evidence, 5n)).toEqual({ claim_id: CLAIM });
    expect(sent).toEqual([`claim/file/${CLAIM}/1/3`]);
  });

  it('sends nothing for what was vetoed twice', async () => {
    await fileByAnother();
    held = { state: 'vetoed', vetoes: 2 } as FiledClaim;
    expect(await filer().file(evidence, 5n)).toEqual({ claim_id: CLAIM });
    expect(sent).toEqual([]);
  });
});
