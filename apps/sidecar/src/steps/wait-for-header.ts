import { RelayError } from '@odf/client';
import { routes, toHex, type SignedHeader } from '@odf/protocol';
import type { Candidate } from '../award-book.js';
import { checkHeader } from '../header-check.js';
import { refuse, RefusedError } from '../refusal.js';
import { bindPlugin } from './bind-plugin.js';
import { isRefused, type TaskFlow } from '../task-flow.js';

const SHORT_WAIT_MS = 1_000;
/** How long the offers of other relays are waited for before the best one is chosen. */
const GATHER_MS = 3_000;
const GATHER_PAUSE_MS = 20;

/** Waits for the header of the best award; the next relay is asked once the best one's delivery is late. */
export async function waitForHeader(flow: TaskFlow): Promise<void> {
  const { validator, task_id } = flow.record;
  const now = flow.deps.clock.nowMs();
  if (isGathering(flow, now)) return flow.pause(GATHER_PAUSE_MS);
  const offers = flow.deps.awards.candidates(validator, task_id);
  const fresh = offers.filter(
    ({ session, commitByMs }) => !isRefused(flow.record.refusals, session) && now < commitByMs,
  );
  const [best, ...others] = fresh.filter(({ session }) => session.isUsable);
  if (!best) return standWithout(flow, now);
  const asked = now > best.deliverByMs ? [best, ...others] : [best];
  for (const candidate of asked) {
    const waitMs = Math.min(asked.length > 1 ? SHORT_WAIT_MS : flow.deps.headerWaitMs, candidate.commitByMs - now);
    const header = await askHeader(flow, candidate, waitMs);
    if (header) return takeHeader(flow, candidate, header);
  }
}

/** Whether a relay that answers has not been looked at since this task appeared: it may have the better award. */
function isGathering({ record, deps }: TaskFlow, now: number): boolean {
  const sinceMs = record.times.waiting ?? 0;
  if (now > sinceMs + GATHER_MS) return false;
  return [...deps.sessions.values()].some(
    ({ state, lookedAtMs }) => state !== 'refused' && state !== 'unreachable' && lookedAtMs < sinceMs,
  );
}

/** Nobody can be asked: a contradiction ends the task, a relay that is away may come back in time. */
async function standWithout(flow: TaskFlow, now: number): Promise<void> {
  const { validator, task_id, refusals, commit_by_ms } = flow.record;
  const fallen = flow.deps.awards.fallen(validator, task_id);
  if (fallen && !isRefused(refusals, fallen)) throw new RefusedError(refuse('AWARD_EQUIVOCATION'), fallen.pubkey);
  if (now < commit_by_ms) return flow.pause(SHORT_WAIT_MS);
  return flow.advance(refusals.length > 0 ? 'refused' : 'expired');
}

async function askHeader(flow: TaskFlow, { session }: Candidate, waitMs: number): Promise<SignedHeader | null> {
  const params = { task_id: flow.record.task_id, pubkey: flow.record.validator };
  try {
    const query = { wait_ms: Math.max(0, Math.floor(waitMs)) };
    const { data } = await session.client.call(routes.getHeader, { params, query, signal: flow.signal });
    // A relay that does not hold the answer would otherwise be asked without a pause.
    if (!data) await flow.pause(50);
    return data;
  } catch (error) {
    if (!(error instanceof RelayError)) throw error;
    await flow.pause(Math.max(SHORT_WAIT_MS, error.retryAfterMs ?? 0));
    return null;
  }
}

async function takeHeader(flow: TaskFlow, candidate: Candidate, header: SignedHeader): Promise<void> {
  const { deps, record } = flow;
  const { session, awards, avs } = candidate;
  const expected = {
    relay: session.pubkey,
    context: session.context,
    taskId: record.task_id,
    awards: awards.map(({ award }) => award.message),
    limits: avs.limits,
  };
  const refusal =
    checkHeader(header, { ...expected, fixed: undefined }, deps.check) ??
    checkHeader(header, { ...expected, fixed: await deps.headers.fix(session, header) }, deps.check);
  if (refusal) return flow.refuse(refusal, session.pubkey);
  const award = awards.find((one) => one.award.message.role === header.message.role)!;
  // The seed is drawn only now: nobody who made the header could foresee what a sample check looks at.
  const seed = toHex(deps.random(32));
  const plugin = bindPlugin(flow, session);
  await flow.advance('headed', { relay: session.pubkey, award, header, seed, plugin });
}
