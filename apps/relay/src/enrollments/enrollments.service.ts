import { Inject, Injectable } from '@nestjs/common';
import { EnrollmentsRepository, type CurrentEnrollment, type StoredEnrollment } from '@odf/persistence';
import {
  Enrollment,
  OdfError,
  TrustPolicy,
  keyRoot,
  type EnrollmentAnswer,
  type EnrollmentItem,
  type Hex,
} from '@odf/protocol';
import { Settlement } from '@odf/settlement';
import { type Clock } from '@odf/telemetry';
import { AvsRegistry } from '../core/avs-registry.js';
import { CLOCK } from '../relay.tokens.js';
import { EnrollmentChecks } from './enrollment-checks.js';
import { judgeEnrollments, stateByTime } from './enrollments.rules.js';

/** Where a validator's enrollment stands, and why it is not live. */
export interface EnrollmentStanding {
  state: 'live' | 'pending' | 'exited' | 'none';
  reason: string | null;
}

/** Memberships asked of the settlement at once. */
const MEMBERSHIPS_AT_ONCE = 256;

/** Who takes part in which AVS under which policy. */
@Injectable()
export class EnrollmentsService {
  constructor(
    private readonly enrollments: EnrollmentsRepository,
    private readonly checks: EnrollmentChecks,
    private readonly registry: AvsRegistry,
    private readonly settlement: Settlement,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Enrols, changes or ends each item in their order, or says why not. */
  async enrol(items: readonly EnrollmentItem[]): Promise<(EnrollmentAnswer | OdfError)[]> {
    const nowMs = this.clock.nowMs();
    const rows = items.map((item) => rowOf(item, nowMs));
    const known = new Set((await this.enrollments.findMany(rows)).map(contentOf));
    const wasChecked = new Map(items.map((item, index) => [item, known.has(contentOf(rows[index]!))]));
    const refusals = await this.checks.refusals(items, (item) => wasChecked.get(item) ?? false);
    const good = rows.filter((_, index) => !refusals[index]);
    const judged =
      good.length === 0
        ? []
        : await this.enrollments.change(good, (stored) => judgeEnrollments(good, stored, this.clock.nowMs()));
    let next = 0;
    return Promise.all(refusals.map(async (refusal) => refusal ?? this.#answer(judged[next++]!)));
  }

  /** The live enrollments of an AVS by rising validator_root; equal policies are one object. */
  async snapshot(avsId: Hex, nowMs: number): Promise<CurrentEnrollment[]> {
    const current = await this.enrollments.current(avsId, secondsOf(nowMs));
    if (this.#isOpen(avsId)) return current;
    const live: CurrentEnrollment[] = [];
    for (let from = 0; from < current.length; from += MEMBERSHIPS_AT_ONCE) {
      const some = current.slice(from, from + MEMBERSHIPS_AT_ONCE);
      const memberships = await Promise.all(
        some.map(({ operator, policy }) => this.settlement.membership(avsId, operator, policy.slashable_wei)),
      );
      for (const [index, enrollment] of some.entries()) if (memberships[index]!.live) live.push(enrollment);
    }
    return live;
  }

  /** How many validators would take part in an AVS now, by policy; cheaper than a snapshot where membership is open. */
  async demand(avsId: Hex, nowMs: number): Promise<{ policy: TrustPolicy; count: number }[]> {
    if (this.#isOpen(avsId)) return this.enrollments.countByPolicy(avsId, secondsOf(nowMs));
    const counts = new Map<TrustPolicy, number>();
    for (const { policy } of await this.snapshot(avsId, nowMs)) counts.set(policy, (counts.get(policy) ?? 0) + 1);
    return [...counts].map(([policy, count]) => ({ policy, count }));
  }

  /** Where a validator's enrollment in an AVS stands. */
  async standingOf(validator: Hex, avsId: Hex, nowMs: number): Promise<EnrollmentStanding> {
    const stored = await this.enrollments.find(keyRoot(validator), avsId);
    return stored ? this.#standing(stored, nowMs) : { state: 'none', reason: 'The validator is not enrolled.' };
  }

  /** The state alone of {@link standingOf}. */
  async stateOf(validator: Hex, avsId: Hex, nowMs: number): Promise<EnrollmentStanding['state']> {
    return (await this.standingOf(validator, avsId, nowMs)).state;
  }

  /** The reason alone of {@link standingOf}; null for a live enrollment. */
  async reasonOf(validator: Hex, avsId: Hex, nowMs: number): Promise<string | null> {
    return (await this.standingOf(validator, avsId, nowMs)).reason;
  }

  /** The operator of a validator's newest enrollment in an AVS, or null. */
  async operatorOf(validator: Hex, avsId: Hex): Promise<Hex | null> {
    return (await this.enrollments.find(keyRoot(validator), avsId))?.operator ?? null;
  }

  /** The key of a validator that has ever enrolled in an AVS, or null. */
  async pubkeyOf(validatorRoot: Hex, avsId: Hex): Promise<Hex | null> {
    return (await this.enrollments.find(validatorRoot, avsId))?.validator ?? null;
  }

  /** The validator whose newest enrollment in an AVS holds an operator, or held it last, or null. */
  validatorOf(operator: Hex, avsId: Hex): Promise<Hex | null> {
    return this.enrollments.holderOf(operator, avsId);
  }

  /** Whether a validator has ever enrolled in any AVS. */
  async isKnown(validator: Hex): Promise<boolean> {
    return (await this.knownOf([validator])).has(validator);
  }

  /** Those of these validators that have ever enrolled in any AVS. */
  async knownOf(validators: readonly Hex[]): Promise<Set<Hex>> {
    const byRoot = new Map(validators.map((validator) => [keyRoot(validator), validator]));
    return new Set([...(await this.enrollments.known([...byRoot.keys()]))].map((root) => byRoot.get(root)!));
  }

  async #answer(judged: StoredEnrollment | OdfError): Promise<EnrollmentAnswer | OdfError> {
    if (judged instanceof OdfError) return judged;
    const { state, reason } = await this.#standing(judged, this.clock.nowMs());
    return { validator: judged.validator, avs_id: judged.avs_id, state, reason };
  }

  async #standing(
    stored: StoredEnrollment,
    nowMs: number,
  ): Promise<{ state: EnrollmentAnswer['state']; reason: string | null }> {
    const byTime = stateByTime(stored, nowMs);
    if (byTime) return byTime;
    // An AVS that was taken out of the configuration has no auctions to take part in.
    if (!this.registry.has(stored.avs_id)) return { state: 'pending', reason: 'The relay serves this AVS no more.' };
    if (this.#isOpen(stored.avs_id)) return { state: 'live', reason: null };
    const { slashable_wei } = TrustPolicy.deserialize(new Uint8Array(stored.policy));
    const membership = await this.settlement.membership(stored.avs_id, stored.operator, slashable_wei);
    return membership.live ? { state: 'live', reason: null } : { state: 'pending', reason: membership.reason };
  }

  #isOpen(avsId: Hex): boolean {
    return this.registry.get(avsId).config.membership === 'open';
  }
}

function rowOf({ message, policy, operator_signature, signature }: EnrollmentItem, nowMs: number): StoredEnrollment {
  return {
    ...message,
    validator_root: keyRoot(message.validator),
    policy: TrustPolicy.serialize(policy),
    operator_signature,
    signature,
    enrollment_root: Enrollment.root(message),
    exited: false,
    at_ms: nowMs,
  };
}

/** Everything of an item that its checks look at; the policy by its root. */
function contentOf(row: StoredEnrollment): string {
  return row.enrollment_root + row.signature + row.operator_signature;
}

function secondsOf(ms: number): bigint {
  return BigInt(Math.floor(ms / 1000));
}
