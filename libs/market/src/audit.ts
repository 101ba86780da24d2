import type { Hex, Member, SignedAward, SignedBidsFrozen, SignedTranscriptRoot, SigningContext } from '@odf/protocol';

/** What an auditor looks at: all of it public. */
export interface AuditedAuction {
  /** JSON as parsed, or its bytes. */
  transcript: unknown;
  members: readonly Member[];
  frozen: SignedBidsFrozen;
  transcriptRoot: SignedTranscriptRoot;
  awards: readonly SignedAward[];
  relayPubkey: Hex;
  context: SigningContext;
  /** Whether `signature` by `signer` over the 32-byte signing root holds. */
  verify: (signer: Hex, signingRoot: Hex, signature: Hex) => Promise<boolean>;
}

/** A contradiction: what stands at `path`, and what should. */
export interface Finding {
  code: string;
  path: string;
  expected: string;
  found: string;
}
export function auditAuction(auction: AuditedAuction): Promise<Finding[]> {
  return Promise.reject(new Error(`${auction.members.length}`));
}
