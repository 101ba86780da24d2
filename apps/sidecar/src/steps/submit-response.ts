import {
  createPlugin,
  SinkUnavailableError,
  type ResponseSink,
  type ResponseSubmission,
  type SubmissionReceipt,
} from '@odf/avs';
import { fromHex, OutcomeStatus } from '@odf/protocol';
import type { TaskFlow } from '../task-flow.js';

const PAUSE_MS = 1_000;

/** Sends the response to the AVS until it answers, or its deadline has passed. */
export async function submitResponse(flow: TaskFlow): Promise<void> {
  const { sink } = createPlugin(flow.need('plugin'), flow.deps.chain);
  if (!sink) throw new Error(`the AVS ${flow.record.avs_id} has nowhere to send responses`);
  const answer = await send(flow, sink);
  // The AVS may have taken an attempt whose answer was lost.
  if (!answer) return flow.conclude('abandoned', OutcomeStatus.submitted);
  flow.deps.metrics.responsesTotal.inc({ status: answer.status });
  await flow.conclude('done', OutcomeStatus[answer.status], { answer });
}

async function send(flow: TaskFlow, sink: ResponseSink): Promise<SubmissionReceipt | undefined> {
  const { task_id, avs_id } = flow.record;
  const { operator, root } = flow.validator;
  const response: ResponseSubmission = {
    task_id,
    avs_id,
    operator,
    validator_root: root,
    result: fromHex(flow.need('result')),
    signature: flow.need('signature'),
  };
  do {
    try {
      return await sink.submit(response, flow.signal);
    } catch (error) {
      if (!(error instanceof SinkUnavailableError)) throw error;
      await flow.pause(PAUSE_MS);
    }
  } while (flow.deps.clock.nowMs() < Number(flow.need('deadline_ms')));
  return undefined;
}
