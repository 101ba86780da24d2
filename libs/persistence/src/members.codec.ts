import type { Hex, Member } from '@odf/protocol';

/** Bytes of one packed member: class_index as uint32 big-endian, validator_root, operator. */
export const MEMBER_BYTES = 56;

const ROOT_AT = 4;
const OPERATOR_AT = 36;

/** Writes an auction's members behind each other in their order. */
export function packMembers(members: readonly Member[]): Buffer {
  const packed = Buffer.alloc(members.length * MEMBER_BYTES);
  members.forEach(({ class_index, validator_root, operator }, index) => {
    const start = index * MEMBER_BYTES;
    packed.writeUInt32BE(class_index, start);
    packed.write(validator_root.slice(2), start + ROOT_AT, 'hex');
    packed.write(operator.slice(2), start + OPERATOR_AT, 'hex');
  });
  return packed;
}

/**
 * Reads what {@link packMembers} wrote, or whole records of it.
 *
 * @throws {RangeError} when the bytes are not whole records.
 */
export function unpackMembers(packed: Uint8Array): Member[] {
  if (packed.length % MEMBER_BYTES !== 0) throw new RangeError(`expected whole records of ${MEMBER_BYTES} bytes`);
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const hex = (from: number, to: number): Hex => `0x${bytes.toString('hex', from, to)}`;
  return Array.from({ length: packed.length / MEMBER_BYTES }, (_, index) => {
    const start = index * MEMBER_BYTES;
    return {
      class_index: bytes.readUInt32BE(start),
      validator_root: hex(start + ROOT_AT, start + OPERATOR_AT),
      operator: hex(start + OPERATOR_AT, start + MEMBER_BYTES),
    };
  });
}
