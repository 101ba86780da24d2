import { SignedReceipt, type Hex } from '@odf/protocol';
import { z } from 'zod';
import { receiptJson } from './receipt-json.js';

const bytes = (length: number, byte: string): Hex => `0x${byte.repeat(length)}`;

it('writes a signed receipt exactly as its schema does', () => {
  const signed: SignedReceipt = {
    receipt: {
      kind: 1,
      auction_id: bytes(32, 'a1'),
      subject_root: bytes(32, 'b2'),
      signer_root: bytes(32, 'c3'),
      seq: 7n,
      at_ms: 2n ** 63n,
    },
    index: 4_095,
    branch: Array.from({ length: 13 }, () => bytes(32, 'd4')),
    batch: { message: { receipts_root: bytes(32, 'e5'), count: 4_096 }, signature: bytes(96, 'f6') },
  };
  const written = receiptJson(signed);
  expect(JSON.stringify(written)).toBe(JSON.stringify(z.encode(SignedReceipt, signed)));
});
