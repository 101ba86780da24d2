import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BlsKey } from '@odf/bls';
import { keyRoot, type Hex } from '@odf/protocol';
import { Secret } from '@odf/telemetry';
import { privateKeyToAccount } from 'viem/accounts';
import { PolicyError, type AvsChoice, type ValidatorChoice } from './policy.js';

/** A validator with its keys, its operator account and its AVSs. */
export interface Validator {
  /** The validator's BLS key: enrollments and delegations. */
  key: BlsKey;
  /** The sidecar's hot key for it: commitments and outcomes. */
  delegate: BlsKey;
  pubkey: Hex;
  root: Hex;
  /** The operator's account, lower case. */
  operator: Hex;
  operatorKey: Secret<Hex>;
  bn254Key?: Secret<Hex> | undefined;
  avs: ReadonlyMap<Hex, AvsChoice>;
}

/**
 * Reads a secret of 32 bytes hex from a file that only its owner may read.
 *
 * @throws {PolicyError} when it is missing, readable by others, or no such secret; the message does not repeat it.
 */
export async function readSecretFile(file: string): Promise<Secret<Hex>> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) throw new PolicyError(`the key file ${file} may be read by others: chmod 600 it`);
    const text = (await readFile(file, 'utf8')).trim();
    const hex = text.startsWith('0x') ? text : `0x${text}`;
    if (!/^0x[0-9a-fA-F]{64}$/.test(hex)) throw new PolicyError(`the key file ${file} holds no 64 hex digits`);
    return new Secret(hex.toLowerCase() as Hex);
  } catch (cause) {
    if (cause instanceof PolicyError) throw cause;
    throw new PolicyError(`the key file ${file} cannot be read: ${(cause as Error).message}`);
  }
}

/** The validator's hot key, made and kept in the data folder when it is first needed. */
async function delegateKey(dataDir: string, validatorRoot: Hex): Promise<BlsKey> {
  const folder = join(dataDir, 'delegates');
  const file = join(folder, `${validatorRoot}.hex`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const handle = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  if (handle) {
    try {
      await handle.writeFile(BlsKey.generate(randomBytes).exportSecret());
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  return readKey(file);
}

async function readKey(file: string): Promise<BlsKey> {
  const secret = await readSecretFile(file);
  try {
    return BlsKey.fromHex(secret.expose());
  } catch (cause) {
    throw new PolicyError(`the key file ${file} is no BLS key: ${(cause as Error).message}`);
  }
}

/**
 * Loads a validator's keys.
 *
 * @throws {PolicyError} naming the file that is wrong.
 */
export async function loadValidator(choice: ValidatorChoice, dataDir: string): Promise<Validator> {
  const key = await readKey(choice.validator_key_file);
  const operatorKey = await readSecretFile(choice.operator_key_file);
  const root = keyRoot(key.pubkey);
  return {
    key,
    delegate: await delegateKey(dataDir, root),
    pubkey: key.pubkey,
    root,
    operator: privateKeyToAccount(operatorKey.expose()).address.toLowerCase() as Hex,
    operatorKey,
    bn254Key: choice.bn254_key_file === undefined ? undefined : await readSecretFile(choice.bn254_key_file),
    avs: new Map(choice.avs.map((one) => [one.avs_id, one])),
  };
}
