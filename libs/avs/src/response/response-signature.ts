import { isSignedByAccount, type Hex } from '@odf/protocol';
import { sign } from 'viem/accounts';
import { signBn254, verifyBn254 } from './bn254.js';
import { type ResponseDigest } from './response-digest.js';

/**
 * Signs a response digest with an operator's 32-byte secret: r‖s‖v for secp256k1, a G1 point (x‖y, 64 bytes) for BN254,
 * nothing (`0x`) where the AVS's executor signs.
 *
 * @throws {RangeError} when the secret is no key of the scheme's curve.
 */
export async function signResponse({ scheme, digest }: ResponseDigest, secretKey: Hex): Promise<Hex> {
  switch (scheme) {
    case 'secp256k1-eip712':
      return sign({ hash: digest, privateKey: secretKey, to: 'hex' });
    case 'bn254-g1':
      return signBn254(digest, secretKey);
    case 'none':
      return '0x';
  }
}

/**
 * Whether `signature` over the digest is by `signer`: the operator's address (secp256k1) or its 128-byte G2 key (BN254).
 * Where the executor signs, only the empty signature is right, and it proves nothing.
 */
export async function verifyResponseSignature(
  { scheme, digest }: ResponseDigest,
  signature: Hex,
  signer: Hex,
): Promise<boolean> {
  switch (scheme) {
    case 'secp256k1-eip712':
      return isSignedByAccount(digest, signature, signer);
    case 'bn254-g1':
      return verifyBn254(digest, signature, signer);
    case 'none':
      return signature === '0x';
  }
}
