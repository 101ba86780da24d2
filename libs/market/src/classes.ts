import { TrustPolicy, type Hex, type Member } from '@odf/protocol';
import { quantisePolicy } from './policy.js';
import { risingOrder } from './sorting.js';
import { nearestStricter } from './strictness.js';
import type { PolicyClass } from './types.js';

/** Most classes of one AVS. */
export const MAX_CLASSES = 512;

/** A live enrollment at the freeze; one per validator. */
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
  /** Rising by root. */
  classes: PolicyClass[];
  /** Rising by (class_index, validator_root). */
  members: Member[];
  /** Rising by validator_root. */
  refused: RefusedEnrollment[];
}

/** How policies are grouped. */
export interface ClassOptions {
  /** Reward reference in wei, to fold `max_fee_wei` into the share. */
  rewardRefWei?: bigint;
  maxClasses?: number;
}

/** Validators of one quantised policy, as indices into the enrollments. */
interface Group {
  root: Hex;
  policy: TrustPolicy;
  enrollments: number[];
}

/** Groups enrollments by quantised policy; an overflow joins the nearest stricter class or is refused (MARKET.md, "Classes"). */
export function classesOf(enrollments: readonly LiveEnrollment[], options: ClassOptions = {}): Demand {
  const groups = groupsOf(enrollments, options.rewardRefWei);
  const refused = foldOverflow(groups, options.maxClasses ?? MAX_CLASSES);
  const kept = groups.sort((a, b) => (a.root < b.root ? -1 : 1));
  const validatorRoot = (enrollment: number): Hex => enrollments[enrollment]!.validator_root;
  const rising = (list: readonly number[]): number[] =>
    Array.from(
      risingOrder(list.length, (at) => validatorRoot(list[at]!)),
      (at) => list[at]!,
    );
  const memberOf = (class_index: number, enrollment: number): Member => {
    const { validator_root, operator } = enrollments[enrollment]!;
    return { class_index, validator_root, operator };
  };
  return {
    classes: kept.map(({ root, policy, enrollments: { length } }, index) => ({ index, root, policy, count: length })),
    members: kept.flatMap((group, index) => rising(group.enrollments).map((enrollment) => memberOf(index, enrollment))),
    refused: rising(refused).map((enrollment) => ({
      validator_root: validatorRoot(enrollment),
      reason: 'POLICY_TOO_PARTICULAR',
    })),
  };
}

function groupsOf(enrollments: readonly LiveEnrollment[], rewardRefWei: bigint | undefined): Group[] {
  const ofPolicy = new Map<TrustPolicy, Group>();
  const ofRoot = new Map<Hex, Group>();
  const find = (policy: TrustPolicy): Group => {
    const quantised = quantisePolicy(policy, rewardRefWei);
    const root = TrustPolicy.root(quantised);
    const group = ofRoot.get(root) ?? { root, policy: quantised, enrollments: [] };
    ofRoot.set(root, group);
    return group;
  };
  enrollments.forEach(({ policy }, index) => {
    // Callers that share one object among equal policies pay for its root once.
    const group = ofPolicy.get(policy) ?? find(policy);
    ofPolicy.set(policy, group);
    group.enrollments.push(index);
  });
  return [...ofRoot.values()];
}

/** Keeps the largest groups; the others join a kept one or are returned as refused. */
function foldOverflow(groups: Group[], maxClasses: number): number[] {
  groups.sort((a, b) => b.enrollments.length - a.enrollments.length || (a.root < b.root ? -1 : 1));
  const overflow = groups.splice(maxClasses);
  const candidates = groups.map(({ policy }) => policy);
  return overflow.flatMap((group) => {
    const nearest = nearestStricter(group.policy, candidates);
    if (nearest < 0) return group.enrollments;
    groups[nearest]!.enrollments.push(...group.enrollments);
    return [];
  });
}
