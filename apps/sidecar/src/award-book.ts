import { RelayError, verifyAwardProof, type SignatureCheck } from '@odf/client';
import {
  Award,
  AwardLeaf,
  routes,
  type AwardProof,
  type AvsInfo,
  type Hex,
  type TrustPolicy,
  type ValidatorAuction,
} from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import { betterAward, checkAward } from './award-check.js';
import type { Validator } from './keys.js';
import type { AwardRecord } from './records.js';
import { refuse } from './refusal.js';
import type { RelaySession } from './relay-session.js';
import type { Store } from './store.js';

/** One relay's offer to serve a task. */
export interface Candidate {
  session: RelaySession;
  avs: AvsInfo;
  /** Acceptable awards of the auction; the primary first. */
  awards: AwardProof[];
  deliverByMs: number;
  commitByMs: number;
}

/** A task that can still be committed to until `commit_by_ms`. */
export interface OpenTask {
  task_id: Hex;
  commit_by_ms: number;
}

/** The awards of one (relay, auction, validator). */
type Held = Map<number, AwardRecord>;

/** What the book needs. */
export interface AwardBookDeps {
  store: Store;
  clock: Clock;
  check: SignatureCheck;
  onJudged: (record: AwardRecord) => void;
}

/** All awards of this sidecar's validators, each judged once, and the tasks that they cover. */
export class AwardBook {
  readonly #held = new Map<string, Held>();
  readonly #candidates = new Map<string, Map<Hex, Candidate>>();

  constructor(private readonly deps: AwardBookDeps) {}

  /** Remembers the awards that were judged before the last restart. */
  async load(): Promise<void> {
    for (const record of await this.deps.store.list('award')) this.#heldBy(record).set(roleOf(record.proof), record);
  }

  /** Every award as it was judged, newest first. */
  all(): AwardRecord[] {
    const records = [...this.#held.values()].flatMap((held) => [...held.values()]);
    return records.sort((left, right) => right.at_ms - left.at_ms);
  }

  /** The relays that may serve a task, the best award first. */
  candidates(validator: Hex, taskId: Hex): Candidate[] {
    const all = [...(this.#candidates.get(`${validator}!${taskId}`)?.values() ?? [])];
    const alive = all.map((candidate) => ({
      ...candidate,
      awards: candidate.awards.filter((a) => this.#stands(candidate, validator, a)),
    }));
    return alive
      .filter(({ awards }) => awards.length > 0)
      .sort((left, right) => betterAward(left.awards[0]!, right.awards[0]!));
  }

  /** A relay whose awards for a task were acceptable once and are contradicted now, when no other relay offers it. */
  fallen(validator: Hex, taskId: Hex): RelaySession | undefined {
    const [first] = this.#candidates.get(`${validator}!${taskId}`)?.values() ?? [];
    return this.candidates(validator, taskId).length === 0 ? first?.session : undefined;
  }

  /** Forgets a task's offers. */
  forget(validator: Hex, taskId: Hex): void {
    this.#candidates.delete(`${validator}!${taskId}`);
  }

  /**
   * Fetches and judges a validator's awards of an auction, and offers its open tasks.
   *
   * @returns the open tasks that an acceptable award covers, with the last moment to commit.
   * @throws {RelayError} when the relay cannot be asked.
   */
  async learn(
    session: RelaySession,
    validator: Validator,
    auction: ValidatorAuction,
    avs: AvsInfo,
    policy: TrustPolicy,
    signal: AbortSignal,
  ): Promise<OpenTask[]> {
    const params = { auction_id: auction.auction_id, pubkey: validator.pubkey };
    const { data } = await session.client.call(routes.validatorAwards, { params, signal });
    const accepted: AwardProof[] = [];
    for (const proof of data ?? []) {
      const record = await this.#judge(session, validator, auction, avs, policy, proof, signal);
      if (!record.refusal) accepted.push(record.proof);
    }
    accepted.sort((left, right) => roleOf(left) - roleOf(right));
    return this.#offer(session, validator.pubkey, auction, avs, accepted);
  }

  #offer(
    session: RelaySession,
    validator: Hex,
    auction: ValidatorAuction,
    avs: AvsInfo,
    awards: AwardProof[],
  ): OpenTask[] {
    const now = this.deps.clock.nowMs();
    const open = auction.tasks.filter(({ commit_by_ms }) => commit_by_ms > now);
    for (const { task_id, deliver_by_ms, commit_by_ms } of open) {
      const key = `${validator}!${task_id}`;
      const offers = this.#candidates.get(key) ?? new Map<Hex, Candidate>();
      const times = { deliverByMs: Number(deliver_by_ms), commitByMs: Number(commit_by_ms) };
      if (awards.length > 0) this.#candidates.set(key, offers.set(session.pubkey, { session, avs, awards, ...times }));
    }
    return awards.length > 0
      ? open.map((task) => ({ task_id: task.task_id, commit_by_ms: Number(task.commit_by_ms) }))
      : [];
  }

  async #judge(
    session: RelaySession,
    validator: Validator,
    auction: ValidatorAuction,
    avs: AvsInfo,
    policy: TrustPolicy,
    proof: AwardProof,
    signal: AbortSignal,
  ): Promise<AwardRecord> {
    const held = this.#heldBy({ relay: session.pubkey, validator: validator.pubkey, proof });
    const known = held.get(roleOf(proof));
    if (known && isSame(known.proof, proof)) return known;
    const expected = {
      relay: session.pubkey,
      context: session.context,
      auction,
      mode: avs.mode,
      validatorRoot: validator.root,
      operator: validator.operator,
      policy,
      rewardRefWei: avs.reward_ref_wei,
      line: await lineOf(session, proof.award.message, signal),
    };
    const genuine = this.#isGenuine(session, validator, proof);
    const twofold = known && genuine && this.#isGenuine(session, validator, known.proof);
    const refusal = twofold ? refuse('AWARD_EQUIVOCATION') : checkAward(proof, expected, this.deps.check);
    const base = { relay: session.pubkey, validator: validator.pubkey, at_ms: this.deps.clock.nowMs() };
    if (twofold) await this.#keepEvidence(session, auction.auction_id, known.proof, proof);
    const record: AwardRecord = { ...base, proof, refusal };
    // A forged second answer does not displace a genuine award; a signed contradiction does.
    if (!known || twofold || known.refusal) await this.#keep(held, record);
    this.deps.onJudged(record);
    return record;
  }

  #isGenuine(session: RelaySession, validator: Validator, proof: AwardProof): boolean {
    const fault = verifyAwardProof(proof, session.pubkey, session.context, this.deps.check);
    return fault === null && proof.leaf.validator_root === validator.root;
  }

  async #keepEvidence(session: RelaySession, subject: Hex, first: AwardProof, second: AwardProof): Promise<void> {
    const evidence = { code: 'AWARD_EQUIVOCATION', relay: session.pubkey, subject, first, second } as const;
    await this.deps.store.put('evidence', [session.pubkey, evidence.code, subject], {
      ...evidence,
      at_ms: this.deps.clock.nowMs(),
    });
  }

