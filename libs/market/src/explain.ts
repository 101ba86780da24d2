import type { Hex, Member } from '@odf/protocol';
import { classOffsets, rangeLookup } from './awards.js';
import type { AuctionDecision, AuctionInputs, MemberExplanation } from './types.js';

/** Where a validator stands in the member list; undefined when it is none. */
function findMember(inputs: AuctionInputs, validatorRoot: Hex): { member: Member; rank: number } | undefined {
  const offsets = classOffsets(inputs.classes);
  for (const { index, count } of inputs.classes) {
    let low = offsets[index]!;
    let high = low + count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const member = inputs.members[middle]!;
      if (member.validator_root === validatorRoot) return { member, rank: middle - offsets[index]! };
      if (member.validator_root < validatorRoot) low = middle + 1;
      else high = middle - 1;
    }
  }
  return undefined;
}

/** Why a validator has no award, or which one it has and at what price. */
export function explainMember(decision: AuctionDecision, validatorRoot: Hex): MemberExplanation {
  const found = findMember(decision.inputs, validatorRoot);
  if (!found) return { reason: 'NOT_ENROLLED', class_index: null, award: null, price_bps: null };
  const { class_index } = found.member;
  const range = rangeLookup(decision, 0)(class_index, found.rank);
  if (!range) {
    const reason = decision.unserved.find((row) => row.class_index === class_index)!.reason;
    return { reason, class_index, award: null, price_bps: null };
  }
  const award = decision.awards.find(({ seq, role }) => seq === range.seq && role === range.role)!;
  return { reason: null, class_index, award, price_bps: range.price_bps };
}
