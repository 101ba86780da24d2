import { BlsKey } from '@odf/bls';
import { keyRoot, type Hex } from '@odf/protocol';
import { privateKeyToAccount } from 'viem/accounts';

/** A secret of 32 bytes, the same in every run; from 1. */
export function testSecret(number: number): Hex {
  return `0x${number.toString(16).padStart(64, '0')}`;
}

/** A BLS key, the same in every run. */
export function testKey(number: number): BlsKey {
  return BlsKey.fromHex(testSecret(number));
}

/** A validator and the account of its operator. */
export interface TestValidator {
  key: BlsKey;
  pubkey: Hex;
  /** `key_root` of its key. */
  root: Hex;
  operator: ReturnType<typeof privateKeyToAccount>;
  /** The operator's account, lower-case. */
  account: Hex;
}

const VALIDATORS_FROM = 1_000_000;

/** The validator of a number, with an operator of its own; from 0. */
export function testValidator(number: number): TestValidator {
  const key = testKey(VALIDATORS_FROM + number);
  const operator = privateKeyToAccount(testSecret(2 * VALIDATORS_FROM + number));
  const account = operator.address.toLowerCase() as Hex;
  return { key, pubkey: key.pubkey, root: keyRoot(key.pubkey), operator, account };
}

/** A coprocessor and the account that owns it. */
export interface TestCoprocessor {
  key: BlsKey;
  pubkey: Hex;
  owner: Hex;
}

const COPROCESSORS_FROM = 3_000_000;

/** The coprocessor of a number, with an owner of its own; from 0. */
export function testCoprocessor(number: number): TestCoprocessor {
  const key = testKey(COPROCESSORS_FROM + number);
  return { key, pubkey: key.pubkey, owner: `0x${(COPROCESSORS_FROM + number).toString(16).padStart(40, '0')}` };
}
