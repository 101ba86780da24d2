import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRelayClient, type RelayClient } from '@odf/client';
import { routes, type Hex } from '@odf/protocol';
import { systemClock } from '@odf/telemetry';
import { plainCast, plainCoprocessor } from '../casting.js';
import { kzgDa, type DemoCoprocessor, type DemoValidator } from '../fleet.js';
import type { Market } from '../market.js';
import { outcomeOf } from '../outcome.js';
import type { ReportRow } from '../report.js';
import { SILENCE_ENV } from '../silent-prover.js';
import { TaskRunner, type FinishedTask } from '../task-runner.js';
import { usableTerm } from '../term-watch.js';
import type { Scenario, Scene } from './scenario.js';
import { until } from './waiting.js';

const [VALIDATORS, COPROCESSORS] = [6, 4];
/** The winner that falls silent. */
const SILENT = 0;
/** Misses in a row that the circuit breaker lets pass no more. */
const MISSES = 2;
const JUDGED_WITHIN_MS = 120_000;

/** A winner falls silent in mid-term: standbys serve, and it wins nothing more. */
export const withhold: Scenario = {
  summary: 'the winner falls silent in mid-term; standbys serve every validator, and it wins nothing more',
  tasks: 1 + MISSES,
  cast(published) {
    const plain = plainCast(VALIDATORS, COPROCESSORS);
    const prover = fileURLToPath(new URL('../silent-prover.js', import.meta.url));
    const silent = { ...plainCoprocessor, standby: true, prover, env: { [SILENCE_ENV]: silenceOf(published) } };
    return {
      ...plain,
      coprocessors: plain.coprocessors.map((one, index) => (index === SILENT ? silent : { ...one, standby: true })),
    };
  },
  async play(scene) {
    const { stage, story, running } = scene;
    const silent = stage.coprocessors[SILENT]!;
    const client = createRelayClient({ url: running.relayUrl });
    await checkServedByWinner(scene, silent);
    writeFileSync(silenceOf(stage.published), '');
    story.say(`${silent.name} falls silent`);
    const tasks = await checkServedByStandbys(scene, silent);
    await checkSuspended(scene, client, silent, tasks);
    await checkExplained(scene, client, silent, tasks);
    await checkLost(scene, client, silent, tasks);
  },
};

const silenceOf = (published: string): string => `${published}.silence`;

async function play({ stage, running, signal }: Scene, sources: Scene['sources']): Promise<FinishedTask[]> {
  const { validators, archive, progress } = stage;
  const runner = new TaskRunner({ market: running.market, archive, progress, clock: systemClock });
  await usableTerm(validators, running.market, systemClock, signal);
  const tasks = await runner.run(sources, signal, (source) => runner.auctioned(running.da, source, signal));
  progress.settle();
  return tasks;
}

function rowsOf({ stage, running }: Scene, task: FinishedTask): Promise<ReportRow[]> {
  return outcomeOf(task, kzgDa, stage.validators, running.sidecars, running.da);
}

async function checkServedByWinner(scene: Scene, silent: DemoCoprocessor): Promise<void> {
  const [task] = await play(scene, scene.sources.slice(0, 1));
  const rows = await rowsOf(scene, task!);
  const its = rows.filter(({ coprocessor }) => coprocessor === silent.name);
  const served = its.length > 0 && rows.every(({ accepted }) => accepted);
  scene.story.check(`${silent.name} wins and delivers first`, served, `${its.length} of ${rows.length} shares are its`);
}

async function checkServedByStandbys(scene: Scene, silent: DemoCoprocessor): Promise<FinishedTask[]> {
  const { story } = scene;
  const tasks = await play(scene, scene.sources.slice(1, 1 + MISSES));
  for (const task of tasks) {
    const rows = await rowsOf(scene, task);
    story.check(
      `${task.name}: every validator was served and accepted in time`,
      rows.every(({ accepted }) => accepted),
      rows.find(({ accepted }) => !accepted)?.problem,
    );
    for (const { validator } of rows.filter(({ coprocessor }) => coprocessor === silent.name)) {
      await checkTakenOver(
        scene,
        task,
        scene.stage.validators.find(({ name }) => name === validator)!,
        silent,
      );
    }
  }
  return tasks;
}

