import { bn254 } from '@noble/curves/bn254.js';
import fc from 'fast-check';
import { type Hex } from '@odf/protocol';
import { bn254PublicKey, encodeG1, hashToG1, signBn254, verifyBn254 } from './bn254.js';

const { Fp, Fp2 } = bn254.fields;
const key = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`;
const digest = key(0xd1ce57n);

describe('BN254 signatures', () => {
  it('write the G2 generator as EIP-197 does', () => {
    expect(bn254PublicKey(key(1n))).toBe(
      '0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2' +
        '1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed' +
        '090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b' +
        '12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa',
    );
  });

  it('map digest 1 to the generator of G1, (1, 2)', () => {
    expect(encodeG1(hashToG1(key(1n)))).toBe(`0x${key(1n).slice(2)}${key(2n).slice(2)}`);
  });

  it('map any digest to the first x at or above it that lies on the curve', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (value) => {
        const { x, y } = hashToG1(key(value)).toAffine();
        expect(Fp.sqr(y)).toBe(Fp.add(Fp.pow(x, 3n), 3n));
        for (let skipped = Fp.create(value); skipped !== x; skipped = Fp.add(skipped, 1n)) {
          const square = Fp.add(Fp.pow(skipped, 3n), 3n);
          expect(Fp.pow(square, (Fp.ORDER - 1n) / 2n)).toBe(Fp.ORDER - 1n);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('refuse infinity as signature and as key', () => {
    const signature = signBn254(digest, key(5n));
    const infinity = (bytes: number): Hex => `0x${'00'.repeat(bytes)}`;
    expect(verifyBn254(digest, infinity(64), bn254PublicKey(key(5n)))).toBe(false);
    expect(verifyBn254(digest, signature, infinity(128))).toBe(false);
    expect(verifyBn254(digest, infinity(64), infinity(128))).toBe(false);
  });

  it('refuse coordinates that are not reduced', () => {
    const signature = signBn254(digest, key(5n));
    const x = BigInt(`0x${signature.slice(2, 66)}`);
    expect(verifyBn254(digest, `${key(x + Fp.ORDER)}${signature.slice(66)}`, bn254PublicKey(key(5n)))).toBe(false);
  });

  it('refuse a key on the twist outside the subgroup', () => {
    const twist = Fp2.div(Fp2.fromBigTuple([3n, 0n]), Fp2.fromBigTuple([9n, 1n]));
    const outsider = Array.from({ length: 40 }, (_, i) => Fp2.fromBigTuple([BigInt(i + 1), 0n]))
      .map((x) => ({ x, square: Fp2.add(Fp2.mul(Fp2.sqr(x), x), twist) }))
      .flatMap(({ x, square }) => {
        try {
          return [{ x, y: Fp2.sqrt(square) }];
        } catch {
          return [];
        }
      })
      .find((point) => !bn254.G2.Point.fromAffine(point).isTorsionFree())!;
    const word = (value: bigint) => key(value).slice(2);
    const { x, y } = outsider;
    const encoded: Hex = `0x${word(x.c1)}${word(x.c0)}${word(y.c1)}${word(y.c0)}`;
    expect(verifyBn254(digest, signBn254(digest, key(5n)), encoded)).toBe(false);
  });
});
