import type { Hex, Member } from '@odf/protocol';
import { classOffsets } from './awards.js';
import { permutationIndex } from './permutation.js';
import type { AuctionDecision, AuctionInputs, MemberExplanation, Role, RoleExplanation } from './types.js';

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

function ordinalOf({ classes, seed }: AuctionInputs, classIndex: number, rank: number): number {
  const { root, count } = classes[classIndex]!;
  return permutationIndex(seed, root, count)(rank);
}

/** Why a validator has no award, or which one it has and at what price; the same for its standby. */
export function explainMember(decision: AuctionDecision, validatorRoot: Hex): MemberExplanation {
  const found = findMember(decision.inputs, validatorRoot);
  if (!found) return { reason: 'NOT_ENROLLED', class_index: null, award: null, price_bps: null, standby: null };
  const { class_index } = found.member;
  const ordinal = ordinalOf(decision.inputs, class_index, found.rank);
  const primary = explainRole(decision, 0, class_index, ordinal);
  const standby = primary.award && explainRole(decision, 1, class_index, ordinal);
  return { ...primary, class_index, standby };
}

function explainRole(decision: AuctionDecision, role: Role, class_index: number, ordinal: number): RoleExplanation {
  const holds = (row: { role: Role; class_index: number; from: number; units: number }): boolean =>
    row.role === role && row.class_index === class_index && row.from <= ordinal && ordinal < row.from + row.units;
  const range = decision.ranges.find(holds);
  if (!range) return { reason: decision.unserved.find(holds)!.reason, award: null, price_bps: null };
  const award = decision.awards.find(({ seq, role: of }) => seq === range.seq && of === role)!;
  return { reason: null, award, price_bps: range.price_bps };
}
