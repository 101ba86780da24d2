import { bls } from '@chainsafe/bls/blst-native';
import { BlsKey } from './bls-key.js';
import type { SignatureSet } from './signature-set.js';
import { verifySignature } from './verify-signature.js';

/** A vector of ethereum/bls12-381-tests (sign, message 0x5656…): what every eth2 implementation answers. */
export const knownAnswer: SignatureSet & { secret: `0x${string}` } = {
  secret: '0x263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3',
  pubkey: '0xa491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a',
  signingRoot: '0x5656565656565656565656565656565656565656565656565656565656565656',
  signature:
    '0x882730e5d03f6b42c3abc26d3372625034e1d871b65a8a6b900a56dae22da98abbe1b68f85e49fe7652a55ec3d0591c20767677e33e5cbb1207315c41a9ac03be39c2e7668edc043d6cb1d9fd93033caa8a1c5b0e84bedaeb6c64972503a43eb',
};

/**
 * Makes sure at start that signatures are made and checked by the native library, and rightly.
 *
 * `@chainsafe/bls` can fall back to a WebAssembly implementation that is five times slower; this lib imports the native one by name.
 *
 * @throws {Error} when another implementation is behind the import, or it fails a known answer.
 */
export function assertNativeBls(): void {
  if (bls.implementation !== 'blst-native') {
    throw new Error(
      `BLS runs on ${bls.implementation}: reinstall so that @chainsafe/blst has a binary for this platform`,
    );
  }
  const { secret, pubkey, signingRoot, signature } = knownAnswer;
  const key = BlsKey.fromHex(secret);
  if (
    key.pubkey !== pubkey ||
    key.sign(signingRoot) !== signature ||
    !verifySignature(pubkey, signingRoot, signature)
  ) {
    throw new Error('native BLS fails a known answer of the consensus specs: its binary is broken');
  }
}
