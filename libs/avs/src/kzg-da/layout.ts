/** A blob of EIP-4844: 4,096 field elements of 32 bytes, big-endian. */
export const BLOB_BYTES = 131_072;
/** Bytes of one field element. */
export const FIELD_ELEMENT_BYTES = 32;
/** Cells of an extended blob (EIP-7594); the first half is the blob itself. */
export const CELLS = 128;
/** Field elements of an extended blob. */
export const FIELD_ELEMENTS = 8_192;

const CELL_BYTES = 2_048;
const POINT_BYTES = 48;
const ROOT_BYTES = 32;
const PROOFS_AT = CELLS * CELL_BYTES;
const BLOB_PROOF_AT = PROOFS_AT + CELLS * POINT_BYTES;

/** commitment (48) ‖ keccak Merkle root of the 8,192 field elements (32). */
export const KZG_RESULT_BYTES = POINT_BYTES + ROOT_BYTES;
/** 128 cells of 2,048 bytes ‖ their 128 proofs of 48 bytes ‖ the blob proof (48). */
export const KZG_WITNESS_BYTES = BLOB_PROOF_AT + POINT_BYTES;

/** The parts of a `kzg-da` result. */
export interface KzgResult {
  commitment: Uint8Array;
  root: Uint8Array;
}

/** The parts of a `kzg-da` witness. */
export interface KzgWitness {
  cells: Uint8Array[];
  proofs: Uint8Array[];
  /** Binds the commitment to the blob (EIP-4844 `compute_blob_kzg_proof`). */
  blobProof: Uint8Array;
}

function slices(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: bytes.length / size }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

function exactly(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) throw new RangeError(`a kzg-da ${what} has ${length} bytes, not ${bytes.length}`);
}

/**
 * Reads a result.
 *
 * @throws {RangeError} when it has another length.
 */
export function splitKzgResult(result: Uint8Array): KzgResult {
  exactly(result, KZG_RESULT_BYTES, 'result');
  return { commitment: result.subarray(0, POINT_BYTES), root: result.subarray(POINT_BYTES) };
}

/**
 * Reads a witness; the parts are views, not copies.
 *
 * @throws {RangeError} when it has another length.
 */
export function splitKzgWitness(witness: Uint8Array): KzgWitness {
  exactly(witness, KZG_WITNESS_BYTES, 'witness');
  return {
    cells: slices(kzgFieldElements(witness), CELL_BYTES),
    proofs: slices(witness.subarray(PROOFS_AT, BLOB_PROOF_AT), POINT_BYTES),
    blobProof: witness.subarray(BLOB_PROOF_AT),
  };
}

/** The 8,192 field elements at the head of a witness: element j of cell i is number 64·i + j. */
export function kzgFieldElements(witness: Uint8Array): Uint8Array {
  exactly(witness, KZG_WITNESS_BYTES, 'witness');
  return witness.subarray(0, PROOFS_AT);
}
