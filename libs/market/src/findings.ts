/** What an audit may find. */
export const FINDING_CODES = [
  'TRANSCRIPT_MALFORMED',
  'RELAY_KEY_MISMATCH',
  'FROZEN_DIFFERS',
  'SIGNATURE_INVALID',
  'BID_SIGNATURE_INVALID',
  'BID_INVALID',
  'RECEIPT_WRONG',
  'SEQ_GAP',
  'RECEIPTS_REORDERED',
  'BID_LATE',
  'BIDS_ROOT_WRONG',
  'BID_COUNT_WRONG',
  'SEED_WRONG',
  'AUCTION_ID_WRONG',
  'CLASS_WRONG',
  'MEMBER_COUNT_WRONG',
  'MEMBERS_INVALID',
  'MEMBERS_ROOT_WRONG',
  'PRICE_DIFFERS',
  'ALLOCATION_DIFFERS',
  'OUTCOME_DIFFERS',
  'AWARD_DIFFERS',
  'AWARD_UNEXPECTED',
  'AWARD_MISSING',
  'TRANSCRIPT_DIFFERS',
  'TRANSCRIPT_ROOT_DIFFERS',
] as const;

/** A contradiction: what stands at `path`, and what should. */
export interface Finding {
  code: (typeof FINDING_CODES)[number];
  path: string;
  expected: string;
  found: string;
}

/** Writes a finding down. */
export function finding(
  code: Finding['code'],
  path: string,
  expected: string | number,
  found: string | number,
): Finding {
  return { code, path, expected: String(expected), found: String(found) };
}
