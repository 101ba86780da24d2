import { auditAuction, contentOf, finding, type Finding, type TranscriptContent } from '@odf/market';
import { OdfError, type Hex } from '@odf/protocol';
import { auditedOf, type AuditBundle, type Verify } from './bundle.js';

/** What an audit looked at. */
export interface Checked {
  bids: number;
  members: number;
  classes: number;
  awards: number;
  signatures: number;
  pricing: TranscriptContent['parameters']['pricing'];
  /** The owner cap σ that the replay arrived at. */
  cap_bps: number;
  cap_relaxed: boolean;
  seed: Hex;
}

/** What came of an audit; valid without findings. */
export interface AuditReport {
  auction_id: Hex;
  avs_id: Hex | null;
  relay_pubkey: Hex;
  chain_id: bigint;
  settlement: Hex;
  /** Null when the transcript cannot be read at all. */
  checked: Checked | null;
  findings: Finding[];
}

/** Audits what a relay published about an auction. */
export async function auditBundle(bundle: AuditBundle, verify: Verify): Promise<AuditReport> {
  let signatures = 0;
  const counting: Verify = (...claim) => {
    signatures += 1;
    return verify(...claim);
  };
  const findings = await auditAuction(auditedOf(bundle, counting));
  const content = readable(bundle.published.transcript);
  const named = content?.auction.auction_id;
  if (named !== undefined && named !== bundle.auction_id) {
    findings.unshift(finding('AUCTION_ID_WRONG', 'auction.auction_id', bundle.auction_id, named));
  }
  const { info, relay_pubkey, auction_id } = bundle;
  return {
    auction_id,
    avs_id: content?.auction.avs_id ?? null,
    relay_pubkey,
    chain_id: info.chain_id,
    settlement: info.settlement,
    checked: content && checkedOf(content, bundle, signatures),
    findings,
  };
}

/** The values of a transcript; null where the audit already says that it is malformed. */
function readable(transcript: unknown): TranscriptContent | null {
  try {
    return contentOf(transcript);
  } catch (error) {
    if (error instanceof OdfError) return null;
    throw error;
  }
}

function checkedOf(content: TranscriptContent, { members, awards }: AuditBundle, signatures: number): Checked {
  const { primary, seed, parameters } = content;
  const { cap_bps, cap_relaxed } = primary;
  return {
    bids: content.bids.length,
    members: members.length,
    classes: content.classes.length,
    awards: awards.length,
    signatures,
    pricing: parameters.pricing,
    cap_bps,
    cap_relaxed,
    seed,
  };
}
