import { BlsKey } from '@odf/bls';
import {
  Attestation,
  Award,
  AwardLeaf,
  avsId,
  Commitment,
  keyRoot,
  ListTree,
  ProofOfPossession,
  REGISTRY_DEPTH,
  sha256,
  typedDigest,
  zeroHex,
  type FeeProof,
  type Hex,
} from '@odf/protocol';
import { signedBy, testCoprocessor, testDelegation, testEnrollment, testKey, testValidator } from '@odf/testing';
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  http,
  type HDAccount,
  type PrivateKeyAccount,
  type PublicClient,
  type WalletClient,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { deployContracts, TEST_BOND } from '../../test/deploy-contracts.js';
import type { Deployment } from '../chain/deployment.js';
import type { ChainCall } from '../claim-desk.js';
import * as contracts from '../contracts/index.js';
import { startLocalChain, type LocalChain } from '../local-chain/local-chain.js';
import { NATIVE_ASSET } from '../settlement.js';
import {
  collectCall,
  delegateSignerCall,
  depositCall,
  drawCall,
  escrowDepositCall,
  feeIdOf,
  lineId,
  openLineCall,
  redeemCall,
  registerCall,
  requestUnbondCall,
  type CoverLineTerms,
} from './index.js';

jest.setTimeout(60_000);

const ETHER = 10n ** 18n;
const FEE = ETHER / 4n;
const accountOf = (addressIndex: number) =>
  mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex });
const addressOf = ({ address }: { address: string }) => address.toLowerCase() as Hex;
const [deployer, ownerAccount, stranger] = [accountOf(0), accountOf(1), accountOf(2)] as const;
const owner = addressOf(ownerAccount);
const avs: Hex = `0x${'a4'.repeat(20)}`;
const avs_id = avsId(31_337n, avs, 7);
const oracle: Hex = `0x${'04'.repeat(20)}`;
const relay = testKey(7);
const hot = testKey(8);
const { key: coprocessor } = testCoprocessor(0);
const validators = [testValidator(0), testValidator(1)].sort((a, b) => (a.root < b.root ? -1 : 1));
const response = sha256(Buffer.from('the response'));

let chain: LocalChain;
let reader: PublicClient;
let wallet: WalletClient;
let deployment: Deployment;
const context = () => ({
  chainId: deployment.chainId,
  settlement: deployment.hub,
  relayRoot: keyRoot(relay.pubkey),
});

beforeAll(async () => {
  chain = await startLocalChain();
  const transport = http(chain.rpcUrl);
  reader = createPublicClient({ chain: foundry, transport, cacheTime: 0 });
  wallet = createWalletClient({ chain: foundry, transport });
  deployment = await deployContracts(reader, wallet, deployer, { avs, operatorSetId: 7, oracle, attributor: avs });
  await createTestClient({ chain: foundry, transport, mode: 'anvil' }).setCode({ address: avs, bytecode: accepting() });
});
afterAll(() => chain.stop());

/** Code of an acceptance oracle that answers every call with (response, true). */
function accepting(): Hex {
  return `0x7f${response.slice(2)}5f52600160205260405ff3`;
}

async function mined(hash: Hex): Promise<void> {
  const { status } = await reader.waitForTransactionReceipt({ hash, pollingInterval: 10 });
  expect(status).toBe('success');
}

async function send(account: HDAccount | PrivateKeyAccount, call: ChainCall): Promise<void> {
  await mined(await wallet.sendTransaction({ ...call, account, chain: foundry }));
}

/** Whether the contract would take the call now. */
const isTaken = (account: Hex, call: ChainCall): Promise<boolean> =>
  reader.call({ ...call, account }).then(
    () => true,
    (error: unknown) => {
      if (/revert/i.test(String(error))) return false;
      throw error;
    },
  );

function escrow(which: 'paidOf' | 'provedOf', operator: Hex): Promise<bigint> {
  const at = { address: deployment.escrow, abi: contracts.feeEscrowAbi } as const;
  const args = [operator, owner] as const;
  return which === 'paidOf'
    ? reader.readContract({ ...at, functionName: 'paidOf', args })
    : reader.readContract({ ...at, functionName: 'provedOf', args });
}

