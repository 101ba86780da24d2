import { Bid, keyRoot, ReceiptKind, signingRoot, zeroHex, type Hex, type SigningContext } from '@odf/protocol';
import { finding, type Finding } from './findings.js';
import { bidsRoot } from './roots.js';
import type { TranscriptContent } from './transcript-schema.js';

/** How signatures are checked. */
export interface SignatureCheck {
  context: SigningContext;
  verify: (signer: Hex, signingRoot: Hex, signature: Hex) => Promise<boolean>;
}

/** Instances whose clocks are off by more than half of this are not ready (PROTOCOL.md, "Times"). */
const CLOCK_TOLERANCE_MS = 200n;

type Entry = TranscriptContent['bids'][number];

/** Bids that their coprocessors did not sign, or that no relay may accept. */
export async function bidFindings(content: TranscriptContent, check: SignatureCheck): Promise<Finding[]> {
  const perBid = await Promise.all(
    content.bids.map(async ({ bid: { message, signature } }, index) => {
      const path = `bids[${index}].bid`;
      const root = signingRoot(Bid, message, check.context);
      if (await check.verify(message.coprocessor, root, signature)) return validityFindings(content, message, path);
      return [
        finding('BID_SIGNATURE_INVALID', `${path}.signature`, `a signature by ${message.coprocessor}`, signature),
      ];
    }),
  );
  return perBid.flat();
}

function validityFindings({ auction }: TranscriptContent, bid: Bid, path: string): Finding[] {
  const found: Finding[] = [];
  if (bid.avs_id !== auction.avs_id)
    found.push(finding('BID_INVALID', `${path}.message.avs_id`, auction.avs_id, bid.avs_id));
  if (bid.auction_id !== zeroHex(32) && bid.auction_id !== auction.auction_id) {
    found.push(finding('BID_INVALID', `${path}.message.auction_id`, auction.auction_id, bid.auction_id));
  }
  const rising = bid.steps.every((step, at) => at === 0 || step.fee_share_bps > bid.steps[at - 1]!.fee_share_bps);
  if (!rising) found.push(finding('BID_INVALID', `${path}.message.steps`, 'rising shares', 'others'));
  return found;
}

/** Receipts that do not belong to their bids, and a set of receipts that is not the frozen one. */
export function receiptFindings(content: TranscriptContent): Finding[] {
  const { message } = content.frozen;
  const found = content.bids.flatMap((entry, index) => ownReceiptFindings(content, entry, index));

  if (message.auction_id !== content.auction.auction_id) {
    found.push(finding('FROZEN_DIFFERS', 'frozen.message.auction_id', content.auction.auction_id, message.auction_id));
  }
  if (message.count !== content.bids.length) {
    found.push(finding('BID_COUNT_WRONG', 'bids.length', message.count, content.bids.length));
  }
  const root = bidsRoot(content.bids.map(({ receipt }) => receipt));
  if (root !== message.bids_root) found.push(finding('BIDS_ROOT_WRONG', 'bids', message.bids_root, root));
  return [...found, ...timeFindings(content)];
}

/** Numbers are taken in the order in which bids came in, and none is taken once the bids are frozen. */
function timeFindings({ auction, bids }: TranscriptContent): Finding[] {
  const found: Finding[] = [];
  let latest = 0n;
  bids.forEach(({ receipt: { at_ms } }, index) => {
    const path = `bids[${index}].receipt.at_ms`;
    if (at_ms > auction.frozen_at_ms + CLOCK_TOLERANCE_MS) {
      found.push(finding('BID_LATE', path, `at most ${auction.frozen_at_ms}, when the bids were frozen`, `${at_ms}`));
    }
    if (at_ms + CLOCK_TOLERANCE_MS < latest) {
      found.push(finding('RECEIPTS_REORDERED', path, `at least ${latest}, as bids with lower numbers`, `${at_ms}`));
    }
    if (at_ms > latest) latest = at_ms;
  });
  return found;
}

function ownReceiptFindings({ auction }: TranscriptContent, { receipt, bid }: Entry, index: number): Finding[] {
  const path = `bids[${index}].receipt`;
  const expected = {
    kind: ReceiptKind.bid,
    auction_id: auction.auction_id,
    subject_root: Bid.root(bid.message),
    signer_root: keyRoot(bid.message.coprocessor),
  };
  const found: Finding[] = [];
  if (receipt.seq !== BigInt(index + 1)) found.push(finding('SEQ_GAP', `${path}.seq`, index + 1, `${receipt.seq}`));
  for (const [key, value] of Object.entries(expected)) {
    const actual = receipt[key as keyof typeof expected];
    if (actual !== value) found.push(finding('RECEIPT_WRONG', `${path}.${key}`, value, actual));
  }
  return found;
}
