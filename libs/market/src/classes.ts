import { Member, TrustPolicy, type Hex } from '@odf/protocol';
import { quantisePolicy } from './policy.js';
import type { PolicyClass } from './types.js';

/** A live enrollment at the freeze. */
export interface LiveEnrollment {
  validator_root: Hex;
  operator: Hex;
  policy: TrustPolicy;
}

/** A validator whose policy fits no class. */
export interface RefusedEnrollment {
  validator_root: Hex;
  reason: 'POLICY_TOO_PARTICULAR';
}

/** The demand side of an auction. */
export interface Demand {
  classes: PolicyClass[];
  members: Member[];
  refused: RefusedEnrollment[];
}
export interface ClassOptions { rewardRefWei?: bigint; maxClasses?: number }
export function classesOf(enrollments: readonly LiveEnrollment[], options: ClassOptions = {}): Demand {
  throw new Error(`${enrollments.length}${options.maxClasses}${quantisePolicy.name}`);
}
