import { verifySignature } from '@odf/bls';
import {
  Attestation,
  Award,
  AwardLeaf,
  keyRoot,
  ListTree,
  ProofOfPossession,
  REGISTRY_DEPTH,
  sha256,
  zeroHex,
  type ClaimEvidence,
  type Hex,
} from '@odf/protocol';
import { signedBy, testCoprocessor, testKey, testValidator } from '@odf/testing';
import { createPublicClient, http, maxUint256, parseEventLogs, type PublicClient } from 'viem';
import { DaWorld, OPERATOR_SET, STAKE, type Member } from '../../test/da-world.js';
import { BOND, settleDa } from '../../test/settle-da.js';
import { depositCall, lineId, openLineCall, registerCall, type CoverLineTerms } from '../calls/index.js';
import type { Deployment } from '../chain/deployment.js';
import type { ClaimRefusal } from '../claim-desk.js';
import { collateralVaultAbi, mockAllocationManagerAbi } from '../contracts/index.js';
import { devAccount } from '../local-chain/dev-account.js';
import { ChainClaimDesk } from './chain-claim-desk.js';

jest.setTimeout(120_000);

const ETHER = 10n ** 18n;
const DAY_S = 86_400;
/** A slash takes a quarter of the stake, of which the line covers nine tenths. */
const COVERED = (STAKE * 9n) / 40n;
const owner = devAccount(6);
const { key: coprocessor } = testCoprocessor(0);
const relay = testKey(7);

let world: DaWorld;
let member: Member;
let deployment: Deployment;
let oracle: Hex;
let evidence: ClaimEvidence;
let other: ClaimEvidence;
let judgedId: Hex;

const context = () => ({ chainId: deployment.chainId, settlement: deployment.hub, relayRoot: keyRoot(relay.pubkey) });

async function cover(): Promise<CoverLineTerms> {
  const account = owner.address.toLowerCase() as Hex;
  const owner_root: Hex = `0x${account.slice(2).padStart(64, '0')}`;
  const proved = signedBy(coprocessor, ProofOfPossession, { key: coprocessor.pubkey, owner_root }, context());
  const registration = { pubkey: coprocessor.pubkey, possession: proved.signature, owner: account, bond_wei: BOND };
  await world.send(owner, registerCall(deployment, registration));
  await world.send(owner, depositCall(deployment, account, zeroHex(20), 20n * ETHER));
  const { timestamp } = await world.client.getBlock();
  const line: CoverLineTerms = {
    coprocessor: keyRoot(coprocessor.pubkey),
    owner: account,
    relayRoot: keyRoot(relay.pubkey),
    operator: zeroHex(20),
    avs: world.manager,
    operatorSetId: OPERATOR_SET,
    asset: zeroHex(20),
    cap: 20n * ETHER,
    validFrom: timestamp - 60n,
    validUntil: timestamp + 30n * 86_400n,
    slashTail: 86_400n,
    coverageBips: 9_000,
    faultMask: 2n,
    oracle,
    attributor: world.manager,
    pinnedSlasher: world.manager,
    allowRedistribution: false,
    termsHash: zeroHex(32),
    salt: zeroHex(32),
  };
  await world.send(owner, openLineCall(deployment, line));
  return line;
}

/** Signs a wrong root, is challenged and slashed. */
async function slashed(taskId: Hex): Promise<{ slash: NonNullable<ClaimEvidence['slash']> }> {
  const lie = world.lie(0);
  await world.respond(taskId, member, lie.result);
  const opened = world.opening(taskId, member.operator, lie);
  const { logs, transactionHash: transaction } = await world.ask('challengeLeaf', opened);
  const [log] = parseEventLogs({ abi: mockAllocationManagerAbi, eventName: 'OperatorSlashed', logs });
  return { slash: { transaction, log_index: log!.logIndex } };
}

/** The bundle of a delivery that attested `response_digest`. */
async function attested(
  line: CoverLineTerms,
  task_id: Hex,
  response_digest: Hex,
): Promise<Omit<ClaimEvidence, 'slash'>> {
  const leaf = {
    validator_root: testValidator(0).root,
    operator: member.operator,
    max_liability: 16n * ETHER,
    fee_wei: 1n,
  };
  const tree = ListTree.of([AwardLeaf.root(leaf)], REGISTRY_DEPTH);
  const now = (await world.client.getBlock()).timestamp * 1000n;
  const id = lineId(line, context());
  const award: Award = {
    auction_id: sha256(Buffer.from('auction')),
    avs_id: world.avs.avs_id,
    role: 0,
    coprocessor: coprocessor.pubkey,
    line_id: id,
    award_root: tree.root,
    units: 1,
    term_start_ms: now,
    term_end_ms: now + 3_600_000n,
  };
  const attestation: Attestation = {
    line_id: id,
    auction_id: award.auction_id,
    task_id,
    award_root: tree.root,
    input_root: zeroHex(32),
    result_root: zeroHex(32),
    witness_root: zeroHex(32),
    response_digest,
    salt: zeroHex(32),
    issued_at_ms: now,
    expires_at_ms: now + 3_600_000n,
    seq: 1n,
  };
  const { branch } = tree.branch(0);
  return {
    version: 'odf/1',
    chain_id: 31_337n,
    settlement: deployment.hub,
    relay: relay.pubkey,
    coprocessor: coprocessor.pubkey,
    operator: member.operator,
    attestation: signedBy(coprocessor, Attestation, attestation, context()),
    award: { award: signedBy(relay, Award, award, context()), leaf, index: 0, branch },
  };
}

const deskWith = (confirmations: bigint, client: PublicClient = world.client) =>
  new ChainClaimDesk({
    client: client,
    deployment,
    oracle,
    signatures: {
      verify: async ({ pubkey, signingRoot, signature }) => verifySignature(pubkey, signingRoot, signature),
    },
    confirmations,
    sender: world.anybody.address.toLowerCase() as Hex,
  });