  async #keep(held: Held, record: AwardRecord): Promise<void> {
    const { auction_id, role } = record.proof.award.message;
    await this.deps.store.put('award', [record.relay, auction_id, `${role}`, record.validator], record);
    held.set(role, record);
  }

  /** Whether an award is still acceptable: a later contradiction takes it back, in both roles. */
  #stands({ session }: Candidate, validator: Hex, proof: AwardProof): boolean {
    const held = this.#heldBy({ relay: session.pubkey, validator, proof });
    const equivocated = [...held.values()].some(({ refusal }) => refusal?.code === 'AWARD_EQUIVOCATION');
    return !equivocated && held.get(roleOf(proof))?.refusal === null;
  }

  #heldBy({ relay, validator, proof }: Pick<AwardRecord, 'relay' | 'validator' | 'proof'>): Held {
    const key = `${relay}!${proof.award.message.auction_id}!${validator}`;
    const held: Held = this.#held.get(key) ?? new Map<number, AwardRecord>();
    this.#held.set(key, held);
    return held;
  }
}

function roleOf(proof: AwardProof): number {
  return proof.award.message.role;
}

function isSame(left: AwardProof, right: AwardProof): boolean {
  return (
    Award.root(left.award.message) === Award.root(right.award.message) &&
    left.award.signature === right.award.signature &&
    AwardLeaf.root(left.leaf) === AwardLeaf.root(right.leaf) &&
    left.index === right.index &&
    left.branch.join() === right.branch.join()
  );
}

/** Kind and asset of the line behind an award, as the relay tells it; null when it knows no such line. */
async function lineOf(
  { client }: RelaySession,
  { coprocessor, line_id }: Award,
  signal: AbortSignal,
): Promise<{ kind: number; asset: Hex } | null> {
  try {
    const { lines } = await client.data(routes.getCoprocessor, { params: { pubkey: coprocessor }, signal });
    const line = lines.find((one) => one.line_id === line_id);
    return line ? { kind: line.kind, asset: line.asset } : null;
  } catch (error) {
    if (error instanceof RelayError && error.status === 404) return null;
    throw error;
  }
}
