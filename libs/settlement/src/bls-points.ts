import { PublicKey, Signature } from '@chainsafe/blst';
import { fromHex, type Hex } from '@odf/protocol';

/** A G1 point as EIP-2537 takes it: each coordinate as high 16 and low 32 bytes. */
export interface G1 {
  xh: bigint;
  xl: bigint;
  yh: bigint;
  yl: bigint;
}

/** A G2 point as EIP-2537 takes it, c0 before c1. */
export interface G2 {
  x0h: bigint;
  x0l: bigint;
  x1h: bigint;
  x1l: bigint;
  y0h: bigint;
  y0l: bigint;
  y1h: bigint;
  y1l: bigint;
}

const FP_BYTES = 48;
const HIGH_BYTES = 16;

/**
 * The point of a compressed public key, as contracts take it.
 *
 * @throws {Error} of blst for bytes that are no point of the subgroup, or infinity.
 */
export function g1Of(pubkey: Hex): G1 {
  const [x, y] = coordinates(PublicKey.fromBytes(fromHex(pubkey), true).toBytes(false), 2);
  return { xh: x![0], xl: x![1], yh: y![0], yl: y![1] };
}

/**
 * The point of a compressed signature, as contracts take it; zcash's bytes have c1 before c0.
 *
 * @throws {Error} of blst for bytes that are no point of the subgroup, or infinity.
 */
export function g2Of(signature: Hex): G2 {
  const parts = coordinates(Signature.fromBytes(fromHex(signature), true, true).toBytes(false), 4);
  const [x1, x0, y1, y0] = parts;
  return {
    x0h: x0![0],
    x0l: x0![1],
    x1h: x1![0],
    x1l: x1![1],
    y0h: y0![0],
    y0l: y0![1],
    y1h: y1![0],
    y1l: y1![1],
  };
}

function coordinates(bytes: Uint8Array, count: number): [bigint, bigint][] {
  return Array.from({ length: count }, (_, index) => {
    const at = index * FP_BYTES;
    return [number(bytes.subarray(at, at + HIGH_BYTES)), number(bytes.subarray(at + HIGH_BYTES, at + FP_BYTES))];
  });
}

function number(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
