import { RelayError } from '@odf/client';
import { OutcomeStatus, routes, type CommitmentAccepted, type Reveal } from '@odf/protocol';
import { refuse, RefusedError } from '../refusal.js';
import { checkReceipt } from '../reveal-check.js';
import type { TaskFlow } from '../task-flow.js';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** Posts the stored commitment, always the same bytes, until the key comes or the AVS's deadline has passed. */
export async function buyKey(flow: TaskFlow): Promise<void> {
  for (let attempt = 0; flow.deps.clock.nowMs() < Number(flow.need('deadline_ms')); attempt++) {
    const backoff = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10));
    const answer = await post(flow, backoff);
    if (answer === 'too late') return flow.advance('expired');
    if (typeof answer === 'object') return flow.advance('revealed', { reveal: answer });
    await flow.pause(answer);
  }
  await flow.conclude('abandoned', OutcomeStatus.abandoned);
}

/** The reveal, or how long to wait before posting again; milliseconds. */
async function post(flow: TaskFlow, backoff: number): Promise<Reveal | number | 'too late'> {
  try {
    const body = flow.need('commitment');
    const { data, retryAfterMs } = await flow.session.client.call(routes.commit, { body, signal: flow.signal });
    if (!data) return backoff;
    if ('key' in data) return data;
    return await heldBack(flow, data, retryAfterMs ?? backoff);
  } catch (error) {
    if (!(error instanceof RelayError)) throw error;
    if (error.isTransient) return Math.max(backoff, error.retryAfterMs ?? 0);
    if (error.code === 'COMMITMENT_TOO_LATE') return 'too late';
    throw new RefusedError(refuse('COMMITMENT_REFUSED', `${error.code}: ${error.message}`));
  }
}

/** The commitment is durable at the relay, which holds the key back until nobody can copy the result in time. */
async function heldBack(flow: TaskFlow, { receipt }: CommitmentAccepted, waitMs: number): Promise<number> {
  const { session, validator, deps } = flow;
  const expected = {
    relay: session.pubkey,
    context: session.context,
    validatorRoot: validator.root,
    commitment: flow.need('commitment'),
  };
  const refusal = checkReceipt(receipt, expected, deps.check);
  if (refusal) throw new RefusedError(refusal);
  return waitMs;
}
