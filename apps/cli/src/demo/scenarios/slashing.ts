import { fileURLToPath } from 'node:url';
import type { Hex } from '@odf/protocol';
import { systemClock } from '@odf/telemetry';
import { plainCast, plainCoprocessor, plainValidator, type Casting } from '../casting.js';
import { DA_RULES, type Slashed } from '../chain/da-side.js';
import { SLASHABLE_WEI, type DemoValidator } from '../fleet.js';
import { sidecarStatus, tasksOf } from '../sidecar-view.js';
import { TaskRunner, type FinishedTask } from '../task-runner.js';
import { usableTerm } from '../term-watch.js';
import { PUBLISHED_ENV } from '../wrong-prover.js';
import type { Scene } from './scenario.js';
import { until } from './waiting.js';

const [VALIDATORS, COPROCESSORS] = [6, 3];
/** The coprocessor that lies, and the validator that trusts it blindly. */
const LIAR = 0;
const COVERAGE_BIPS = 9_000n;

/** What the careless validator's operator loses, and what of it is covered; wei. */
export const LOSS_WEI = (SLASHABLE_WEI * DA_RULES.wadToSlash) / 10n ** 18n;
export const COVERED_WEI = (LOSS_WEI * COVERAGE_BIPS) / 10_000n;

/** A slash and who was there. */
export interface SlashAct {
  /** The validator that signs unseen. */
  careless: DemoValidator;
  slashed: Slashed;
  task: FinishedTask;
}

/** A cast with a coprocessor whose prover is wrong and a validator that chose `verify: none` and to be served by it alone. */
export function slashCast(published: string, claimRelayPatienceMs: number): Casting {
  const plain = plainCast(VALIDATORS, COPROCESSORS);
  const prover = fileURLToPath(new URL('../wrong-prover.js', import.meta.url));
  const liar = { ...plainCoprocessor, prover, env: { [PUBLISHED_ENV]: published } };
  const careless = { ...plainValidator, verify: 'none', allow: [LIAR], claimRelayPatienceMs } as const;
  return {
    validators: plain.validators.map((one, index) => (index === 0 ? careless : one)),
    coprocessors: plain.coprocessors.map((one, index) => (index === LIAR ? liar : one)),
    // A relay that checks would stop the lie: this one is bribed, broken, or takes part.
    verification: 'off',
  };
}

/**
 * Lets the liar serve a task until the AVS has slashed the validator that signed unseen.
 *
 * @param beforeSlash done once the wrong response stands on the chain.
 */
export async function playSlash(scene: Scene, beforeSlash?: () => Promise<void>): Promise<SlashAct> {
  const { stage, running, story, sources, signal } = scene;
  const { validators, coprocessors, archive, progress } = stage;
  const { market, da } = running;
  const careless = validators[0]!;
  const liar = coprocessors[LIAR]!;
  story.say(`${liar.name} delivers a wrong Merkle root; ${careless.name} signs unseen, the others verify in full`);
  await usableTerm(validators, market, systemClock, signal);
  if (beforeSlash) da.beforeChallenge = beforeSlash;
  const task = await new TaskRunner({ market, archive, progress, clock: systemClock }).begun(da, sources[0]!, signal);
  progress.settle();
  const slashed = await until(
    'the slash of the wrong response',
    () => Promise.resolve(da.slashed.find(({ task_id }) => task_id === task.task_id)),
    signal,
  );
  story.transaction(`${careless.name} responded with the wrong root`, slashed.response);
  story.transaction(`the watcher opened one element, and ${careless.name} was slashed`, slashed.challenge);
  story.check(`only ${careless.name} was slashed`, da.slashed.length === 1 && slashed.operator === careless.operator);
  return { careless, slashed, task };
}

/** Checks that whoever verified in full what the liar delivered has refused it. */
export async function checkRefusals(scene: Scene, { task, careless }: SlashAct): Promise<void> {
  const liar = scene.stage.coprocessors[LIAR]!.name;
  for (const [validator, { coprocessor }] of task.awards) {
    if (validator !== careless && coprocessor === liar) await checkRefused(scene, task.task_id, validator, liar);
  }
}

/** Checks that whoever was served by others was accepted. */
export async function checkAcceptances(scene: Scene, { task }: SlashAct): Promise<void> {
  const liar = scene.stage.coprocessors[LIAR]!.name;
  for (const [validator, { coprocessor }] of task.awards) {
    if (coprocessor !== liar) await checkAccepted(scene, task.task_id, validator, coprocessor!);
  }
}

async function checkRefused(scene: Scene, taskId: Hex, validator: DemoValidator, liar: string): Promise<void> {
  const { stage, running, story, signal } = scene;
  const { url } = running.sidecars[stage.validators.indexOf(validator)]!;
  const seen = await until(
    `the refusal of ${validator.name}`,
    async () => {
      const task = tasksOf(await sidecarStatus(url)).get(taskId);
      return task?.problem === undefined ? undefined : task;
    },
    signal,
  );
  const refused = !seen.signed && running.da.refusal(taskId, validator.operator) === undefined;
  story.check(`${validator.name}, served by ${liar}, refused to sign`, refused, seen.problem);
}

async function checkAccepted(scene: Scene, taskId: Hex, validator: DemoValidator, by: string): Promise<void> {
  const { running, story, signal } = scene;
  const accepted = await until(
    `the response of ${validator.name}`,
    () => Promise.resolve(running.da.isAccepted(taskId, validator.operator) || undefined),
    signal,
  ).catch(() => false);
  story.check(`${validator.name}, served by ${by}, signed and was accepted`, accepted);
}
