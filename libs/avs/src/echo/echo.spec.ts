import { OdfError, toHex } from '@odf/protocol';
import fc from 'fast-check';
import { concat, keccak256, stringToHex } from 'viem';
import { echo } from './echo.js';

const signal = new AbortController().signal;
const options = { seed: new Uint8Array(32), level: 'full' } as const;

describe('echo', () => {
  it('greets by the hash of hello-world, without a witness', async () => {
    const { result, witness } = await echo.compute(Buffer.from('Alice'), signal);
    expect(toHex(result)).toBe(keccak256(stringToHex('Hello, Alice')));
    expect(witness).toHaveLength(0);
  });

  it('accepts exactly its own greeting of any name', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 256 }), fc.nat(31), async (name, place) => {
        const { result, witness } = await echo.compute(name, signal);
        expect(toHex(result)).toBe(keccak256(concat([stringToHex('Hello, '), toHex(name)])));
        expect(await echo.verify(name, { result, witness }, options)).toMatchObject({ ok: true, coverage: 1 });
        const wrong = Uint8Array.from(result);
        wrong[place]! ^= 1;
        expect(await echo.verify(name, { result: wrong, witness }, options)).toMatchObject({
          ok: false,
          code: 'RESULT_MISMATCH',
        });
      }),
    );
  });

  it.each([
    ['INPUT_INVALID', 0, 32, 0],
    ['INPUT_INVALID', 257, 32, 0],
    ['RESULT_LENGTH_WRONG', 5, 31, 0],
    ['WITNESS_LENGTH_WRONG', 5, 32, 1],
  ])('gives %s for lengths %i, %i, %i', async (code, input, result, witness) => {
    const computed = { result: new Uint8Array(result), witness: new Uint8Array(witness) };
    expect(await echo.verify(new Uint8Array(input), computed, options)).toMatchObject({ ok: false, code, coverage: 0 });
  });

  it.each([0, 257])('refuses a name of %i bytes', async (length) => {
    expect(() => echo.checkInput(new Uint8Array(length))).toThrow(OdfError);
    await expect(echo.compute(new Uint8Array(length), signal)).rejects.toThrow('A name has 1 to 256 bytes.');
  });
});
