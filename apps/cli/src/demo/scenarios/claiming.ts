import type { Hex } from '@odf/protocol';
import { collectPayoutCall, daAvs, fraudClaimsAbi, NATIVE_ASSET, receiptOracleAbi } from '@odf/settlement';
import { getAbiItem, type AbiEvent } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { sidecarStatus, type SidecarClaim } from '../sidecar-view.js';
import type { DemoValidator } from '../fleet.js';
import type { Scene } from './scenario.js';
import { COVERED_WEI, type SlashAct } from './slashing.js';
import { until } from './waiting.js';

const DAY_S = 86_400;
/** Past the seven days in which a claim may be disputed. */
const WINDOW_S = 8 * DAY_S;

type ClaimEvent = 'ClaimFiled' | 'ClaimVetoed' | 'ClaimFinalised';

/** Waits until the claim of a validator stands on the chain. */
export async function filedClaim(scene: Scene, { careless, slashed }: SlashAct, filings = 1): Promise<Hex> {
  const { story, signal } = scene;
  const { claim_id, via } = await until(
    `the claim of ${careless.name}`,
    async () => {
      const claim = await claimOf(scene, careless);
      return claim?.step === 'filed' && claim.claim_id ? { ...claim, claim_id: claim.claim_id } : undefined;
    },
    signal,
  );
  if (filings === 1) await tellAnchor(scene, slashed.challenge);
  const filed = await until(
    'the filing on the chain',
    async () => (await transactionsOf(scene, 'ClaimFiled', claim_id))[filings - 1],
    signal,
  );
  story.transaction(`the claim was filed ${via === 'relay' ? 'by the relay' : 'by odf-boost itself'}`, filed);
  return claim_id;
}

/** Says which transaction kept the hash of the slash's block, so that it can be proved for good. */
async function tellAnchor({ running, story }: Scene, challenge: Hex): Promise<void> {
  const { client } = running.ground;
  const { blockNumber } = await client.getTransactionReceipt({ hash: challenge });
  const event = getAbiItem({ abi: receiptOracleAbi, name: 'BlockAnchored' });
  const [anchored] = await client.getLogs({
    address: daAvs.oracle,
    event,
    args: { blockNumber },
    fromBlock: blockNumber,
  });
  if (anchored) story.transaction('the block of the slash was anchored', anchored.transactionHash);
}

/** Moves the chain's time past the windows and waits until the claim is paid. */
export async function paidClaim(scene: Scene, { careless }: SlashAct, claimId: Hex): Promise<void> {
  const { running, story, signal } = scene;
  story.say(`the chain’s time moves ${WINDOW_S / DAY_S} days forward`);
  await running.ground.passTime(WINDOW_S);
  const finalised = await until(
    'the end of the claim',
    async () => (await transactionsOf(scene, 'ClaimFinalised', claimId))[0],
    signal,
  );
  story.transaction('the claim was finalised: the collateral is the operator’s', finalised);
  await checkCollected(scene, careless);
}

/** Lets the operator take out what it is due, and holds its balance against the loss. */
async function checkCollected(
  { running, story }: Scene,
  { name, operator, operatorSecret }: DemoValidator,
): Promise<void> {
  const { ground } = running;
  const before = await ground.client.getBalance({ address: operator });
  const call = collectPayoutCall(ground.deployment, NATIVE_ASSET, operator);
  const [receipt] = await ground.send(privateKeyToAccount(operatorSecret), call);
  const gas = receipt!.gasUsed * receipt!.effectiveGasPrice;
  const after = await ground.client.getBalance({ address: operator });
  story.transaction(`${name}’s operator took it out`, receipt!.transactionHash);
  story.checkWei(
    `the balance of ${name}’s operator grew by exactly the covered loss, gas aside`,
    after - before + gas,
    COVERED_WEI,
  );
}

/** The claim as the validator's sidecar tells it. */
export async function claimOf({ stage, running }: Scene, validator: DemoValidator): Promise<SidecarClaim | undefined> {
  const { url } = running.sidecars[stage.validators.indexOf(validator)]!;
  return (await sidecarStatus(url)).claims[0];
}

/** Transactions that told an event of a claim, oldest first. */
async function transactionsOf({ running }: Scene, eventName: ClaimEvent, claimId: Hex): Promise<Hex[]> {
  const { client, deployment } = running.ground;
  const event = getAbiItem({ abi: fraudClaimsAbi, name: eventName }) as AbiEvent;
  const logs = await client.getLogs({ address: deployment.claims, event, args: { claimId }, fromBlock: 0n });
  return logs.map(({ transactionHash }) => transactionHash);
}
