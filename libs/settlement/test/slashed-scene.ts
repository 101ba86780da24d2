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
  type SigningContext,
} from '@odf/protocol';
import { signedBy, testCoprocessor, testKey, testValidator } from '@odf/testing';
import { parseEventLogs } from 'viem';
import { depositCall, lineId, openLineCall, registerCall, type CoverLineTerms } from '../src/calls/index.js';
import type { Deployment } from '../src/chain/deployment.js';
import { mockAllocationManagerAbi } from '../src/contracts/index.js';
import { devAccount } from '../src/local-chain/dev-account.js';
import { OPERATOR_SET, STAKE, type DaWorld, type Member } from './da-world.js';
import { BOND, settleDa } from './settle-da.js';

const ETHER = 10n ** 18n;
const owner = devAccount(6);
const { key: coprocessor } = testCoprocessor(0);
const relay = testKey(7);

/** A slash takes a quarter of the stake, of which the line covers nine tenths; wei. */
export const COVERED = (STAKE * 9n) / 40n;

/** A settlement in which a covered operator was slashed for what a coprocessor attested. */
export interface SlashedScene {
  deployment: Deployment;
  oracle: Hex;
  line: CoverLineTerms;
  member: Member;
  /** Owner of the coprocessor and of its collateral. */
  owner: Hex;
  evidence: ClaimEvidence;
  /** The same for another response than the slashed one. */
  other: ClaimEvidence;
}

/** Settles on the world's chain, covers a member, and lets it sign a wrong root for which it is challenged and slashed. */
export async function slashedScene(world: DaWorld): Promise<SlashedScene> {
  const member = await world.member();
  const { deployment, oracle } = await settleDa(world);
  const line = await cover(world, deployment, oracle);
  const taskId = await world.task();
  const attested = (digest: Hex) => bundle(world, { deployment, line, member }, taskId, digest);
  const wrong = await attested(sha256(Buffer.from('another response')));
  // What will be signed is known beforehand, so that it can be attested in time.
  const right = await attested(world.digestOf(taskId, world.lie(0).result));
  const slash = await slashed(world, member, taskId);
  return {
    ...{ deployment, oracle, line, member },
    owner: line.owner,
    evidence: { ...right, slash },
    other: { ...wrong, slash },
  };
}

const contextOf = ({ chainId, hub }: Deployment): SigningContext => ({
  chainId,
  settlement: hub,
  relayRoot: keyRoot(relay.pubkey),
});

async function cover(world: DaWorld, deployment: Deployment, oracle: Hex): Promise<CoverLineTerms> {
  const account = owner.address.toLowerCase() as Hex;
  const owner_root: Hex = `0x${account.slice(2).padStart(64, '0')}`;
  const proved = signedBy(
    coprocessor,
    ProofOfPossession,
    { key: coprocessor.pubkey, owner_root },
    contextOf(deployment),
  );
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
async function slashed(world: DaWorld, member: Member, taskId: Hex): Promise<NonNullable<ClaimEvidence['slash']>> {
  const lie = world.lie(0);
  await world.respond(taskId, member, lie.result);
  const opened = world.opening(taskId, member.operator, lie);
  const { logs, transactionHash: transaction } = await world.ask('challengeLeaf', opened);
  const [log] = parseEventLogs({ abi: mockAllocationManagerAbi, eventName: 'OperatorSlashed', logs });
  return { transaction, log_index: log!.logIndex };
}

/** The bundle of a delivery that attested `response_digest`. */
async function bundle(
  world: DaWorld,
  { deployment, line, member }: Pick<SlashedScene, 'deployment' | 'line' | 'member'>,
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
  const id = lineId(line, contextOf(deployment));
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
    attestation: signedBy(coprocessor, Attestation, attestation, contextOf(deployment)),
    award: { award: signedBy(relay, Award, award, contextOf(deployment)), leaf, index: 0, branch },
  };
}
