import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlsKey } from '@odf/bls';
import { ClaimEvidence, type Hex } from '@odf/protocol';
import {
  collateralVaultAbi,
  coprocessorRegistryAbi,
  coverLinesAbi,
  daAvs,
  devAccount,
  feeEscrowAbi,
  fraudClaimsAbi,
  NATIVE_ASSET,
  odfHubAbi,
  proveReceipt,
  receiptOracleAbi,
  revertOf,
  slashLogs,
  type ChainCall,
} from '@odf/settlement';
import { encodeFunctionData } from 'viem';
import { readSecret } from '../../keys/secret-file.js';
import { honestClaim, thefts, type Loot } from './relay-thief.js';
import type { Scenario, Scene } from './scenario.js';
import { playSlash, slashCast, type SlashAct } from './slashing.js';
import { until } from './waiting.js';

/** Whose errors are told by name. */
const ABIS = [collateralVaultAbi, coverLinesAbi, feeEscrowAbi, fraudClaimsAbi, coprocessorRegistryAbi, odfHubAbi];
const THIEF = 9;
/** Longer than the scenario: nobody claims before the thief. */
const PATIENCE_MS = 3_600_000;

/** Somebody has the relay's keys and all that it knows, while everybody else sleeps: nothing moves. */
export const hackedRelay: Scenario = {
  summary: "with the relay's keys and data an attacker moves nothing: each attempt is refused, no balance changes",
  tasks: 1,
  cast: (published) => slashCast(published, PATIENCE_MS),
  async play(scene) {
    const { stage, running, story } = scene;
    // The thief comes before the claim: everybody is put to sleep once the wrong response stands on the chain.
    const act = await playSlash(scene, () => sleep(scene));
    const { ground } = running;
    const account = devAccount(THIEF);
    const loot = lootOf(scene, act, account, await slashOf(scene, act));
    await anchor(scene, act);
    const before = await balances(scene);
    const purse = await ground.client.getBalance({ address: account.address });
    let gas = 0n;
    for (const { what, call } of await thefts(loot)) {
      const receipt = await ground.attempt(account, call);
      gas += receipt.gasUsed * receipt.effectiveGasPrice;
      const reason = await reasonOf(scene, account.address, call);
      const refused = receipt.status === 'reverted' && reason !== undefined;
      story.check(`refused: the thief ${what}`, refused, `${reason} in ${receipt.transactionHash}`);
    }
    const control = await reasonOf(scene, account.address, await honestClaim(loot));
    story.check('the same claim unforged would be taken, for the operator', control === undefined, control);
    const after = await balances(scene);
    for (const [what, wei] of before) story.check(`unchanged: ${what}`, after.get(what) === wei, `${wei} wei`);
    const left = await ground.client.getBalance({ address: account.address });
    story.checkWei('the thief has lost its gas and won nothing', left, purse - gas);
    story.say(`${stage.coprocessors.length} coprocessors and ${stage.validators.length} validators slept through it`);
  },
};

/** Why the chain refuses a call; undefined when it takes it. */
async function reasonOf({ running }: Scene, account: Hex, call: ChainCall): Promise<string | undefined> {
  try {
    await running.ground.client.call({ account, ...call });
    return undefined;
  } catch (error) {
    const revert = revertOf(error, ABIS);
    if (!revert) throw error;
    return revert.text;
  }
}

async function sleep({ stage, story }: Scene): Promise<void> {
  const { validators, coprocessors, children } = stage;
  for (const { name } of [{ name: 'relay' }, ...coprocessors, ...validators]) await children.kill(name);
  story.say('the relay is hacked; all others sleep');
}

function lootOf(
  { stage, running }: Scene,
  { careless }: SlashAct,
  account: Loot['account'],
  slash: Loot['evidence']['slash'],
): Loot {
  const { client, deployment } = running.ground;
  // The same as the relay keeps: attestation, award, its key.
  const folder = join(careless.dir, 'data', 'evidence');
  const [file] = readdirSync(folder).filter((name) => name.endsWith('.json'));
  if (!file) throw new Error(`there is no evidence in ${folder}`);
  const evidence = ClaimEvidence.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
  const relayKey = BlsKey.fromHex(readSecret(stage.workspace.path('relay', 'relay.key')));
  const { owner } = stage.coprocessors.find(({ pubkey }) => pubkey === evidence.coprocessor)!;
  return { client, deployment, relayKey, account, evidence: { ...evidence, slash }, owner };
}

async function slashOf({ running }: Scene, { slashed }: SlashAct): Promise<Loot['evidence']['slash']> {
  const proof = await proveReceipt(running.ground.client, slashed.challenge);
  const [found] = proof ? slashLogs(proof.receipt.logs, daAvs.allocationManager) : [];
  if (!found) throw new Error(`the slash ${slashed.challenge} is not on the chain`);
  return { transaction: slashed.challenge, log_index: found.logIndex };
}

/** Anybody may anchor a block; the thief needs it to prove the slash. */
async function anchor({ running, signal }: Scene, { slashed }: SlashAct): Promise<void> {
  const { ground } = running;
  const { blockNumber } = await ground.client.getTransactionReceipt({ hash: slashed.challenge });
  const isBuried = async () =>
    (await ground.client.getBlockNumber({ cacheTime: 0 })) > blockNumber ? true : undefined;
  await until('a block on top of the slash', isBuried, signal);
  const data = encodeFunctionData({ abi: receiptOracleAbi, functionName: 'anchor', args: [blockNumber] });
  await ground.send(devAccount(THIEF), { to: daAvs.oracle, data, value: 0n });
}

/** What everybody has in the settlement, wei. */
async function balances({ stage, running }: Scene): Promise<Map<string, bigint>> {
  const { client, deployment } = running.ground;
  const found = new Map<string, bigint>();
  for (const contract of ['registry', 'vault', 'lines', 'claims', 'escrow'] as const) {
    found.set(`ether of ${contract}`, await client.getBalance({ address: deployment[contract] }));
  }
  const vault = { abi: collateralVaultAbi, address: deployment.vault, functionName: 'balanceOf' } as const;
  for (const { name, owner } of stage.coprocessors) {
    const [total, locked, unbonding] = await client.readContract({ ...vault, args: [owner, NATIVE_ASSET] });
    found.set(`collateral of ${name}`, total).set(`locked of ${name}`, locked).set(`unbonding of ${name}`, unbonding);
  }
  const escrow = { abi: feeEscrowAbi, address: deployment.escrow, functionName: 'balanceOf' } as const;
  for (const { name, operator } of stage.validators) {
    const [balance] = await client.readContract({ ...escrow, args: [operator] });
    found.set(`escrow of ${name}`, balance);
  }
  const lines = { abi: coverLinesAbi, address: deployment.lines } as const;
  const opened = await client.getContractEvents({ ...lines, eventName: 'LineOpened', fromBlock: 0n, strict: true });
  for (const { args } of opened) {
    const remaining = await client.readContract({ ...lines, functionName: 'remaining', args: [args.lineId] });
    found.set(`cover left on line ${args.lineId.slice(0, 10)}`, remaining);
  }
  return found;
}
