import { BLOB_BYTES, FIELD_ELEMENT_BYTES } from './layout.js';

/** Bytes that a field element holds below the modulus whatever they are: its first byte stays zero. */
const DATA_BYTES = FIELD_ELEMENT_BYTES - 1;
const ELEMENTS = BLOB_BYTES / FIELD_ELEMENT_BYTES;
const LENGTH_BYTES = 8;

/** Bytes that one blob carries, the length header of the first one included. */
export const BLOB_CAPACITY = ELEMENTS * DATA_BYTES;

function blobsFor(length: number): number {
  return Math.ceil((LENGTH_BYTES + length) / BLOB_CAPACITY);
}

function toBlob(data: Uint8Array): Uint8Array {
  const blob = new Uint8Array(BLOB_BYTES);
  for (let element = 0; element * DATA_BYTES < data.length; element++) {
    blob.set(data.subarray(element * DATA_BYTES, (element + 1) * DATA_BYTES), element * FIELD_ELEMENT_BYTES + 1);
  }
  return blob;
}

function fromBlob(blob: Uint8Array): Uint8Array {
  if (blob.length !== BLOB_BYTES) throw new RangeError(`a blob has ${BLOB_BYTES} bytes, not ${blob.length}`);
  const data = new Uint8Array(BLOB_CAPACITY);
  for (let element = 0; element < ELEMENTS; element++) {
    const at = element * FIELD_ELEMENT_BYTES;
    if (blob[at] !== 0)
      throw new RangeError(`field element ${element} was not packed here: its first byte is not zero`);
    data.set(blob.subarray(at + 1, at + FIELD_ELEMENT_BYTES), element * DATA_BYTES);
  }
  return data;
}

/**
 * Packs any bytes into blobs: their length (8 bytes, big-endian), the bytes, then zeros, 31 bytes a field element.
 * Even no bytes at all give one blob.
 */
export function packBlobs(bytes: Uint8Array): Uint8Array[] {
  const count = blobsFor(bytes.length);
  const stream = Buffer.alloc(count * BLOB_CAPACITY);
  stream.writeBigUInt64BE(BigInt(bytes.length));
  stream.set(bytes, LENGTH_BYTES);
  return Array.from({ length: count }, (_, index) =>
    toBlob(stream.subarray(index * BLOB_CAPACITY, (index + 1) * BLOB_CAPACITY)),
  );
}

/**
 * Gives back what `packBlobs` packed, from its blobs in order.
 *
 * @throws {RangeError} when these are not exactly the blobs of one packing.
 */
export function unpackBlobs(blobs: readonly Uint8Array[]): Uint8Array {
  const stream = Buffer.concat(blobs.map(fromBlob));
  if (stream.length === 0) throw new RangeError('there are no blobs');
  const length = stream.readBigUInt64BE();
  if (length > BigInt(stream.length) || blobsFor(Number(length)) !== blobs.length) {
    throw new RangeError(`the header names ${length} bytes, which do not fill ${blobs.length} blobs`);
  }
  const end = LENGTH_BYTES + Number(length);
  if (stream.subarray(end).some((byte) => byte !== 0)) throw new RangeError('there are bytes behind the end');
  return new Uint8Array(stream.subarray(LENGTH_BYTES, end));
}
