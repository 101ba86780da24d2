/** Bytes on the wire: `0x` and lower-case hex digits. */
export type Hex = `0x${string}`;

/** Writes bytes as lower-case `0x` hex. */
export function toHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/**
 * Reads `0x` hex of any even length, in either case.
 *
 * @throws {RangeError} when the text is not `0x` and an even number of hex digits.
 */
export function fromHex(hex: string): Uint8Array {
  if (!/^0x(?:[0-9a-fA-F]{2})*$/.test(hex)) throw new RangeError('expected 0x and an even number of hex digits');
  return new Uint8Array(Buffer.from(hex.slice(2), 'hex'));
}

/** Joins byte strings. */
export function concatBytes(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Zero bytes of the given length as hex, e.g. the auction id of a standing bid. */
export function zeroHex(length: number): Hex {
  return `0x${'00'.repeat(length)}`;
}
