import type { Hex } from '@odf/protocol';
import type { AuctionDecision, MemberExplanation } from './types.js';
export function explainMember(decision: AuctionDecision, validatorRoot: Hex): MemberExplanation {
  throw new Error(`${decision.cap_bps}${validatorRoot}: under construction`);
}
