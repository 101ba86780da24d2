import { RelayError, signMessage } from '@odf/client';
import { Commitment, routes } from '@odf/protocol';
import { signerAt } from '../enrol.js';
import { refuse, RefusedError } from '../refusal.js';
import { isRefused, type TaskFlow } from '../task-flow.js';
import { fetchTask } from './task-input.js';

const RETRY_MS = 500;

/** Fetches what the commitment will buy, makes sure that the relay still says the same, and signs. */
export async function prepareCommitment(flow: TaskFlow): Promise<void> {
  const deadline_ms = await prefetch(flow);
  if (deadline_ms === undefined) return flow.advance('expired');
  await compareHeader(flow);
  const { validator, task_id } = flow.record;
  const stands = flow.deps.awards
    .candidates(validator, task_id)
    .some(({ session }) => session === flow.session && !isRefused(flow.record.refusals, session));
  if (!stands) throw new RefusedError(refuse('AWARD_EQUIVOCATION', 'The award does not stand any more.'));
  const { auction_id, coprocessor, attestation_root } = flow.need('header').message;
  const message: Commitment = {
    auction_id,
    task_id,
    coprocessor,
    attestation_root,
    fee_wei: flow.need('award').leaf.fee_wei,
  };
  const { session } = flow;
  const signed = signMessage(Commitment, message, signerAt(session, flow.validator), session.context);
  await flow.advance('committed', { commitment: { ...signed, validator }, deadline_ms });
}

/** Fetches task and ciphertext and returns the AVS's deadline; undefined when it is too late to commit. */
async function prefetch(flow: TaskFlow): Promise<bigint | undefined> {
  const { message } = flow.need('header');
  while (flow.deps.clock.nowMs() < Number(message.commit_by_ms)) {
    try {
      const task = await fetchTask(flow);
      await flow.deps.ciphertexts.get(flow.session.client, message, flow.signal);
      return task.deadline_ms;
    } catch (error) {
      if (!(error instanceof RelayError) || !error.isTransient) throw error;
      await flow.pause(Math.max(RETRY_MS, error.retryAfterMs ?? 0));
    }
  }
  return undefined;
}

/** Asks once more: a relay that signs two headers of one task shows it here, before anything is promised. */
async function compareHeader(flow: TaskFlow): Promise<void> {
  const { session, deps } = flow;
  const params = { task_id: flow.record.task_id, pubkey: flow.record.validator };
  const { data } = await session.client.call(routes.getHeader, { params, signal: flow.signal });
  const fixed = flow.need('header');
  if (!data || data.message.role !== fixed.message.role) return;
  if (!deps.headers.isGenuine(session, data)) throw new RefusedError(refuse('HEADER_SIGNATURE_INVALID'));
  if (data.message.coprocessor !== fixed.message.coprocessor) throw new RefusedError(refuse('HEADER_SWAPPED'));
  const first = await deps.headers.fix(session, data);
  if (first.signature !== data.signature) throw new RefusedError(refuse('HEADER_SWAPPED'));
}
