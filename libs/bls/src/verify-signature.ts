import { bls } from '@chainsafe/bls/blst-native';
import { fromHex, type Hex } from '@odf/protocol';
import { holds } from './blst-errors.js';
import { isWellFormed } from './signature-set.js';

/**
 * Checks one signature in this thread (about 1–2 ms); many are better given to `SignatureVerifier`.
 *
 * Malformed hex, infinity, and points off the curve or outside the subgroup are refused, never thrown.
 */
export function verifySignature(pubkey: Hex, signingRoot: Hex, signature: Hex): boolean {
  if (!isWellFormed({ pubkey, signingRoot, signature })) return false;
  return holds(() => {
    const key = bls.PublicKey.fromBytes(fromHex(pubkey), undefined, true);
    return bls.Signature.fromBytes(fromHex(signature), undefined, true).verify(key, fromHex(signingRoot));
  });
}
