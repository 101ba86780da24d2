import { BlsKey } from '@odf/bls';
import { signMessage } from '@odf/client';
import { awardTree } from '@odf/market';
import {
  Attestation,
  Award,
  Commitment,
  keyRoot,
  type AwardProof,
  type ClaimEvidence,
  type Hex,
  type SigningContext,
} from '@odf/protocol';
import {
  BEACON_STRATEGY,
  closeLineCall,
  collateralVaultAbi,
  collectCall,
  coprocessorRegistryAbi,
  coverLinesAbi,
  daAvs,
  delegateSignerCall,
  drawCall,
  feeEscrowAbi,
  filingOf,
  finaliseCall,
  fraudClaimsAbi,
  NATIVE_ASSET,
  odfHubAbi,
  proveReceipt,
  redeemCall,
  requestUnbondCall,
  slashEvidence,
  slashLogs,
  withdrawCall,
  type ChainCall,
  type Deployment,
} from '@odf/settlement';
import { encodeFunctionData, maxUint256, zeroHash, type Abi, type LocalAccount, type PublicClient } from 'viem';

const ETHER = 10n ** 18n;

/** What a thief has: the relay's key, all that the relay ever saw, and an account of its own. */
export interface Loot {
  client: PublicClient;
  deployment: Deployment;
  relayKey: BlsKey;
  account: LocalAccount;
  /** Of a slashed operator that has not claimed yet. */
  evidence: ClaimEvidence & { slash: NonNullable<ClaimEvidence['slash']> };
  /** Owner of the coprocessor that must pay for it. */
  owner: Hex;
}

/** Something that would be theft if the chain took it. */
export interface Theft {
  what: string;
  call: ChainCall;
}

/** Everything that a thief with the relay's keys may think of; the chain must refuse each. */
export async function thefts(loot: Loot): Promise<Theft[]> {
  return [...(await falseClaims(loot)), ...(await falsePayments(loot)), ...powerGrabs(loot)];
}

/** The one thing that anybody may do with what the relay knows: file the operator's own claim, for the operator. */
export async function honestClaim(loot: Loot): Promise<ChainCall> {
  return fileCall(loot, loot.evidence, await proofOf(loot.client, loot.evidence));
}

/** The relay signs awards: so the thief signs one in which it is the operator that lost. */
async function falseClaims(loot: Loot): Promise<Theft[]> {
  const { client, deployment, relayKey, account, evidence } = loot;
  const context = contextOf(evidence);
  const proof = await proofOf(client, evidence);
  const file = (forged: ClaimEvidence): ChainCall => fileCall(loot, forged, proof);
  const award = awardTo(evidence, addressOf(account), relayKey, context);
  const root = award.award.message.award_root;
  const attested = { ...evidence.attestation.message, award_root: root };
  const signed = { ...evidence, operator: addressOf(account), award };
  return [
    { what: 'claims with an award that names it as the operator', call: file(signed) },
    {
      what: 'claims with the attestation changed to that award',
      call: file({ ...signed, attestation: { ...evidence.attestation, message: attested } }),
    },
    {
      what: 'claims with an attestation that the relay signed',
      call: file({
        ...signed,
        coprocessor: relayKey.pubkey,
        attestation: signMessage(Attestation, attested, relayKey, context),
      }),
    },
    {
      what: 'claims more for a friend with a larger award',
      call: file({ ...evidence, award: awardTo(evidence, evidence.operator, relayKey, context) }),
    },
    { what: 'finalises a claim that nobody filed', call: finaliseCall(deployment, zeroHash) },
  ];
}

function fileCall({ deployment }: Loot, evidence: ClaimEvidence, proof: Hex): ChainCall {
  const args = [filingOf(evidence, proof, maxUint256)] as const;
  const data = encodeFunctionData({ abi: fraudClaimsAbi, functionName: 'file', args });
  return { to: deployment.claims, data, value: ETHER };
}

