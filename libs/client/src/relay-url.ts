import { bls12_381 } from '@noble/curves/bls12-381.js';
import { keyRoot, type Hex } from '@odf/protocol';

/** Where a relay is and which key its answers must carry. */
export interface RelayUrl {
  /** Scheme, host and port, without a slash at the end. */
  origin: string;
  /** The relay's BLS key (48 bytes); undefined when the URL names none. */
  pubkey?: Hex;
  /** `key_root` of the key; undefined without a key. */
  relayRoot?: Hex;
  /** Query of the URL, sent with every request as mev-boost does; empty or starting with `?`. */
  search: string;
}

function isKey(text: string): boolean {
  try {
    const point = bls12_381.G1.Point.fromHex(text.slice(2));
    point.assertValidity();
    return !point.is0();
  } catch {
    // Noble throws for every encoding that is no point of the subgroup.
    return false;
  }
}

/**
 * Reads `https://0x<pubkey>@host[:port]` as mev-boost writes it; a missing scheme is `http://`, a path is ignored, a query kept.
 *
 * @throws {RangeError} when it is no http(s) URL, has a password, or its key is no G1 point of the subgroup, or infinity.
 */
export function parseRelayUrl(text: string): RelayUrl {
  const candidate = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(candidate))
    throw new RangeError(`not a relay URL: ${text}; expected https://0x<pubkey>@host[:port]`);
  const url = new URL(candidate);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new RangeError('a relay URL is http or https');
  if (url.password !== '') throw new RangeError('a relay URL carries a key before the @, never a password');
  const base = { origin: url.origin, search: url.search };
  if (url.username === '') return base;
  if (!/^0x[0-9a-fA-F]{96}$/.test(url.username)) {
    throw new RangeError('the key of a relay URL is 0x and 96 hex digits before the @');
  }
  const pubkey = url.username.toLowerCase() as Hex;
  if (!isKey(pubkey)) throw new RangeError('the key of the relay URL is no valid BLS12-381 public key');
  return { ...base, pubkey, relayRoot: keyRoot(pubkey) };
}
