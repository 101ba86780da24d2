import { createHash } from 'node:crypto';
import { OdfError } from '@odf/protocol';
import { type Computed } from '../workload.js';
import { packBlobs } from './blob-packing.js';
import { fieldElementsRoot } from './field-elements-tree.js';
import { kzgDa } from './kzg-da.js';
import { kzgFieldElements, KZG_RESULT_BYTES, KZG_WITNESS_BYTES } from './layout.js';
import { drawCells } from './verify-payload.js';

const seed = createHash('sha256').update('drawn after the header').digest();
const signal = new AbortController().signal;
const CELL = 2_048;
const PROOFS_AT = 128 * CELL;
const BLOB_PROOF_AT = PROOFS_AT + 128 * 48;
const BLOB = 131_072;

function bytesOf(label: string, length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(`${label} ${i}`).digest(),
  );
  return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
}

function flipped(bytes: Uint8Array, ...places: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const place of places) copy[place]! ^= 1;
  return copy;
}

function swapped(bytes: Uint8Array, from: number, to: number, length: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(bytes.subarray(to, to + length), from);
  copy.set(bytes.subarray(from, from + length), to);
  return copy;
}

/** A coprocessor that lies consistently: the root fits the cells that it altered. */
function withItsOwnRoot({ result, witness }: Computed): Computed {
  const root = fieldElementsRoot(kzgFieldElements(witness));
  return { result: Buffer.concat([result.subarray(0, 48), root]), witness };
}

