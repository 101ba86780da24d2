import { RelayError, retrying } from '@odf/client';
import { routes } from '@odf/protocol';
import type { TaskFlow } from '../task-flow.js';

const ATTEMPTS = 8;

/** Tells the relay how the task ended; advisory, so a relay that will not hear it ends nothing. */
export async function reportOutcome(flow: TaskFlow): Promise<void> {
  const { session, signal } = flow;
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
