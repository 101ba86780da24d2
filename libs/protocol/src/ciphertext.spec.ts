import fc from 'fast-check';
import { createCipheriv } from 'node:crypto';
import { framePayload, openPayload, sealPayload, unframePayload } from './ciphertext.js';
import { concatBytes } from './hex.js';

const KEY = new Uint8Array(32).fill(7);
const NONCE = new Uint8Array(12).fill(9);
const payloads = fc.record({
  result: fc.uint8Array({ maxLength: 200 }),
  witness: fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ minLength: 4_000, maxLength: 9_000 })),
});
const payload = { result: new Uint8Array([1, 2, 3]), witness: new Uint8Array([4]) };
const flipped = (bytes: Uint8Array, at: number, bits = 1): Uint8Array =>
  bytes.with(at % bytes.length, bytes[at % bytes.length]! ^ bits);

describe('a framed payload', () => {
  it('is read back, and is the shortest multiple of 4,096 bytes', () => {
    fc.assert(
      fc.property(payloads, (given) => {
        const framed = framePayload(given);
        expect(unframePayload(framed)).toEqual(given);
        const size = 4 + 8 + given.result.length + given.witness.length;
        expect(framed.length % 4_096).toBe(0);
        expect(framed.length - size).toBeGreaterThanOrEqual(0);
        expect(framed.length - size).toBeLessThan(4_096);
      }),
      { numRuns: 40 },
    );
  });

  it('fills its last block to the byte', () => {
    const witness = (length: number) => ({ result: new Uint8Array(), witness: new Uint8Array(length) });
    expect(framePayload(witness(4_096 - 12)).length).toBe(4_096);
    expect(framePayload(witness(4_096 - 11)).length).toBe(8_192);
    expect(unframePayload(framePayload(witness(4_096 - 12)))).toEqual(witness(4_084));
  });

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['a part of a block', framePayload(payload).subarray(0, 4_095)],
    ['a block too many', concatBytes(framePayload(payload), new Uint8Array(4_096))],
    ['padding that is not zero', flipped(framePayload(payload), 4_095)],
    ['a length past its end', framePayload(payload).with(2, 255)],
    ['a length of nothing', new Uint8Array(4_096)],
    ['a length that cuts the payload', framePayload(payload).with(0, framePayload(payload)[0]! - 1)],
  ])('is refused: %s', (_, framed) => {
    expect(() => unframePayload(framed)).toThrow(RangeError);
  });
});

describe('a sealed payload', () => {
  it('opens with its key', () => {
    fc.assert(
      fc.property(payloads, (given) => {
        const sealed = sealPayload(given, KEY, NONCE);
        expect(sealed.length).toBe(12 + framePayload(given).length + 16);
        expect(openPayload(sealed, KEY)).toEqual(given);
      }),
      { numRuns: 40 },
    );
  });

  it('opens with no other key, and not with any byte of it changed, cut or added', () => {
    const sealed = sealPayload(payload, KEY, NONCE);
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        expect(() => openPayload(flipped(sealed, at, bits), KEY)).toThrow(RangeError);
        expect(() => openPayload(sealed, flipped(KEY, at, bits))).toThrow(RangeError);
        expect(() => openPayload(sealed.subarray(0, at % sealed.length), KEY)).toThrow(RangeError);
        expect(() => openPayload(concatBytes(sealed, new Uint8Array([bits])), KEY)).toThrow(RangeError);
      }),
      { numRuns: 40 },
    );
  });

  it('is refused when it was sealed well around a bad frame', () => {
    const cipher = createCipheriv('aes-256-gcm', KEY, NONCE);
    const body = cipher.update(flipped(framePayload(payload), 4_000));
    const sealed = concatBytes(NONCE, body, cipher.final(), cipher.getAuthTag());
    expect(() => openPayload(sealed, KEY)).toThrow(RangeError);
  });

  it('shows nothing of what is inside', () => {
    const secret = new Uint8Array(32).fill(0xab);
    const sealed = Buffer.from(sealPayload({ result: secret, witness: secret }, KEY, NONCE));
    expect(sealed.includes(Buffer.from(secret.subarray(0, 8)))).toBe(false);
  });
});
