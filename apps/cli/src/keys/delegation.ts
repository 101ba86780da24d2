import { BlsKey } from '@odf/bls';
import { signMessage } from '@odf/client';
import { KeyDelegation, keyRoot, ProofOfPossession, zeroHex, type DelegationItem, type Hex } from '@odf/protocol';

/** What a delegation is made from; time in Unix seconds. */
export interface DelegationFacts {
  /** BLS secrets. */
  validator: Hex;
  delegate: Hex;
  validUntil: bigint;
  nonce: bigint;
  chainId: bigint;
  settlement: Hex;
}

/** Signs a delegation with both keys: the validator's consent and the hot key's proof of possession; no relay is involved. */
export function delegation(facts: DelegationFacts): DelegationItem {
  const { chainId, settlement } = facts;
  const context = { chainId, settlement, relayRoot: zeroHex(32) };
  const validator = BlsKey.fromHex(facts.validator);
  const delegate = BlsKey.fromHex(facts.delegate);
  const message: KeyDelegation = {
    validator: validator.pubkey,
    delegate: delegate.pubkey,
    valid_until: facts.validUntil,
    nonce: facts.nonce,
  };
  const proof: ProofOfPossession = { key: delegate.pubkey, owner_root: keyRoot(validator.pubkey) };
  return {
    message,
    possession: signMessage(ProofOfPossession, proof, delegate, context).signature,
    signature: signMessage(KeyDelegation, message, validator, context).signature,
  };
}