/** The validator owes its standby the standby's own bid, and the silent winner nothing. */
async function checkTakenOver(
  { stage, running, story }: Scene,
  task: FinishedTask,
  validator: DemoValidator,
  silent: DemoCoprocessor,
): Promise<void> {
  const client = createRelayClient({ url: running.relayUrl });
  const query = { auction_id: task.auction_id };
  const fees = await client.data(routes.validatorFees, { params: { pubkey: validator.pubkey }, query });
  const own = fees.filter(({ task_id }) => task_id === task.task_id);
  const [fee] = own;
  const by = stage.coprocessors.find(({ pubkey }) => pubkey === fee?.coprocessor);
  const leaf = await standbyLeafFee(client, task.auction_id, validator);
  const ok = own.length === 1 && fee!.role === 1 && by !== undefined && by !== silent && fee!.fee_wei === leaf;
  story.check(`${task.name}: ${validator.name} was served by its standby alone, at its bid`, ok, by?.name);
}

async function standbyLeafFee(client: RelayClient, auctionId: Hex, { pubkey }: DemoValidator): Promise<bigint | null> {
  const { data } = await client.call(routes.validatorAwards, { params: { auction_id: auctionId, pubkey } });
  return data?.find(({ award }) => award.message.role === 1)?.leaf.fee_wei ?? null;
}

async function checkSuspended(
  { story, signal }: Scene,
  client: RelayClient,
  { name, pubkey }: DemoCoprocessor,
  tasks: readonly FinishedTask[],
): Promise<void> {
  const withheld = await until(
    `the judgement of ${name}`,
    async () => {
      const events = await client.data(routes.dataReputation, { query: { coprocessor: pubkey, limit: 500 } });
      const its = events.filter(
        ({ kind, task_id }) => kind === 'withheld' && tasks.some((one) => one.task_id === task_id),
      );
      return its.length === tasks.length ? its : undefined;
    },
    signal,
    JUDGED_WITHIN_MS,
  );
  const blamed = withheld.every(({ attribution }) => attribution === 'coprocessor');
  story.check(`${name} withheld ${withheld.length} tasks, by its own fault`, blamed);
  const { standing } = await client.data(routes.getCoprocessor, { params: { pubkey } });
  story.check(`${name} is suspended after ${MISSES} misses in a row`, standing === 'suspended', standing);
}

/** What the relay tells a validator of the silent winner, and whom it was handed over to. */
async function checkExplained(
  { stage, running, story }: Scene,
  client: RelayClient,
  silent: DemoCoprocessor,
  [task]: readonly FinishedTask[],
): Promise<void> {
  const [validator] = [...task!.awards].find(([, { coprocessor }]) => coprocessor === silent.name)!;
  const told = await running.market.explain(task!.auction_id, validator);
  story.say(told);
  const standby = stage.coprocessors.some(({ pubkey }) => pubkey !== silent.pubkey && told.includes(pubkey));
  const explained = told.includes(silent.pubkey) && standby && /silent in [1-9]/.test(told);
  story.check(`${validator.name} is told who was silent and who stood behind it`, explained);
}

/** The next auction that cleared after the judgement has nothing for the silent one, and tells it why. */
async function checkLost(
  { running, story, signal }: Scene,
  client: RelayClient,
  { name, pubkey }: DemoCoprocessor,
  tasks: readonly FinishedTask[],
): Promise<void> {
  const judgedMs = systemClock.nowMs();
  const known = new Set(tasks.map(({ auction_id }) => auction_id));
  const lost = await until(
    `the next auction without ${name}`,
    async () => {
      const auctions = await client.data(routes.coprocessorAuctions, { query: { avs_id: kzgDa.avs_id, limit: 5 } });
      const later = auctions.filter(
        ({ auction_id, state, closes_at_ms }) =>
          !known.has(auction_id) && Number(closes_at_ms) > judgedMs && (state === 'cleared' || state === 'running'),
      );
      for (const { auction_id } of later) {
        const { data } = await client.call(routes.coprocessorAwards, { params: { auction_id, pubkey } });
        if (data) return { auction_id, ...data };
      }
      return undefined;
    },
    signal,
    JUDGED_WITHIN_MS,
  );
  story.check(`${name} wins nothing more, and is told why`, isBarred(lost), lost.loss_reason ?? 'it won');
  const served = await servedOf(running.market, lost.auction_id);
  story.check('everybody else goes on', served === VALIDATORS, `${served} of ${VALIDATORS} validators are served`);
}

function isBarred({ units, awards, loss_reason }: { units: number; awards: unknown[]; loss_reason: string | null }) {
  return units === 0 && awards.length === 0 && loss_reason === 'SUSPENDED';
}

async function servedOf(market: Market, auctionId: Hex): Promise<number> {
  return (await market.awards(auctionId)).size;
}
