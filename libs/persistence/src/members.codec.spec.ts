import type { Member } from '@odf/protocol';
import { MEMBER_BYTES, packMembers, unpackMembers } from './members.codec.js';

const members: Member[] = [
  { class_index: 0, validator_root: `0x${'a1'.repeat(32)}`, operator: `0x${'01'.repeat(20)}` },
  { class_index: 2 ** 32 - 1, validator_root: `0x${'b2'.repeat(32)}`, operator: `0x${'02'.repeat(20)}` },
];

describe('packMembers', () => {
  it('puts class, root and operator of each member behind each other', () => {
    expect(packMembers(members).toString('hex')).toBe(
      `00000000${'a1'.repeat(32)}${'01'.repeat(20)}ffffffff${'b2'.repeat(32)}${'02'.repeat(20)}`,
    );
  });

  it('is read back as it was', () => {
    expect(unpackMembers(packMembers(members))).toEqual(members);
    expect(unpackMembers(packMembers([]))).toEqual([]);
  });

  it('is read in part, from a view into other bytes', () => {
    const inside = Buffer.concat([Buffer.alloc(3), packMembers(members)]).subarray(3 + MEMBER_BYTES);
    expect(unpackMembers(inside)).toEqual([members[1]]);
  });
});

describe('unpackMembers', () => {
  it('refuses half a record', () => {
    expect(() => unpackMembers(new Uint8Array(MEMBER_BYTES + 1))).toThrow(RangeError);
  });
});