/** Why a claim cannot be filed. */
async function refusal(prepared: Promise<unknown>): Promise<[string, string]> {
  const error = await prepared.then(
    () => undefined,
    (thrown: unknown) => thrown as ClaimRefusal,
  );
  if (error?.name !== 'ClaimRefusal') throw new Error('it was not refused', { cause: error });
  return [error.kind, error.message];
}

beforeAll(async () => {
  world = await DaWorld.start();
  member = await world.member();
  ({ deployment, oracle } = await settleDa(world));
  const line = await cover();
  const taskId = await world.task();
  const wrong = await attested(line, taskId, sha256(Buffer.from('another response')));
  // What will be signed is known beforehand, so that it can be attested in time.
  const right = await attested(line, taskId, world.digestOf(taskId, world.lie(0).result));
  const { slash } = await slashed(taskId);
  evidence = { ...right, slash };
  other = { ...wrong, slash };
});
afterAll(() => world.stop());

describe('ChainClaimDesk', () => {
  it('waits for confirmations and for the anchor', async () => {
    expect(await refusal(deskWith(50n).prepare(evidence, maxUint256))).toEqual([
      'unconfirmed',
      expect.stringContaining('confirmations'),
    ]);
    expect((await refusal(deskWith(1n).prepare(evidence, maxUint256)))[0]).toBe('unanchored');
    expect((await refusal(deskWith(1n).anchor(evidence.slash!.transaction)))[0]).toBe('unconfirmed');
    await world.node.mine({ blocks: 1 });
  });

  it('judges a claim before its block is anchored as the chain will afterwards', async () => {
    const judged = await deskWith(1n).judge(evidence, maxUint256);
    expect(judged).toEqual({ claim_id: expect.stringMatching(/^0x[0-9a-f]{64}$/) as string, amount_wei: COVERED });
    expect((await refusal(deskWith(1n).judge(other, maxUint256)))[1]).toMatch(/NotAttested/);
    expect((await refusal(deskWith(50n).judge(evidence, maxUint256)))[0]).toBe('unconfirmed');
    judgedId = judged.claim_id;
  });

  it('anchors a slash, and proves it when its block is not among the last 256 any more', async () => {
    await world.send(world.anybody, await deskWith(1n).anchor(evidence.slash!.transaction));
    await world.node.mine({ blocks: 300 });
    const { amount_wei } = await deskWith(50n).prepare(evidence, maxUint256);
    expect(amount_wei).toBe(COVERED);
  });

  it('refuses with the contract’s reason what the contract would refuse', async () => {
    const desk = deskWith(1n);
    const [kind, reason] = await refusal(desk.prepare(other, maxUint256));
    expect([kind, reason]).toEqual(['refused', expect.stringContaining('NotAttested')]);
    const forged = { ...evidence, attestation: { ...evidence.attestation, signature: other.attestation.signature } };
    expect((await refusal(desk.prepare(forged, maxUint256)))[1]).toMatch(/attestation is not signed/);
    const elsewhere = { ...evidence, settlement: zeroHex(20) };
    expect((await refusal(desk.prepare(elsewhere, maxUint256)))[1]).toMatch(/the evidence is for/);
    expect((await refusal(desk.prepare({ ...evidence, slash: null }, maxUint256)))[1]).toMatch(/names no slash/);
    const misplaced = { ...evidence, slash: { ...evidence.slash!, log_index: 0 } };
    expect((await refusal(desk.prepare(misplaced, maxUint256)))[1]).toMatch(/is no slash/);
  });

  it('does not take a node that is away for a refusal', async () => {
    const away = createPublicClient({ transport: http('http://127.0.0.1:1', { retryCount: 0 }) });
    const failed = await deskWith(1n, away)
      .prepare(evidence, maxUint256)
      .catch((error: Error) => error.name);
    expect(failed).not.toBe('ClaimRefusal');
    let calls = 0;
    const failing = { ...world.client, simulateContract: () => Promise.reject(new Error(`fetch failed ${calls++}`)) };
    await expect(deskWith(1n, failing as never).prepare(evidence, maxUint256)).rejects.toThrow('fetch failed');
  });

  it('makes the operator whole to the wei, filed by anybody, once, after its windows', async () => {
    const desk = deskWith(1n);
    const { claim_id, call } = await desk.prepare(evidence, maxUint256);
    expect(claim_id).toBe(judgedId);
    const { gasUsed } = await world.send(world.anybody, call);
    expect(gasUsed).toBeLessThan(900_000n);
    expect(await desk.stateOf(claim_id)).toMatchObject({
      state: 'filed',
      operator: member.operator,
      amount_wei: COVERED,
      bond_wei: call.value,
    });
    expect((await refusal(desk.prepare(evidence, maxUint256)))[1]).toMatch(/stands already|used up/);
    await expect(world.send(world.anybody, desk.finalise(claim_id))).rejects.toThrow();
    await world.node.increaseTime({ seconds: 8 * DAY_S });
    await world.node.mine({ blocks: 1 });
    await world.send(world.anybody, desk.finalise(claim_id));
    expect(await desk.stateOf(claim_id)).toMatchObject({ state: 'finalised', amount_wei: COVERED });
    const before = await world.client.getBalance({ address: member.operator });
    const { gasUsed: gas, effectiveGasPrice } = await world.call(
      collateralVaultAbi,
      deployment.vault,
      'collect',
      [zeroHex(20), member.operator],
      member.account,
    );
    expect((await world.client.getBalance({ address: member.operator })) - before + gas * effectiveGasPrice).toBe(
      COVERED,
    );
  });
});
