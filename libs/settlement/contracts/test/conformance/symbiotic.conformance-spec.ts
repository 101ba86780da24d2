import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
  avsId,
  type ClaimEvidence,
  type Hex,
} from '@odf/protocol';
import { signedBy, testCoprocessor, testKey, testValidator } from '@odf/testing';
import {
  createWalletClient,
  encodeAbiParameters,
  erc20Abi,
  http,
  keccak256,
  maxUint256,
  parseEventLogs,
  type Abi,
} from 'viem';
import {
  depositCall,
  approveCall,
  finaliseCall,
  lineId,
  openLineCall,
  registerCall,
} from '../../../src/calls/index.js';
import { deployOdf } from '../../../src/chain/deploy-odf.js';
import type { Deployment } from '../../../src/chain/deployment.js';
import { filingOf } from '../../../src/claims/filing.js';
import { proveReceipt } from '../../../src/claims/receipt-proof.js';
import {
  collateralVaultAbi,
  fraudClaimsAbi,
  odfHubAbi,
  receiptOracleAbi,
  receiptOracleBytecode,
  symbioticOracleAbi,
  symbioticOracleBytecode,
  testTokenAbi,
  testTokenBytecode,
} from '../../../src/contracts/index.js';
import { devAccount } from '../../../src/local-chain/dev-account.js';
import { DaWorld, type Member } from '../../../test/da-world.js';
import { IDENTIFIER, SymbioticCore, type Artifacts } from './symbiotic-core.js';

jest.setTimeout(120_000);

const ETHER = 10n ** 18n;
const BOND = 10n ** 16n;
const OPERATOR_SET = Number(IDENTIFIER);
const TASK = keccak256('0x01');
const DIGEST = keccak256('0x02');
const FAULT = 3;
const [deployer, timelock, owner, depositor] = [devAccount(0), devAccount(1), devAccount(6), devAccount(9)] as const;
const { key: coprocessor } = testCoprocessor(0);
const relay = testKey(7);

let world: DaWorld;
let core: SymbioticCore;
let token: Hex;
let member: Member;
let deployment: Deployment;
let anchors: Hex;
let oracle: Hex;
let doubles: Record<'AttributorDouble' | 'SymbioticVaultDouble', { abi: Abi; bytecode: Hex }>;
let attributor: Hex;

const balanceOf = (account: Hex) =>
  world.client.readContract({ abi: erc20Abi, address: token, functionName: 'balanceOf', args: [account] });
const newest = () => world.client.getBlock();

/** The test doubles that forge's tests use. */
function compileDoubles(): typeof doubles {
  const contracts = join(__dirname, '../..');
  const files = ['ClaimsDoubles', 'SymbioticDoubles'].map(
    (name) => `libs/settlement/contracts/test/support/${name}.sol`,
  );
  const printed = execFileSync(process.execPath, [join(contracts, 'compile.mjs'), ...files], { encoding: 'utf8' });
  return JSON.parse(printed) as typeof doubles;
}

const pinnedOn = (vault: Hex) =>
  world.create(symbioticOracleAbi, symbioticOracleBytecode, [anchors, core.networkAddress, [vault]]);

/** 30 of the operator's, 10 of another's, and 10 more of another's that leave. */
async function stake(): Promise<void> {
  await world.call(testTokenAbi, token, 'mint', [member.operator, 30n * ETHER]);
  await world.call(testTokenAbi, token, 'mint', [depositor.address, 20n * ETHER]);
  for (const [account, amount] of [
    [member.account, 30n * ETHER],
    [depositor, 20n * ETHER],
  ] as const) {
    await world.call(erc20Abi, token, 'approve', [core.vault, amount], account);
    await core.call('Vault', core.vault, 'deposit', [account.address, amount], account);
  }
  await core.call('Vault', core.vault, 'withdraw', [depositor.address, 10n * ETHER], depositor);
}

