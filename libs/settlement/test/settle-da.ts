import type { Hex } from '@odf/protocol';
import { createWalletClient, http } from 'viem';
import { deployOdf } from '../src/chain/deploy-odf.js';
import type { Deployment } from '../src/chain/deployment.js';
import { odfHubAbi, receiptOracleAbi, receiptOracleBytecode } from '../src/contracts/index.js';
import { DEPLOYER, devAccount, GUARDIAN, RESOLVER, TIMELOCK, VETO } from '../src/local-chain/dev-account.js';
import { CHALLENGE_S, OPERATOR_SET, type DaWorld } from './da-world.js';

/** What registering a key and filing a claim ask for at least, wei. */
export const BOND = 10n ** 16n;

/** A settlement on the world's chain that lists its AVS, and the ReceiptOracle that proves the AVS's slashes. */
export async function settleDa(world: DaWorld): Promise<{ deployment: Deployment; oracle: Hex }> {
  const addressOf = (index: number) => devAccount(index).address;
  const roles = {
    timelock: addressOf(TIMELOCK),
    guardian: addressOf(GUARDIAN),
    resolver: addressOf(RESOLVER),
    veto: addressOf(VETO),
  };
  const sender = createWalletClient({ transport: http(world.chain.rpcUrl), account: devAccount(DEPLOYER) });
  const deployment = await deployOdf(world.client, sender, { roles, registrationBond: BOND, claimBond: BOND });
  const oracle = await world.create(receiptOracleAbi, receiptOracleBytecode, [world.allocation, world.delegation]);
  const listed = {
    ...{ listed: true, avs: world.manager, operatorSetId: OPERATOR_SET, acceptance: world.manager },
    ...{ vetoSeconds: 0n, challengeSeconds: CHALLENGE_S },
  };
  const administer = (functionName: string, args: readonly unknown[]) =>
    world.call(odfHubAbi, deployment.hub, functionName, args, devAccount(TIMELOCK));
  await administer('setAvsTerms', [listed]);
  for (const each of [oracle, world.manager]) await administer('allowOracle', [each, true]);
  return { deployment, oracle };
}