describe('kzg-da', () => {
  const [blob, otherBlob] = [bytesOf('a file', 100_000), bytesOf('another file', 100_000)].map(
    (file) => packBlobs(file)[0]!,
  ) as [Uint8Array, Uint8Array];
  let honest: Computed;
  let other: Computed;

  beforeAll(async () => {
    honest = await kzgDa.compute(blob, signal);
    other = await kzgDa.compute(otherBlob, signal);
  }, 60_000);

  const verify = (computed: Computed, level: 'full' | 'sample' = 'full', input = blob) =>
    kzgDa.verify(input, computed, { seed, level });

  it('computes a result and a witness of the documented sizes', () => {
    expect(honest.result).toHaveLength(KZG_RESULT_BYTES);
    expect(honest.witness).toHaveLength(KZG_WITNESS_BYTES);
    expect(KZG_WITNESS_BYTES).toBe(268_336);
  });

  it('accepts its own work, all of it or a sample', async () => {
    expect(await verify(honest)).toMatchObject({ ok: true, code: 'OK', coverage: 1 });
    expect(await verify(honest, 'sample')).toMatchObject({ ok: true, code: 'OK', coverage: 8 / 128 });
  });

  it('gives the same bytes every time', async () => {
    expect(await kzgDa.compute(Uint8Array.from(blob), signal)).toEqual(honest);
  });

  const lies: [string, string, (honest: Computed, other: Computed) => Computed][] = [
    ['a short result', 'RESULT_LENGTH_WRONG', (h) => ({ ...h, result: h.result.subarray(0, 79) })],
    ['a long result', 'RESULT_LENGTH_WRONG', (h) => ({ ...h, result: Buffer.concat([h.result, Buffer.alloc(1)]) })],
    ['no result', 'RESULT_LENGTH_WRONG', (h) => ({ ...h, result: new Uint8Array() })],
    ['a short witness', 'WITNESS_LENGTH_WRONG', (h) => ({ ...h, witness: h.witness.subarray(1) })],
    [
      'a long witness',
      'WITNESS_LENGTH_WRONG',
      (h) => ({ ...h, witness: Buffer.concat([h.witness, Buffer.alloc(48)]) }),
    ],
    ['a flipped bit in the blob half', 'CELLS_NOT_INPUT', (h) => ({ ...h, witness: flipped(h.witness, 31) })],
    [
      'a flipped bit in the last blob cell',
      'CELLS_NOT_INPUT',
      (h) => ({ ...h, witness: flipped(h.witness, BLOB - 1) }),
    ],
    ['swapped blob cells', 'CELLS_NOT_INPUT', (h) => ({ ...h, witness: swapped(h.witness, 0, CELL, CELL) })],
    ['the work on another blob', 'CELLS_NOT_INPUT', (_, o) => o],
    ['a flipped bit in the extension', 'ROOT_MISMATCH', (h) => ({ ...h, witness: flipped(h.witness, BLOB + 31) })],
    ['a flipped root', 'ROOT_MISMATCH', (h) => ({ ...h, result: flipped(h.result, 79) })],
    ['a flipped commitment', 'BLOB_PROOF_INVALID', (h) => ({ ...h, result: flipped(h.result, 20) })],
    [
      "another blob's commitment",
      'BLOB_PROOF_INVALID',
      (h, o) => ({ ...h, result: Buffer.concat([o.result.subarray(0, 48), h.result.subarray(48)]) }),
    ],
    ['a flipped blob proof', 'BLOB_PROOF_INVALID', (h) => ({ ...h, witness: flipped(h.witness, BLOB_PROOF_AT + 9) })],
    [
      "another blob's proof",
      'BLOB_PROOF_INVALID',
      (h, o) => ({
        ...h,
        witness: Buffer.concat([h.witness.subarray(0, BLOB_PROOF_AT), o.witness.subarray(BLOB_PROOF_AT)]),
      }),
    ],
    [
      'a flipped cell proof',
      'CELL_PROOFS_INVALID',
      (h) => ({ ...h, witness: flipped(h.witness, PROOFS_AT + 48 * 77 + 5) }),
    ],
    [
      'swapped cell proofs',
      'CELL_PROOFS_INVALID',
      (h) => ({ ...h, witness: swapped(h.witness, PROOFS_AT, PROOFS_AT + 48, 48) }),
    ],
    [
      'one wrong field element under a fitting root',
      'CELL_PROOFS_INVALID',
      (h) => withItsOwnRoot({ ...h, witness: flipped(h.witness, BLOB + 100 * 32 + 31) }),
    ],
    [
      'a field element above the modulus under a fitting root',
      'CELL_PROOFS_INVALID',
      (h) => {
        const witness = Uint8Array.from(h.witness);
        witness.fill(0xff, BLOB, BLOB + 32);
        return withItsOwnRoot({ ...h, witness });
      },
    ],
    [
      'swapped extension cells with their proofs under a fitting root',
      'CELL_PROOFS_INVALID',
      (h) => {
        const cells = swapped(h.witness, BLOB, BLOB + CELL, CELL);
        return withItsOwnRoot({ ...h, witness: swapped(cells, PROOFS_AT + 64 * 48, PROOFS_AT + 65 * 48, 48) });
      },
    ],
    [
      "another blob's extension under a fitting root",
      'CELL_PROOFS_INVALID',
      (h, o) =>
        withItsOwnRoot({
          ...h,
          witness: Buffer.concat([
            h.witness.subarray(0, BLOB),
            o.witness.subarray(BLOB, BLOB_PROOF_AT),
            h.witness.subarray(BLOB_PROOF_AT),
          ]),
        }),
    ],
  ];

  it.each(lies)('refuses %s', async (_, code, lie) => {
    expect(await verify(lie(honest, other))).toMatchObject({ ok: false, code, coverage: 0 });
  });

  it('refuses in a sample what the seed drew, and cannot see the rest', async () => {
    const drawn = new Set(drawCells(seed, 8));
    const extension = Array.from({ length: 64 }, (_, i) => 64 + i);
    const tampered = (cell: number) => ({ ...honest, witness: flipped(honest.witness, PROOFS_AT + 48 * cell + 5) });
    const seen = [...drawn][0]!;
    const unseen = extension.find((cell) => !drawn.has(cell))!;
    expect(await verify(tampered(seen), 'sample')).toMatchObject({ ok: false, code: 'CELL_PROOFS_INVALID' });
    expect(await verify(tampered(unseen), 'sample')).toMatchObject({ ok: true });
    expect(await verify(tampered(unseen), 'full')).toMatchObject({ ok: false, code: 'CELL_PROOFS_INVALID' });
  });

  it('gives a verdict, not an error, on an input that is no blob', async () => {
    expect(await verify(honest, 'full', blob.subarray(1))).toMatchObject({ ok: false, code: 'INPUT_INVALID' });
  });

  it('refuses to compute once aborted', async () => {
    await expect(kzgDa.compute(blob, AbortSignal.abort(new Error('the term is over')))).rejects.toThrow(
      'the term is over',
    );
  });

  it.each([
    ['of another length', new Uint8Array(BLOB - 1), 'has 131072 bytes, not 131071'],
    [
      'with a field element of the modulus',
      withElement(7, '73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001'),
      'Field element 7',
    ],
    ['with a field element above it', withElement(4_095, 'ff'.repeat(32)), 'Field element 4095'],
  ])('refuses an input %s', (_, input, message) => {
    expect(() => kzgDa.checkInput(input)).toThrow(OdfError);
    expect(() => kzgDa.checkInput(input)).toThrow(message);
  });

  it('takes the greatest field element', () => {
    const input = withElement(0, '73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000');
    expect(() => kzgDa.checkInput(input)).not.toThrow();
  });
});

function withElement(index: number, hex: string): Uint8Array {
  const input = new Uint8Array(BLOB);
  input.set(Buffer.from(hex, 'hex'), index * 32);
  return input;
}

describe('drawCells', () => {
  it('draws distinct cells of the blob, others for another seed', () => {
    const drawn = drawCells(seed, 8);
    expect(new Set(drawn).size).toBe(8);
    expect(drawn.every((cell) => cell >= 0 && cell < 128)).toBe(true);
    expect(drawCells(Buffer.alloc(32), 8)).not.toEqual(drawn);
    expect([...drawCells(seed, 128)].sort((a, b) => a - b)).toEqual(Array.from({ length: 128 }, (_, i) => i));
  });
});