async function settle(): Promise<void> {
  const addressOf = (index: number) => devAccount(index).address;
  const roles = { timelock: timelock.address, guardian: addressOf(2), resolver: addressOf(3), veto: addressOf(4) };
  const sender = createWalletClient({ transport: http(world.chain.rpcUrl), account: deployer });
  deployment = await deployOdf(world.client, sender, { roles, registrationBond: BOND, claimBond: BOND });
  anchors = await world.create(receiptOracleAbi, receiptOracleBytecode, [world.allocation, world.delegation]);
  oracle = await pinnedOn(core.vault);
  const { abi, bytecode } = doubles.AttributorDouble;
  attributor = await world.create(abi, bytecode, []);
  const hub = (functionName: string, args: readonly unknown[]) =>
    world.call(odfHubAbi, deployment.hub, functionName, args, timelock);
  const avs = { avs: core.networkAddress, operatorSetId: OPERATOR_SET, acceptance: attributor };
  await hub('setAvsTerms', [{ listed: true, ...avs, vetoSeconds: 0n, challengeSeconds: 0n }]);
  await hub('allowAsset', [token, true]);
  for (const each of [oracle, attributor]) await hub('allowOracle', [each, true]);
}

const context = () => ({ chainId: deployment.chainId, settlement: deployment.hub, relayRoot: keyRoot(relay.pubkey) });

/** A line of 20 tokens; its id. */
async function cover(): Promise<Hex> {
  const account = owner.address.toLowerCase() as Hex;
  const owner_root: Hex = `0x${account.slice(2).padStart(64, '0')}`;
  const proved = signedBy(coprocessor, ProofOfPossession, { key: coprocessor.pubkey, owner_root }, context());
  const registration = { pubkey: coprocessor.pubkey, possession: proved.signature, owner: account, bond_wei: BOND };
  await world.send(owner, registerCall(deployment, registration));
  await world.call(testTokenAbi, token, 'mint', [account, 20n * ETHER]);
  await world.send(owner, approveCall(deployment, token, 20n * ETHER));
  await world.send(owner, depositCall(deployment, account, token, 20n * ETHER));
  const { timestamp } = await newest();
  const line = {
    coprocessor: keyRoot(coprocessor.pubkey),
    owner: account,
    relayRoot: keyRoot(relay.pubkey),
    operator: zeroHex(20),
    avs: core.networkAddress,
    operatorSetId: OPERATOR_SET,
    asset: token,
    cap: 20n * ETHER,
    validFrom: timestamp - 60n,
    validUntil: timestamp + 30n * 86_400n,
    slashTail: 86_400n,
    coverageBips: 9_000,
    faultMask: 1n << BigInt(FAULT),
    oracle,
    attributor,
    pinnedSlasher: zeroHex(20),
    allowRedistribution: false,
    termsHash: zeroHex(32),
    salt: zeroHex(32),
  };
  await world.send(owner, openLineCall(deployment, line));
  return lineId(line, context());
}

/** What the coprocessor attested and the relay awarded. */
async function attested(line: Hex): Promise<ClaimEvidence> {
  const leaf = {
    validator_root: testValidator(0).root,
    operator: member.operator,
    max_liability: 20n * ETHER,
    fee_wei: 1n,
  };
  const tree = ListTree.of([AwardLeaf.root(leaf)], REGISTRY_DEPTH);
  const now = (await newest()).timestamp * 1000n;
  const award: Award = {
    auction_id: sha256(Buffer.from('auction')),
    avs_id: avsId(31_337n, core.networkAddress, OPERATOR_SET),
    role: 0,
    coprocessor: coprocessor.pubkey,
    line_id: line,
    award_root: tree.root,
    units: 1,
    term_start_ms: now,
    term_end_ms: now + 3_600_000n,
  };
  const attestation: Attestation = {
    line_id: line,
    auction_id: award.auction_id,
    task_id: TASK,
    award_root: tree.root,
    input_root: zeroHex(32),
    result_root: zeroHex(32),
    witness_root: zeroHex(32),
    response_digest: DIGEST,
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
    slash: null,
  };
}

const evidenceOf = (header: Hex) =>
  encodeAbiParameters(
    [
      {
        type: 'tuple',
        components: [
          { name: 'header', type: 'bytes' },
          { name: 'operator', type: 'address' },
          { name: 'operatorSetId', type: 'uint32' },
        ],
      },
    ],
    [{ header, operator: member.operator, operatorSetId: OPERATOR_SET }],
  );

const factBy = (address: Hex, header: Hex) =>
  world.client.readContract({
    abi: symbioticOracleAbi,
    address,
    functionName: 'slashFact',
    args: [evidenceOf(header)],
  });

