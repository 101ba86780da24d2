import { DasContextJs } from '@crate-crypto/node-eth-kzg';
import { merkleBranch, packBlobs, responseDigest, signResponse, workloadOf } from '@odf/avs';
import { verifySignature } from '@odf/bls';
import {
  Attestation,
  Award,
  AwardLeaf,
  avsId,
  keyRoot,
  ListTree,
  ProofOfPossession,
  REGISTRY_DEPTH,
  sha256,
  toHex,
  zeroHex,
  type ClaimEvidence,
  type Hex,
} from '@odf/protocol';
import { signedBy, testCoprocessor, testKey, testValidator } from '@odf/testing';
import {
  createTestClient,
  createWalletClient,
  encodeFunctionData,
  http,
  keccak256,
  maxUint256,
  parseEventLogs,
  parseGwei,
  publicActions,
  toBytes,
  type Abi,
  type Account,
  type TransactionReceipt,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { depositCall, lineId, openLineCall, registerCall, type CoverLineTerms } from '../calls/index.js';
import { deployOdf } from '../chain/deploy-odf.js';
import type { Deployment } from '../chain/deployment.js';
import type { ChainCall, ClaimRefusal } from '../claim-desk.js';
import {
  collateralVaultAbi,
  daTaskManagerAbi,
  daTaskManagerBytecode,
  mockAllocationManagerAbi,
  mockAllocationManagerBytecode,
  mockDelegationManagerAbi,
  odfHubAbi,
  receiptOracleAbi,
  receiptOracleBytecode,
} from '../contracts/index.js';
import { devAccount } from '../local-chain/local-settlement.js';
import { startLocalChain, type LocalChain } from '../local-chain/local-chain.js';
import { ChainClaimDesk } from './chain-claim-desk.js';

jest.setTimeout(120_000);

const ETHER = 10n ** 18n;
const BOND = 10n ** 16n;
const DAY_S = 86_400;
const BEACON: Hex = '0xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0';
const OPERATOR_SET = 3;
/** Of the operator's 32 ETH a slash takes a quarter, of which the line covers nine tenths. */
const WAD = ETHER / 4n;
const COVERED = (32n * ETHER * 9n) / 40n;
const [deployer, timelock, owner, anybody] = [0, 1, 6, 7].map(devAccount) as [Account, Account, Account, Account];
const { key: coprocessor } = testCoprocessor(0);
const relay = testKey(7);
const blob = packBlobs(Buffer.from('what an operator lost its stake for'))[0]!;
const kzg = DasContextJs.create({ usePrecomp: false });
const secret = generatePrivateKey();
const operatorAccount = privateKeyToAccount(secret);
const operator = operatorAccount.address.toLowerCase() as Hex;

let chain: LocalChain;
let client: ReturnType<typeof clientOf>;
let deployment: Deployment;
let manager: Hex;
let oracle: Hex;
let evidence: ClaimEvidence;
let other: ClaimEvidence;

const clientOf = (rpcUrl: string) =>
  createTestClient({ chain: foundry, mode: 'anvil', transport: http(rpcUrl), cacheTime: 0 }).extend(publicActions);
const walletOf = (account: Account) => createWalletClient({ chain: foundry, transport: http(chain.rpcUrl), account });

async function mined(hash: Hex): Promise<TransactionReceipt> {
  const receipt = await client.waitForTransactionReceipt({ hash, pollingInterval: 10 });
  expect(receipt.status).toBe('success');
  return receipt;
}

const send = async (account: Account, call: ChainCall) =>
  mined(await walletOf(account).sendTransaction({ ...call, account, chain: foundry }));

function callTo(abi: Abi, to: Hex, functionName: string, args: readonly unknown[]): ChainCall {
  return { to, data: encodeFunctionData({ abi, functionName, args }), value: 0n };
}

async function created(abi: Abi, bytecode: Hex, args: readonly unknown[]): Promise<Hex> {
  const { contractAddress } = await mined(await walletOf(deployer).deployContract({ abi, bytecode, args }));
  return contractAddress!.toLowerCase() as Hex;
}

/** A settlement, an AVS with one member, and a coprocessor with a line. */
async function world(): Promise<CoverLineTerms> {
  const addressOf = (index: number) => devAccount(index).address;
  const roles = { timelock: timelock.address, guardian: addressOf(2), resolver: addressOf(3), veto: addressOf(4) };
  const options = { roles, registrationBond: BOND, claimBond: BOND };
  deployment = await deployOdf(client, walletOf(deployer), options);
  const allocation = await created(mockAllocationManagerAbi, mockAllocationManagerBytecode, []);
  const delegation = await client.readContract({
    abi: mockAllocationManagerAbi,
    address: allocation,
    functionName: 'delegation',
  });
  manager = await created(daTaskManagerAbi, daTaskManagerBytecode, [allocation, OPERATOR_SET, BEACON, 600n, 300n, WAD]);
  oracle = await created(receiptOracleAbi, receiptOracleBytecode, [allocation, delegation]);
  const terms = { avs: manager, operatorSetId: OPERATOR_SET, acceptance: manager, vetoSeconds: 0n };
  const listed = { ...terms, listed: true, challengeSeconds: 300n };
  await send(timelock, callTo(odfHubAbi, deployment.hub, 'setAvsTerms', [listed]));
  for (const each of [oracle, manager])
    await send(timelock, callTo(odfHubAbi, deployment.hub, 'allowOracle', [each, true]));
  await client.setBalance({ address: operator, value: ETHER });
  const set = { avs: manager, id: OPERATOR_SET };
  await send(operatorAccount, callTo(mockDelegationManagerAbi, delegation, 'stake', [BEACON, 32n * ETHER]));
  const joined = [operator, { avs: manager, operatorSetIds: [OPERATOR_SET], data: '0x' }];
  await send(operatorAccount, callTo(mockAllocationManagerAbi, allocation, 'registerForOperatorSets', joined));
  const allocated = [operator, [{ operatorSet: set, strategies: [BEACON], newMagnitudes: [ETHER] }]];
  await send(operatorAccount, callTo(mockAllocationManagerAbi, allocation, 'modifyAllocations', allocated));
  return cover();
}

const context = () => ({ chainId: deployment.chainId, settlement: deployment.hub, relayRoot: keyRoot(relay.pubkey) });

async function cover(): Promise<CoverLineTerms> {
  const account = owner.address.toLowerCase() as Hex;
  const owner_root: Hex = `0x${account.slice(2).padStart(64, '0')}`;
  const proved = signedBy(coprocessor, ProofOfPossession, { key: coprocessor.pubkey, owner_root }, context());
  const registration = { pubkey: coprocessor.pubkey, possession: proved.signature, owner: account, bond_wei: BOND };
  await send(owner, registerCall(deployment, registration));
  await send(owner, depositCall(deployment, account, zeroHex(20), 20n * ETHER));
  const { timestamp } = await client.getBlock();
  const line: CoverLineTerms = {
    coprocessor: keyRoot(coprocessor.pubkey),
    owner: account,
    relayRoot: keyRoot(relay.pubkey),
    operator: zeroHex(20),
    avs: manager,
    operatorSetId: OPERATOR_SET,
    asset: zeroHex(20),
    cap: 20n * ETHER,
    validFrom: timestamp - 60n,
    validUntil: timestamp + 30n * 86_400n,
    slashTail: 86_400n,
    coverageBips: 9_000,
    faultMask: 2n,
    oracle,
    attributor: manager,
    pinnedSlasher: manager,
    allowRedistribution: false,
    termsHash: zeroHex(32),
    salt: zeroHex(32),
  };
  await send(owner, openLineCall(deployment, line));
  return line;
}

async function task(): Promise<Hex> {
  const { timestamp } = await client.getBlock();
  const { to, data } = callTo(daTaskManagerAbi, manager, 'createTask', [timestamp + 600n]);
  const hash = await walletOf(anybody).sendTransaction({
    to,
    data,
    blobs: [blob],
    kzg: {
      blobToKzgCommitment: (given: Uint8Array) => kzg.blobToKzgCommitment(given),
      computeBlobKzgProof: (given: Uint8Array, commitment: Uint8Array) => kzg.computeBlobKzgProof(given, commitment),
    } as never,
    maxFeePerBlobGas: parseGwei('30'),
  });
  const { logs } = await mined(hash);
  return parseEventLogs({ abi: daTaskManagerAbi, eventName: 'TaskCreated', logs })[0]!.args.taskId;
}

/** Signs element 0 of another value, is challenged and slashed; element 0 is where the polynomial stands at 1. */
async function slashed(taskId: Hex): Promise<{ digest: Hex; slash: NonNullable<ClaimEvidence['slash']> }> {
  const { result: right, witness } = await workloadOf('kzg-da').compute(blob, new AbortController().signal);
  const forged = Uint8Array.from(witness);
  forged[31]! ^= 1;
  const { leaf, branch } = merkleBranch(forged, 0);
  const root = branch.reduce((node, sibling) => keccak256(`${node}${sibling.slice(2)}`), leaf);
  const result = Buffer.concat([right.subarray(0, 48), toBytes(root)]);
  const about = { avs_id: avsId(31_337n, manager, OPERATOR_SET), task_id: taskId, chain_id: 31_337n, avs: manager };
  const signed = responseDigest(about, result, 'secp256k1-eip712');
  const response = [taskId, operator, toHex(result), await signResponse(signed, secret)];
  await send(anybody, callTo(daTaskManagerAbi, manager, 'respond', response));
  const [proof, y] = kzg.computeKzgProof(blob, toBytes(1n, { size: 32 })) as [Uint8Array, Uint8Array];
  const opened = [taskId, operator, toHex(result), 0n, leaf, branch, toHex(y), toHex(proof)];
  const { logs, transactionHash } = await send(anybody, callTo(daTaskManagerAbi, manager, 'challengeLeaf', opened));
  const [log] = parseEventLogs({ abi: mockAllocationManagerAbi, eventName: 'OperatorSlashed', logs });
  return { digest: signed.digest, slash: { transaction: transactionHash, log_index: log!.logIndex } };
}

/** The bundle of a delivery that attested `response_digest`. */
async function attested(
  line: CoverLineTerms,
  task_id: Hex,
  response_digest: Hex,
): Promise<Omit<ClaimEvidence, 'slash'>> {
  const leaf = { validator_root: testValidator(0).root, operator, max_liability: 16n * ETHER, fee_wei: 1n };
  const tree = ListTree.of([AwardLeaf.root(leaf)], REGISTRY_DEPTH);
  const now = (await client.getBlock()).timestamp * 1000n;
  const id = lineId(line, context());
  const award: Award = {
    auction_id: sha256(Buffer.from('auction')),
    avs_id: avsId(31_337n, manager, OPERATOR_SET),
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
    operator,
    attestation: signedBy(coprocessor, Attestation, attestation, context()),
    award: { award: signedBy(relay, Award, award, context()), leaf, index: 0, branch },
  };
}

const deskWith = (confirmations: bigint) =>
  new ChainClaimDesk({
    client: client,
    deployment,
    oracle,
    signatures: {
      verify: async ({ pubkey, signingRoot, signature }) => verifySignature(pubkey, signingRoot, signature),
    },
    confirmations,
    sender: anybody.address.toLowerCase() as Hex,
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
  chain = await startLocalChain();
  client = clientOf(chain.rpcUrl);
  const line = await world();
  const taskId = await task();
  const wrong = await attested(line, taskId, sha256(Buffer.from('another response')));
  // The digest follows from the task and the result alone, so that it can be attested before it is signed.
  const before = await client.snapshot();
  const { digest } = await slashed(taskId);
  await client.revert({ id: before });
  const right = await attested(line, taskId, digest);
  const { slash } = await slashed(taskId);
  evidence = { ...right, slash };
  other = { ...wrong, slash };
});
afterAll(() => chain.stop());

describe('ChainClaimDesk', () => {
  it('waits for confirmations and for the anchor', async () => {
    expect(await refusal(deskWith(50n).prepare(evidence, maxUint256))).toEqual([
      'unconfirmed',
      expect.stringContaining('confirmations'),
    ]);
    expect((await refusal(deskWith(1n).prepare(evidence, maxUint256)))[0]).toBe('unanchored');
  });

  it('anchors a slash, and proves it when its block is not among the last 256 any more', async () => {
    await send(anybody, await deskWith(1n).anchor(evidence.slash!.transaction));
    await client.mine({ blocks: 300 });
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

  it('makes the operator whole to the wei, filed by anybody, once, after its windows', async () => {
    const desk = deskWith(1n);
    const { claim_id, call } = await desk.prepare(evidence, maxUint256);
    const { gasUsed } = await send(anybody, call);
    expect(gasUsed).toBeLessThan(900_000n);
    expect(await desk.stateOf(claim_id)).toMatchObject({
      state: 'filed',
      operator,
      amount_wei: COVERED,
      bond_wei: call.value,
    });
    expect((await refusal(desk.prepare(evidence, maxUint256)))[1]).toMatch(/stands already|used up/);
    await expect(send(anybody, desk.finalise(claim_id))).rejects.toThrow();
    await client.increaseTime({ seconds: 8 * DAY_S });
    await client.mine({ blocks: 1 });
    await send(anybody, desk.finalise(claim_id));
    expect(await desk.stateOf(claim_id)).toMatchObject({ state: 'finalised', amount_wei: COVERED });
    const before = await client.getBalance({ address: operator });
    const { gasUsed: gas, effectiveGasPrice } = await send(
      operatorAccount,
      callTo(collateralVaultAbi, deployment.vault, 'collect', [zeroHex(20), operator]),
    );
    expect((await client.getBalance({ address: operator })) - before + gas * effectiveGasPrice).toBe(COVERED);
  });
});
