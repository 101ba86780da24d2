import type { Hex } from '@odf/protocol';
import {
  getContractAddress,
  type Abi,
  type Account,
  type Chain,
  type PublicClient,
  type Transport,
  type WalletClient,
} from 'viem';
import { DeploymentError } from './deployment.js';

/** A client that sends from one account. */
export type Sender = WalletClient<Transport, Chain | undefined, Account>;

/** A contract to create. */
export interface Creation {
  abi: Abi;
  bytecode: Hex;
  args: readonly unknown[];
}

/** The address of the n-th creation, counted from 0; lower case. */
export type AddressOf = (index: number) => Hex;

const POLL_MS = 50;

/** Where an account's contracts are that it creates from a nonce on. */
export function addressesOf(account: Hex, firstNonce: number): AddressOf {
  return (index) => getContractAddress({ from: account, nonce: BigInt(firstNonce + index) }).toLowerCase() as Hex;
}

/**
 * Creates contracts that may name each other, each at the address that follows from the account's nonces.
 *
 * The account must send nothing else meanwhile. Called again with the same `firstNonce`, it creates what is still missing.
 *
 * @param firstNonce of the first creation; the account's next nonce unless given.
 * @throws {DeploymentError} when a creation reverts, or a nonce was used for something else.
 */
export async function createInOrder(
  reader: PublicClient,
  sender: Sender,
  creationsOf: (addressOf: AddressOf) => readonly Creation[],
  firstNonce?: number,
): Promise<AddressOf> {
  const { account } = sender;
  const next = await reader.getTransactionCount({ address: account.address, blockTag: 'pending' });
  const first = firstNonce ?? next;
  const addressOf = addressesOf(account.address, first);
  const creations = creationsOf(addressOf);
  const hashes: Hex[] = [];
  for (const [index, creation] of creations.entries()) {
    const nonce = first + index;
    if (nonce >= next) hashes.push(await sender.deployContract({ ...creation, chain: null, account, nonce }));
  }
  for (const hash of hashes) {
    const { status } = await reader.waitForTransactionReceipt({ hash, pollingInterval: POLL_MS });
    if (status !== 'success') throw new DeploymentError(`the creation ${hash} reverted`);
  }
  for (const index of creations.keys()) {
    const code = await reader.getCode({ address: addressOf(index) });
    if (!code) throw new DeploymentError(`account ${account.address} used nonce ${first + index} for something else`);
  }
  return addressOf;
}