/** Slashes 10 of what was at stake a moment ago, and anchors the block. */
async function slashed(): Promise<{ header: Hex; block: bigint; timestamp: bigint; lost: bigint }> {
  await world.node.increaseTime({ seconds: 60 });
  await world.node.mine({ blocks: 1 });
  const { timestamp: captured } = await newest();
  await world.node.increaseTime({ seconds: 60 });
  await world.node.mine({ blocks: 1 });
  const held = await core.read<bigint>('activeBalanceOf', [member.operator]);
  const { transactionHash, blockNumber: block } = await core.slash(member.operator, 10n * ETHER, captured);
  const lost = held - (await core.read<bigint>('activeBalanceOf', [member.operator]));
  const { timestamp } = await world.client.getBlock({ blockNumber: block });
  await world.node.mine({ blocks: 1 });
  await world.call(receiptOracleAbi, anchors, 'anchor', [block]);
  const proof = await proveReceipt(world.client, transactionHash);
  return { header: proof!.header, block, timestamp, lost };
}

beforeAll(async () => {
  const file = process.env['SYMBIOTIC_ARTIFACTS'];
  if (file === undefined) throw new Error('run conformance/symbiotic.mjs, which compiles Symbiotic for this spec');
  doubles = compileDoubles();
  world = await DaWorld.start();
  token = await world.create(testTokenAbi, testTokenBytecode, ['Staked Ether', 'STETH']);
  core = new SymbioticCore(world, JSON.parse(readFileSync(file, 'utf8')) as Artifacts, token);
  await core.deploy();
  member = await world.member();
  await core.join(member.account);
  await stake();
  await settle();
});
afterAll(() => world?.stop());

describe('a slash of a real Symbiotic vault', () => {
  it('is read as our double tells it, and a whole claim on it is filed and paid to the wei', async () => {
    const line = await cover();
    const evidence = await attested(line);
    const { header, block, timestamp, lost } = await slashed();

    // A fifth of the 50 was in withdrawal and bore a fifth of the slash; three quarters of the rest were the operator's.
    expect(lost).toBe(6n * ETHER);
    const fact = await factBy(oracle, header);
    expect(fact).toMatchObject({ loss: lost, blockNumber: block, timestamp, operatorSetId: OPERATOR_SET });
    expect(fact.asset.toLowerCase()).toBe(token);

    const { abi, bytecode } = doubles.SymbioticVaultDouble;
    const double = await world.create(abi, bytecode, [token]);
    await world.call(abi, double, 'setShares', [member.operator, 30n * ETHER, 40n * ETHER, 40n * ETHER]);
    const told = [core.subnetwork, member.operator, Number(timestamp), 10n * ETHER, 8n * ETHER];
    await world.call(abi, double, 'slash', told);
    expect(await factBy(await pinnedOn(double), header)).toEqual(fact);

    const attribution = { responseDigest: DIGEST, fault: FAULT, slashBlock: block, descriptionHash: zeroHex(32) };
    const of = [core.networkAddress, TASK, member.operator];
    await world.call(doubles.AttributorDouble.abi, attributor, 'set', [...of, attribution]);
    const args = [filingOf(evidence, evidenceOf(header), maxUint256)] as const;
    const call = { abi: fraudClaimsAbi, address: deployment.claims, functionName: 'file', args, value: BOND } as const;
    const wallet = createWalletClient({ transport: http(world.chain.rpcUrl), account: world.anybody });
    await world.client.simulateContract({ ...call, account: world.anybody });
    const filed = await world.mined(await wallet.writeContract({ ...call, chain: null }));
    expect(filed.gasUsed).toBeLessThan(900_000n);
    const [log] = parseEventLogs({ abi: fraudClaimsAbi, eventName: 'ClaimFiled', logs: filed.logs });
    const covered = (lost * 9n) / 10n;
    expect(log!.args.amount).toBe(covered);

    await world.node.increaseTime({ seconds: 8 * 86_400 });
    await world.node.mine({ blocks: 1 });
    await world.send(world.anybody, finaliseCall(deployment, log!.args.claimId));
    const before = await balanceOf(member.operator);
    const collected = [token, member.operator];
    await world.call(collateralVaultAbi, deployment.vault, 'collect', collected, member.account);
    expect((await balanceOf(member.operator)) - before).toBe(covered);
  });
});
