import { RelayError, retrying, signMessage } from '@odf/client';
import { Outcome, routes, zeroHex, type SignedOutcome } from '@odf/protocol';
import { signerAt } from '../enrol.js';
import type { TaskFlow } from '../task-flow.js';

const ATTEMPTS = 8;

/** Tells the relay how the task ended; advisory, so a relay that will not hear it ends nothing. */
export async function reportOutcome(flow: TaskFlow): Promise<void> {
  const { session, signal } = flow;
  if (!flow.record.outcome) await flow.advance('reporting', { outcome: signOutcome(flow) });
  const body = [flow.need('outcome')];
  const report = () => session.client.call(routes.reportOutcomes, { body, signal });
  let reported = 'taken';
  try {
    await retrying(report, { attempts: ATTEMPTS, signal });
  } catch (error) {
    if (!(error instanceof RelayError)) throw error;
    reported = error.failures[0]?.error ?? error.code;
    flow.deps.log.warn({ task_id: flow.record.task_id, code: reported }, 'the relay did not take the outcome');
  }
  await flow.advance(flow.need('end'), { reported });
}

function signOutcome(flow: TaskFlow): SignedOutcome {
  const { record, session, validator } = flow;
  const message: Outcome = {
    task_id: record.task_id,
    validator: record.validator,
    status: flow.need('outcome_status'),
    response_digest: record.digest ?? zeroHex(32),
    reference: record.answer?.reference ?? zeroHex(32),
    seq: 1n,
  };
  return signMessage(Outcome, message, signerAt(session, validator), session.context);
}