/** The relay sees vouchers and commitments: so the thief makes some. */
async function falsePayments({ deployment, relayKey, account, evidence }: Loot): Promise<Theft[]> {
  const context = contextOf(evidence);
  const { operator, attestation, award } = evidence;
  const own = addressOf(account);
  const signature = await account.signMessage({ message: 'whatever the operator would sign' });
  const soon = BigInt(2 ** 40);
  const forged = awardTo(evidence, operator, relayKey, context, keyRoot(relayKey.pubkey));
  const attested = { ...attestation.message, award_root: forged.award.message.award_root };
  const message: Commitment = {
    auction_id: attestation.message.auction_id,
    task_id: attestation.message.task_id,
    coprocessor: evidence.coprocessor,
    attestation_root: Attestation.root(attested),
    fee_wei: ETHER,
  };
  const enrollment = {
    ...{ validator: relayKey.pubkey, operator, avs_id: award.award.message.avs_id, policy_root: zeroHash },
    ...{ valid_from: 0n, valid_until: soon, nonce: 1n },
  };
  const commitment = { ...signMessage(Commitment, message, relayKey, context), validator: relayKey.pubkey };
  const proof = {
    commitment,
    delegation: null,
    enrollment: { message: enrollment, operator_signature: signature },
    award: forged,
  };
  const voucher = { operator, owner: own, cumulative_wei: ETHER, signature };
  const hotKey = { operator, hotKey: own, validUntil: soon, nonce: 1n, signature };
  return [
    { what: "redeems a voucher to itself out of an operator's escrow", call: redeemCall(deployment, voucher) },
    { what: "names itself an operator's signer of vouchers", call: delegateSignerCall(deployment, hotKey) },
    {
      what: 'draws a fee with a commitment of its own',
      call: drawCall(deployment, { proof, attestation: attested, relay: evidence.relay }),
    },
    { what: 'collects fees', call: collectCall(deployment, own) },
    { what: "withdraws an operator's escrow", call: callOf(feeEscrowAbi, deployment.escrow, 'withdraw', [own]) },
  ];
}

/** The relay is known to everybody: perhaps the contracts obey it. */
function powerGrabs({ deployment, account, evidence, owner }: Loot): Theft[] {
  const { hub, vault, lines, claims, registry } = deployment;
  const { line_id } = evidence.attestation.message;
  const own = addressOf(account);
  const seized = [owner, NATIVE_ASSET, ETHER, own];
  return [
    { what: 'seizes collateral', call: callOf(collateralVaultAbi, vault, 'seize', seized) },
    { what: 'releases locked collateral', call: callOf(collateralVaultAbi, vault, 'release', seized.slice(0, 3)) },
    { what: 'unbonds collateral', call: requestUnbondCall(deployment, NATIVE_ASSET, ETHER) },
    { what: 'withdraws collateral', call: withdrawCall(deployment, NATIVE_ASSET, own) },
    { what: 'collects payouts', call: callOf(collateralVaultAbi, vault, 'collect', [NATIVE_ASSET, own]) },
    { what: 'draws on a line', call: callOf(coverLinesAbi, lines, 'draw', [line_id, ETHER, own]) },
    { what: 'holds a line', call: callOf(coverLinesAbi, lines, 'hold', [line_id, ETHER]) },
    { what: 'closes a line', call: closeLineCall(deployment, line_id) },
    {
      what: 'revokes a coprocessor',
      call: callOf(coprocessorRegistryAbi, registry, 'revoke', [keyRoot(evidence.coprocessor)]),
    },
    {
      what: 'takes a bond',
      call: callOf(coprocessorRegistryAbi, registry, 'withdrawBond', [keyRoot(evidence.coprocessor), own]),
    },
    { what: 'allows an oracle of its own', call: callOf(odfHubAbi, hub, 'allowOracle', [own, true]) },
    { what: 'changes bonds', call: callOf(odfHubAbi, hub, 'setBonds', [0n, 0n]) },
    { what: 'pauses the settlement', call: callOf(odfHubAbi, hub, 'pause', []) },
    { what: 'vetoes a claim', call: callOf(fraudClaimsAbi, claims, 'veto', [zeroHash, zeroHash]) },
  ];
}

/** An award of one leaf, in which an operator may lose a thousand times what it may. */
function awardTo(
  { award }: ClaimEvidence,
  operator: Hex,
  relayKey: BlsKey,
  context: SigningContext,
  validator_root = award.leaf.validator_root,
): AwardProof {
  const leaf = { validator_root, operator, max_liability: award.leaf.max_liability * 1_000n, fee_wei: ETHER };
  const tree = awardTree([leaf]);
  const message = { ...award.award.message, award_root: tree.root, units: 1 };
  return { award: signMessage(Award, message, relayKey, context), leaf, index: 0, branch: tree.branch(0).branch };
}

async function proofOf(client: PublicClient, { slash }: Loot['evidence']): Promise<Hex> {
  const proof = await proveReceipt(client, slash.transaction);
  const found =
    proof &&
    slashLogs(proof.receipt.logs, daAvs.allocationManager).find(({ logIndex }) => logIndex === slash.log_index);
  if (!proof || !found) throw new Error(`the slash ${slash.transaction} is not on the chain`);
  return slashEvidence(proof, found.position, BEACON_STRATEGY);
}

const contextOf = ({ chain_id, settlement, relay }: ClaimEvidence): SigningContext => ({
  chainId: chain_id,
  settlement,
  relayRoot: keyRoot(relay),
});

const addressOf = ({ address }: LocalAccount): Hex => address.toLowerCase() as Hex;

function callOf(abi: Abi, to: Hex, functionName: string, args: readonly unknown[]): ChainCall {
  return { to, data: encodeFunctionData({ abi, functionName, args }), value: 0n };
}