function lineTerms(members: Partial<CoverLineTerms> = {}): CoverLineTerms {
  const nowS = BigInt(Math.floor(Date.now() / 1000));
  return {
    coprocessor: keyRoot(coprocessor.pubkey),
    owner,
    relayRoot: keyRoot(relay.pubkey),
    operator: zeroHex(20),
    avs,
    operatorSetId: 7,
    asset: NATIVE_ASSET,
    cap: ETHER,
    validFrom: nowS - 60n,
    validUntil: nowS + 86_400n,
    slashTail: 86_400n,
    coverageBips: 9_000,
    faultMask: 2n,
    oracle,
    attributor: avs,
    pinnedSlasher: zeroHex(20),
    allowRedistribution: false,
    termsHash: sha256(Buffer.from('terms')),
    salt: zeroHex(32),
    ...members,
  };
}

describe('a coprocessor on chain', () => {
  it('is registered by anybody with its own proof, and not with another', async () => {
    const owner_root: Hex = `0x${owner.slice(2).padStart(64, '0')}`;
    const proofBy = (key: BlsKey) =>
      signedBy(key, ProofOfPossession, { key: coprocessor.pubkey, owner_root }, context()).signature;
    const terms = { pubkey: coprocessor.pubkey, possession: proofBy(coprocessor), owner, bond_wei: TEST_BOND };
    expect(await isTaken(stranger.address, registerCall(deployment, { ...terms, possession: proofBy(hot) }))).toBe(
      false,
    );
    await send(stranger, registerCall(deployment, terms));
    const args = [keyRoot(coprocessor.pubkey)] as const;
    const registry = { address: deployment.registry, abi: contracts.coprocessorRegistryAbi } as const;
    expect(addressOf({ address: await reader.readContract({ ...registry, functionName: 'ownerOf', args }) })).toBe(
      owner,
    );
  });

  it('opens a pooled line under the id that was computed off chain, and locks its cap', async () => {
    await send(ownerAccount, depositCall(deployment, owner, NATIVE_ASSET, 3n * ETHER));
    const terms = lineTerms();
    const id = lineId(terms, context());
    await send(ownerAccount, openLineCall(deployment, terms));
    const lines = { address: deployment.lines, abi: contracts.coverLinesAbi } as const;
    expect(await reader.readContract({ ...lines, functionName: 'remaining', args: [id] })).toBe(ETHER);
    expect(await reader.readContract({ ...lines, functionName: 'idOf', args: [terms] })).toBe(id);
    const vault = { address: deployment.vault, abi: contracts.collateralVaultAbi } as const;
    const [total, locked] = await reader.readContract({
      ...vault,
      functionName: 'balanceOf',
      args: [owner, NATIVE_ASSET],
    });
    expect([total, locked]).toEqual([3n * ETHER, ETHER]);
    const unbond = (wei: bigint) => isTaken(owner, requestUnbondCall(deployment, NATIVE_ASSET, wei));
    expect([await unbond(2n * ETHER), await unbond(2n * ETHER + 1n)]).toEqual([true, false]);
  });

  it('opens a dedicated line for anybody who has both consents', async () => {
    const operator = validators[0]!;
    const terms = lineTerms({ operator: operator.account, relayRoot: zeroHex(32), salt: `0x${'01'.repeat(32)}` });
    const hash = lineId(terms, context());
    const consents = { owner: await ownerAccount.sign({ hash }), operator: await operator.operator.sign({ hash }) };
    const { owner: byOwner } = consents;
    expect(await isTaken(stranger.address, openLineCall(deployment, terms, { owner: byOwner }))).toBe(false);
    await send(stranger, openLineCall(deployment, terms, consents));
  });
});

