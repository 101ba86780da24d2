import { fromHex, type Hex } from '@odf/protocol';
import { bn254 } from '@noble/curves/bn254.js';

const { Fp, Fp2, Fp12 } = bn254.fields;
const G1 = bn254.G1.Point;
const G2 = bn254.G2.Point;
type G1Point = InstanceType<typeof G1>;
type G2Point = InstanceType<typeof G2>;

/**
 * Maps a digest to G1 as EigenLayer's `BN254.hashToG1` does: x = digest mod p, plus one until x³ + 3 is a square;
 * y is that square's ((p + 1) / 4)-th power.
 */
export function hashToG1(digest: Hex): G1Point {
  for (let x = Fp.create(BigInt(digest)); ; x = Fp.add(x, 1n)) {
    const square = Fp.add(Fp.mul(Fp.sqr(x), x), 3n);
    const y = Fp.pow(square, (Fp.ORDER + 1n) / 4n);
    if (Fp.eql(Fp.sqr(y), square)) return G1.fromAffine({ x, y });
  }
}

function scalar(secretKey: Hex): bigint {
  const key = BigInt(secretKey);
  if (secretKey.length !== 66 || key === 0n || key >= G1.Fn.ORDER) {
    throw new RangeError('a BN254 secret key is 32 bytes, above zero and below the group order');
  }
  return key;
}

function word(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}

function words(hex: Hex): bigint[] {
  return hex
    .slice(2)
    .match(/.{64}/g)!
    .map((digits) => BigInt(`0x${digits}`));
}

/** A G1 point as x ‖ y, 64 bytes (EIP-196). */
export function encodeG1(point: G1Point): Hex {
  const { x, y } = point.toAffine();
  return `0x${word(x)}${word(y)}`;
}

function encodeG2(point: G2Point): Hex {
  const { x, y } = point.toAffine();
  return `0x${word(x.c1)}${word(x.c0)}${word(y.c1)}${word(y.c0)}`;
}

function fieldElements(hex: Hex, count: number): bigint[] {
  if (hex.length !== 2 + 64 * count) throw new RangeError(`expected ${32 * count} bytes`);
  fromHex(hex);
  const elements = words(hex);
  if (elements.some((element) => element >= Fp.ORDER)) throw new RangeError('a coordinate is not below the modulus');
  return elements;
}

function validated<P extends G1Point | G2Point>(point: P): P {
  point.assertValidity();
  if (point.is0() || !point.isTorsionFree()) throw new RangeError('the point is at infinity or outside the subgroup');
  return point;
}

function decodeG1(hex: Hex): G1Point {
  const [x, y] = fieldElements(hex, 2) as [bigint, bigint];
  return validated(G1.fromAffine({ x, y }));
}

function decodeG2(hex: Hex): G2Point {
  const [xc1, xc0, yc1, yc0] = fieldElements(hex, 4) as [bigint, bigint, bigint, bigint];
  return validated(G2.fromAffine({ x: Fp2.fromBigTuple([xc0, xc1]), y: Fp2.fromBigTuple([yc0, yc1]) }));
}

/**
 * The operator's public key on G2, 128 bytes in EIP-197's order (imaginary parts first).
 *
 * @throws {RangeError} when the secret is no BN254 key.
 */
export function bn254PublicKey(secretKey: Hex): Hex {
  return encodeG2(G2.BASE.multiply(scalar(secretKey)));
}

/**
 * Signs a 32-byte digest: the digest's G1 point times the key, 64 bytes.
 *
 * @throws {RangeError} when the secret is no BN254 key.
 */
export function signBn254(digest: Hex, secretKey: Hex): Hex {
  return encodeG1(hashToG1(digest).multiply(scalar(secretKey)));
}

/** Whether `signature` (G1) over the digest is by the G2 key; points off the curve, outside the subgroup or at infinity are refused. */
export function verifyBn254(digest: Hex, signature: Hex, publicKey: Hex): boolean {
  let point: G1Point;
  let key: G2Point;
  try {
    point = decodeG1(signature);
    key = decodeG2(publicKey);
  } catch {
    // Bytes that are no points are nobody's signature.
    return false;
  }
  const product = bn254.pairingBatch([
    { g1: point.negate(), g2: G2.BASE },
    { g1: hashToG1(digest), g2: key },
  ]);
  return Fp12.eql(product, Fp12.ONE);
}
