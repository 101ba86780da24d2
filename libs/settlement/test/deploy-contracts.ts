import {
  encodeFunctionData,
  getContractAddress,
  type Abi,
  type Account,
  type PublicClient,
  type WalletClient,
} from 'viem';
import { foundry } from 'viem/chains';
import type { Hex } from '@odf/protocol';
import { readDeployment, type Deployment } from '../src/chain/deployment.js';
import * as contracts from '../src/contracts/index.js';

/** What a registration and a claim post on the test deployment, wei. */
export const TEST_BOND = 10n ** 16n;

/** The one AVS that the test hub lists, with the contracts that it allows. */
export interface TestAvs {
  avs: Hex;
  operatorSetId: number;
  oracle: Hex;
}

/** Deploys what holds funds behind a hub whose timelock is the deployer, a fresh account; the AVS attributes and accepts itself. */
export async function deployContracts(
  reader: PublicClient,
  wallet: WalletClient,
  deployer: Account,
  { avs, operatorSetId, oracle }: TestAvs,
): Promise<Deployment> {
  const mined = async (hash: Hex): Promise<void> => {
    const { status } = await reader.waitForTransactionReceipt({ hash, pollingInterval: 10 });
    if (status !== 'success') throw new Error(`${hash} reverted`);
  };
  const create = async (abi: Abi, bytecode: Hex, args: readonly unknown[]) =>
    mined(await wallet.deployContract({ abi, bytecode, args, account: deployer, chain: foundry }));
  const at = (nonce: bigint) => getContractAddress({ from: deployer.address, nonce });
  const other = (digit: string): Hex => `0x${digit.repeat(40)}`;
  const named = { registry: at(1n), vault: at(2n), lines: at(3n), claims: other('c'), escrow: at(4n) };
  const roles = { timelock: deployer.address, guardian: deployer.address, resolver: other('1'), veto: other('2') };
  await create(contracts.odfHubAbi, contracts.odfHubBytecode, [named, roles, TEST_BOND, TEST_BOND]);
  const hub = at(0n).toLowerCase() as Hex;
  await create(contracts.coprocessorRegistryAbi, contracts.coprocessorRegistryBytecode, [hub]);
  await create(contracts.collateralVaultAbi, contracts.collateralVaultBytecode, [hub]);
  await create(contracts.coverLinesAbi, contracts.coverLinesBytecode, [hub]);
  await create(contracts.feeEscrowAbi, contracts.feeEscrowBytecode, [hub]);
  const abi = contracts.odfHubAbi;
  const terms = { listed: true, avs, operatorSetId, acceptance: avs, vetoSeconds: 0n, challengeSeconds: 0n };
  const settings = [
    encodeFunctionData({ abi, functionName: 'setAvsTerms', args: [terms] }),
    ...[oracle, avs].map((one) => encodeFunctionData({ abi, functionName: 'allowOracle', args: [one, true] })),
  ];
  for (const data of settings) {
    await mined(await wallet.sendTransaction({ to: hub, data, account: deployer, chain: foundry }));
  }
  return readDeployment(reader, hub);
}
