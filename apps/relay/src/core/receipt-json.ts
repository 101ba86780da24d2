import type { SignedReceipt } from '@odf/protocol';

/** The wire form of a signed receipt, as its schema writes it, for routes that answer thousands a second. */
export function receiptJson({ receipt, index, branch, batch: { message, signature } }: SignedReceipt) {
  const { kind, auction_id, subject_root, signer_root, seq, at_ms } = receipt;
  return {
    receipt: { kind: `${kind}`, auction_id, subject_root, signer_root, seq: `${seq}`, at_ms: `${at_ms}` },
    index: `${index}`,
    branch,
    batch: { message: { receipts_root: message.receipts_root, count: `${message.count}` }, signature },
  };
}
