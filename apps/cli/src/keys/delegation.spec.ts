import { BlsKey, verifySignature } from '@odf/bls';
import { KeyDelegation, keyRoot, ProofOfPossession, signingRoot, zeroHex, type Hex } from '@odf/protocol';
import { delegation } from './delegation.js';

const secret = (byte: string): Hex => `0x${byte.repeat(32)}`;

describe('delegation', () => {
  const facts = { validUntil: 9n, nonce: 3n, chainId: 5n, settlement: zeroHex(20) };
  const item = delegation({ validator: secret('11'), delegate: secret('22'), ...facts });
  const context = { chainId: 5n, settlement: facts.settlement, relayRoot: zeroHex(32) };

  it('is signed by the validator', () => {
    const { pubkey } = BlsKey.fromHex(secret('11'));
    expect(item.message).toEqual({
      validator: pubkey,
      delegate: BlsKey.fromHex(secret('22')).pubkey,
      valid_until: 9n,
      nonce: 3n,
    });
    expect(verifySignature(pubkey, signingRoot(KeyDelegation, item.message, context), item.signature)).toBe(true);
  });

  it('proves that the hot key is held, for this validator', () => {
    const proof = { key: item.message.delegate, owner_root: keyRoot(item.message.validator) };
    expect(verifySignature(proof.key, signingRoot(ProofOfPossession, proof, context), item.possession)).toBe(true);
  });
});
