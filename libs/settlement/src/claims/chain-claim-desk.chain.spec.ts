import { verifySignature } from '@odf/bls';
import { zeroHex, type ClaimEvidence, type Hex } from '@odf/protocol';
import { createPublicClient, http, maxUint256, type PublicClient } from 'viem';
import { DaWorld, type Member } from '../../test/da-world.js';
import { COVERED, slashedScene } from '../../test/slashed-scene.js';
import type { Deployment } from '../chain/deployment.js';
import type { ClaimRefusal } from '../claim-desk.js';
import { collateralVaultAbi } from '../contracts/index.js';
import { ChainClaimDesk } from './chain-claim-desk.js';

jest.setTimeout(120_000);

const DAY_S = 86_400;

let world: DaWorld;
let member: Member;
let deployment: Deployment;
let oracle: Hex;
let evidence: ClaimEvidence;
let other: ClaimEvidence;
let judgedId: Hex;

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
  ({ member, deployment, oracle, evidence, other } = await slashedScene(world));
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
