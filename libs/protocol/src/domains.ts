import { ByteVectorType, ContainerType, UintBigintType } from '@chainsafe/ssz';
import './hasher.js';
import { fromHex, toHex, zeroHex, type Hex } from './hex.js';
import type { Container } from './codec.js';
import { createHash } from 'node:crypto';

/** What a signature is bound to besides its message. */
export interface SigningContext {
  chainId: bigint;
  /** The hub contract. */
  settlement: Hex;
  /** The relay's `key_root`; used by the messages that are bound to a relay. */
  relayRoot: Hex;
}

/** Domain types and relay binding of every signed message. */
export const domainTypes = {
  Enrollment: { type: '0x0df00001', relayBound: true },
  KeyDelegation: { type: '0x0df00002', relayBound: false },
  Bid: { type: '0x0df00003', relayBound: true },
  ReceiptBatch: { type: '0x0df00004', relayBound: true },
  Award: { type: '0x0df00005', relayBound: true },
  Attestation: { type: '0x0df00006', relayBound: false },
  BidsFrozen: { type: '0x0df00007', relayBound: true },
  Header: { type: '0x0df00008', relayBound: true },
  Commitment: { type: '0x0df00009', relayBound: true },
  TranscriptRoot: { type: '0x0df0000b', relayBound: true },
  Outcome: { type: '0x0df0000c', relayBound: true },
  ClaimRequest: { type: '0x0df0000d', relayBound: false },
  ProofOfPossession: { type: '0x0df0000e', relayBound: false },
  RelayKeySuccession: { type: '0x0df0000f', relayBound: false },
} as const satisfies Record<string, { type: Hex; relayBound: boolean }>;

/** The name of a signed message. */
export type SignedMessageName = keyof typeof domainTypes;

const bytes32Type = new ByteVectorType(32);
const odfDomain = new ContainerType({
  chain_id: new UintBigintType(8),
  settlement: new ByteVectorType(20),
  relay_root: bytes32Type,
});
const signingData = new ContainerType({ object_root: bytes32Type, domain: bytes32Type });
const forkData = new ContainerType({ current_version: new ByteVectorType(4), genesis_validators_root: bytes32Type });

const cache = new Map<string, Hex>();

/** The 32-byte domain of a message: its type and the first 28 bytes of the root of `OdfDomain`. */
export function domainOf(message: SignedMessageName, context: SigningContext): Hex {
  const { type, relayBound } = domainTypes[message];
  const relayRoot = relayBound ? context.relayRoot : zeroHex(32);
  const key = `${type}${context.chainId}${context.settlement}${relayRoot}`;
  const known = cache.get(key);
  if (known) return known;
  const root = odfDomain.hashTreeRoot({
    chain_id: context.chainId,
    settlement: fromHex(context.settlement),
    relay_root: fromHex(relayRoot),
  });
  const domain: Hex = `${type}${toHex(root).slice(2, 58)}`;
  if (cache.size < 1024) cache.set(key, domain);
  return domain;
}

/** consensus-specs' `compute_signing_root` for a root that is already known. */
export function signingRootOf(objectRoot: Hex, domain: Hex): Hex {
  return toHex(signingData.hashTreeRoot({ object_root: fromHex(objectRoot), domain: fromHex(domain) }));
}

/** The 32 bytes that the signer of an ODF message signs. */
export function signingRoot<M>(container: Container<M>, message: M, context: SigningContext): Hex {
  return signingRootOf(container.root(message), domainOf(container.name as SignedMessageName, context));
}

/** Builder-specs' `DOMAIN_APPLICATION_BUILDER` for a network's genesis fork version (4 bytes). */
export function builderDomain(genesisForkVersion: Hex): Hex {
  const root = forkData.hashTreeRoot({
    current_version: fromHex(genesisForkVersion),
    genesis_validators_root: new Uint8Array(32),
  });
  return `0x00000001${toHex(root).slice(2, 58)}`;
}

/** `key_root`: SHA-256 of the 48-byte key and 16 zero bytes, EigenLayer's validatorPubkeyHash. */
export function keyRoot(pubkey: Hex): Hex {
  return toHex(createHash('sha256').update(fromHex(pubkey)).update(new Uint8Array(16)).digest());
}
