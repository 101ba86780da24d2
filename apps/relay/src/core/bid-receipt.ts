import { keyRoot, ReceiptKind, type Hex, type Receipt } from '@odf/protocol';

/** The receipt of a bid; `seq` 0 and a zero auction for a standing bid's own. */
export function receiptOf(auctionId: Hex, bidRoot: Hex, coprocessor: Hex, seq: number, atMs: number): Receipt {
  return {
    kind: ReceiptKind.bid,
    auction_id: auctionId,
    subject_root: bidRoot,
    signer_root: keyRoot(coprocessor),
    seq: BigInt(seq),
    at_ms: BigInt(atMs),
  };
}
