import { encodeFunctionData } from 'viem';
import type { Hex } from '@odf/protocol';
import { g1Of, g2Of } from '../bls-points.js';
import type { OdfContracts } from '../chain/deployment.js';
import type { ChainCall } from '../claim-desk.js';
import { coprocessorRegistryAbi } from '../contracts/index.js';

/** Who registers a coprocessor key. */
export interface RegistrationTerms {
  /** BLS key, 48 bytes. */
  pubkey: Hex;
  /** The key's signature over ProofOfPossession{key, owner left-padded}, 96 bytes. */
  possession: Hex;
  /** The account that owns the key and its lines for ever. */
  owner: Hex;
  /** Exactly what the hub asks for now, `registrationBond`. */
  bond_wei: bigint;
}

/**
 * Registers a coprocessor with its bond; from any account that pays.
 *
 * @throws {Error} of blst for a key or signature that is no point: it would burn nearly all gas on chain.
 */
export function registerCall({ registry }: Pick<OdfContracts, 'registry'>, terms: RegistrationTerms): ChainCall {
  const { pubkey, possession, owner, bond_wei } = terms;
  const args = [g1Of(pubkey), g2Of(possession), owner] as const;
  const data = encodeFunctionData({ abi: coprocessorRegistryAbi, functionName: 'register', args });
  return { to: registry, data, value: bond_wei };
}
