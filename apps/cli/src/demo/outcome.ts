import type { AvsSide } from './avs-side.js';
import type { DemoAvs, DemoValidator } from './fleet.js';
import type { Served } from './fleet-start.js';
import type { ReportRow } from './report.js';
import { sidecarStatus, tasksOf } from './sidecar-view.js';
import type { FinishedTask } from './task-runner.js';

/** Asks the AVS and every sidecar what became of a task. */
export async function outcomeOf(
  task: FinishedTask,
  avs: DemoAvs,
  validators: readonly DemoValidator[],
  sidecars: readonly Served[],
  side: AvsSide,
): Promise<ReportRow[]> {
  const { task_id } = task;
  return Promise.all(
    [...task.awards].map(async ([validator, { coprocessor, fee_wei }]): Promise<ReportRow> => {
      const { url } = sidecars[validators.indexOf(validator)]!;
      const seen = tasksOf(await sidecarStatus(url)).get(task_id);
      const accepted = side.isAccepted(task_id, validator.operator);
      const refusal = side.refusal(task_id, validator.operator) ?? seen?.problem;
      return {
        task: task.name,
        task_id,
        validator: validator.name,
        coprocessor,
        fee_wei,
        reward_wei: avs.reward_wei,
        verified: seen?.verified ?? false,
        signed: accepted || (seen?.signed ?? false),
        accepted,
        ...(!accepted && { problem: refusal ?? `the sidecar is at: ${seen?.step ?? 'nothing'}` }),
      };
    }),
  );
}
