import blst from '@chainsafe/blst';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { toHex, type Hex } from '@odf/protocol';

const { G1, G2, fields } = bls12_381;
const { Fp, Fp2 } = fields;
const ORDER = fields.Fr.ORDER;

/** The key plus a point outside the subgroup that every pairing ignores: verifies wherever the subgroup is not checked. */
export function movedKey(pubkey: Hex): Hex {
  for (let x = 1n; ; x += 1n) {
    const y = rootOf(() => Fp.sqrt(Fp.add(Fp.pow(x, 3n), 4n)));
    if (y === undefined) continue;
    const outside = G1.Point.fromAffine({ x, y });
    const ignored = outside.multiplyUnsafe(ORDER - 1n).add(outside);
    const moved = G1.Point.fromHex(pubkey.slice(2)).add(ignored).toAffine();
    return toHex(blst.PublicKey.fromBytes(bytes(moved.x, moved.y), false).toBytes());
  }
}

/** The signature plus a point outside the subgroup. */
export function movedSignature(signature: Hex): Hex {
  for (let c0 = 1n; ; c0 += 1n) {
    const x = { c0, c1: 0n };
    const y = rootOf(() => Fp2.sqrt(Fp2.add(Fp2.pow(x, 3n), { c0: 4n, c1: 4n })));
    if (y === undefined) continue;
    const outside = G2.Point.fromAffine({ x, y });
    const ignored = outside.multiplyUnsafe(ORDER - 1n).add(outside);
    const moved = G2.Point.fromHex(signature.slice(2)).add(ignored).toAffine();
    return toHex(blst.Signature.fromBytes(bytes(moved.x.c1, moved.x.c0, moved.y.c1, moved.y.c0), false).toBytes());
  }
}

/** The square root, or undefined for a number that has none. */
function rootOf<T>(take: () => T): T | undefined {
  try {
    return take();
  } catch {
    return undefined;
  }
}

/** noble writes no point outside the subgroup, so coordinates go to blst uncompressed. */
function bytes(...coordinates: bigint[]): Uint8Array {
  return new Uint8Array(Buffer.from(coordinates.map((n) => n.toString(16).padStart(96, '0')).join(''), 'hex'));
}
