import type { Award, AwardLeaf, Branch, Hex } from '@odf/protocol';
import type { DecidedAward } from './types.js';
/** A leaf with its proof. */
export interface LeafProof extends Branch { leaf: AwardLeaf }
export function awardBranch(award: DecidedAward, validatorRoot: Hex): LeafProof | undefined {
  throw new Error(`${award.units}${validatorRoot}`);
}
export function provesLeaf(award: Award, proof: LeafProof): boolean {
  throw new Error(`${award.units}${proof.index}`);
}