describe('fees on chain', () => {
  const hotAccount = accountOf(5);
  const now = BigInt(Math.floor(Date.now() / 1000));

  it('pays what a voucher of the hot key exceeds the payments by, to its owner', async () => {
    const { account: operator, operator: signer } = validators[0]!;
    await send(stranger, escrowDepositCall(deployment, operator, ETHER));
    const delegated = { operator, hotKey: addressOf(hotAccount), validUntil: now + 3_600n, nonce: 1n };
    const signature = await signer.sign({ hash: typedDigest('DelegatedSigner', delegated, context()) });
    await send(stranger, delegateSignerCall(deployment, { ...delegated, signature }));
    const voucher = async (cumulative_wei: bigint, by: { sign(one: { hash: Hex }): Promise<Hex> }) => {
      const consent = { operator, owner, cumulativeWei: cumulative_wei };
      const hash = typedDigest('Voucher', consent, context());
      return redeemCall(deployment, { operator, owner, cumulative_wei, signature: await by.sign({ hash }) });
    };
    expect(await isTaken(stranger.address, await voucher(100n, accountOf(6)))).toBe(false);
    await send(stranger, await voucher(100n, hotAccount));
    await send(stranger, await voucher(150n, signer));
    expect(await escrow('paidOf', operator)).toBe(150n);
    const before = await reader.getBalance({ address: accountOf(9).address });
    await send(ownerAccount, collectCall(deployment, addressOf(accountOf(9))));
    expect((await reader.getBalance({ address: accountOf(9).address })) - before).toBe(150n);
  });

  const leaves = validators.map(({ root, account }) => ({
    validator_root: root,
    operator: account,
    max_liability: ETHER,
    fee_wei: FEE,
  }));
  const tree = ListTree.of(leaves.map(AwardLeaf.root), REGISTRY_DEPTH);
  const award: Award = {
    auction_id: sha256(Buffer.from('auction')),
    avs_id,
    role: 0,
    coprocessor: coprocessor.pubkey,
    line_id: sha256(Buffer.from('line')),
    award_root: tree.root,
    units: leaves.length,
    term_start_ms: now * 1000n,
    term_end_ms: (now + 3_600n) * 1000n,
  };
  const attestation: Attestation = {
    line_id: award.line_id,
    auction_id: award.auction_id,
    task_id: sha256(Buffer.from('task')),
    award_root: award.award_root,
    input_root: sha256(Buffer.from('input')),
    result_root: sha256(Buffer.from('result')),
    witness_root: sha256(Buffer.from('witness')),
    response_digest: response,
    salt: zeroHex(32),
    issued_at_ms: now * 1000n + 1n,
    expires_at_ms: (now + 86_400n) * 1000n,
    seq: 1n,
  };

  /** The proof of a validator's fee as a relay answers it. */
  async function proofOf(index: number, isDelegated: boolean): Promise<FeeProof> {
    const validator = validators[index]!;
    const { auction_id, task_id } = attestation;
    const attestation_root = Attestation.root(attestation);
    const message = { auction_id, task_id, coprocessor: coprocessor.pubkey, attestation_root, fee_wei: FEE };
    const { signature } = signedBy(isDelegated ? hot : validator.key, Commitment, message, context());
    const enrollment = await testEnrollment(validator, { avs_id }, context());
    const delegation = testDelegation(validator, hot, {}, context());
    return {
      commitment: { message, validator: validator.pubkey, signature },
      delegation: isDelegated ? { message: delegation.message, signature: delegation.signature } : null,
      enrollment: { message: enrollment.message, operator_signature: enrollment.operator_signature },
      award: { award: signedBy(relay, Award, award, context()), leaf: leaves[index]!, ...tree.branch(index) },
    };
  }

  it('does not draw for another response, relay or signer', async () => {
    const proof = await proofOf(0, false);
    const evidence = { proof: await proofOf(1, false), attestation, relay: relay.pubkey };
    const taken = (change: object) => isTaken(stranger.address, drawCall(deployment, { ...evidence, ...change }));
    const { signature } = proof.commitment;
    const foreign = { ...evidence.proof, commitment: { ...evidence.proof.commitment, signature } };
    expect(await taken({})).toBe(true);
    expect(await taken({ attestation: { ...attestation, response_digest: zeroHex(32) } })).toBe(false);
    expect(await taken({ relay: hot.pubkey })).toBe(false);
    // The same message and signature, held against another validator's key.
    expect(await taken({ proof: foreign })).toBe(false);
  });

  it.each([
    ['the validator key', 0, false],
    ["the validator's delegate", 1, true],
  ])('draws a fee that %s committed to, once', async (_, index, isDelegated) => {
    const { account: operator } = validators[index]!;
    await send(stranger, escrowDepositCall(deployment, operator, ETHER));
    const proof = await proofOf(index, isDelegated);
    const call = drawCall(deployment, { proof, attestation, relay: relay.pubkey });
    await send(stranger, call);
    expect([await escrow('provedOf', operator), await escrow('paidOf', operator)]).toEqual([FEE, FEE]);
    const logs = await reader.getContractEvents({
      address: deployment.escrow,
      abi: contracts.feeEscrowAbi,
      eventName: 'FeeProved',
      args: { operator },
      fromBlock: 0n,
    });
    expect(logs.map(({ args }) => args.feeId)).toEqual([feeIdOf(proof, context())]);
    expect(await isTaken(stranger.address, call)).toBe(false);
  });
});
