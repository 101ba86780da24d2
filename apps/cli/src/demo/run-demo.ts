import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRelayClient } from '@odf/client';
import { systemClock } from '@odf/telemetry';
import { packageDir } from '../paths.js';
import { AvsService } from './avs-service.js';
import { Children, stopOrphans } from './children.js';
import { packFiles, sourceFiles } from './files.js';
import { FleetStarter, operatorsOf, type Served } from './fleet-start.js';
import { demoCoprocessors, demoValidators, echo, kzgDa, type DemoCoprocessor, type DemoValidator } from './fleet.js';
import { Market } from './market.js';
import { Progress } from './progress.js';
import { report, reportText, type Report, type ReportRow } from './report.js';
import { ResultChecker } from './result-checker.js';
import { isEnrolled, sidecarStatus, tasksOf } from './sidecar-view.js';
import { TaskArchive } from './task-archive.js';
import { TaskRunner, type FinishedTask, type TaskSource } from './task-runner.js';
import { Workspace } from './workspace.js';

/** What `odf demo` is told. */
export interface DemoOptions {
  tasks: number;
  exit: boolean;
  json: boolean;
  files?: string;
  validators: number;
  coprocessors: number;
  dataDir: string;
}

/** A term this close to its end takes no further tasks of the demo, milliseconds. */
const TERM_REST_MS = 3_000;
/** How long the demo waits for a term in which everybody has an award. */
const TERM_WAIT_MS = 150_000;
const ENROLL_WAIT_MS = 30_000;
const LOOK_MS = 250;

/** Everything that is running, and what it takes to stop it. */
interface Stage {
  workspace: Workspace;
  progress: Progress;
  children: Children;
  archive: TaskArchive;
  checker: ResultChecker;
  service: AvsService;
  validators: DemoValidator[];
  coprocessors: DemoCoprocessor[];
}

/** The fleet at work. */
interface Running {
  relayUrl: string;
  sidecars: Served[];
  workers: Served[];
  market: Market;
}

/** Runs the demo to its end or until it is interrupted; returns its exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const started = systemClock.nowMs();
  const progress = new Progress(options.json ? process.stderr : process.stdout, () => systemClock.nowMs() - started);
  const workspace = new Workspace(options.dataDir);
  const orphans = await stopOrphans(workspace.path('demo.pid'));
  if (orphans.length > 0) progress.step(`stopped what an interrupted demo had left running: ${orphans.join(', ')}`);
  const stop = interruption();
  const stage = prepare(options, workspace, progress);
  try {
    const work = play(options, stage, stop.signal);
    return await Promise.race([work, stage.children.failure, stop.interrupted]);
  } finally {
    progress.settle();
    progress.step('stopping');
    await stage.children.stop();
    await Promise.all([stage.service.close(), stage.checker.close()]);
    progress.step('stopped');
  }
}

function prepare(options: DemoOptions, workspace: Workspace, progress: Progress): Stage {
  const validators = demoValidators(workspace, options.validators);
  const coprocessors = demoCoprocessors(workspace, options.coprocessors, options.validators);
  const archive = new TaskArchive(workspace.folder('avs'));
  const checker = new ResultChecker();
  const service = new AvsService({
    archive,
    operators: operatorsOf(validators),
    resultOf: (plugin, input) => checker.resultOf(plugin, input),
  });
  const children = new Children(workspace.path('demo.pid'));
  return { workspace, progress, children, archive, checker, service, validators, coprocessors };
}

/** The demo, act by act. */
async function play(options: DemoOptions, stage: Stage, signal: AbortSignal): Promise<number> {
  const { progress, workspace } = stage;
  const sources = packSources(options, progress);
  const running = await startAll(options, stage);
  const kept = workspace.resumed ? await lookBack(stage, running.market) : undefined;
  const finished = await runTasks(stage, running, sources, signal);
  const told = report(await rowsOf(finished, stage, running));
  progress.settle();
  if (options.json) process.stdout.write(`${JSON.stringify(document(told, running, kept), bigintText, 2)}\n`);
  else progress.print(`\n${reportText(told)}\n`);
  const ok = told.ok && !kept?.missing;
  progress.step(
    ok
      ? 'every awarded validator verified, signed and was accepted'
      : 'NOT every awarded validator verified, signed and was accepted',
  );
  if (options.exit || signal.aborted) return ok ? 0 : 1;
  progress.print(nextSteps(running, finished, workspace));
  await new Promise(() => undefined);
  return 0;
}

function packSources({ files, tasks }: DemoOptions, progress: Progress): TaskSource[] {
  const dir = files ?? packageDir;
  const found = sourceFiles(dir, files === undefined);
  const blobs = packFiles(found, tasks);
  // Few files give few blobs: then some are tasks twice.
  const sources = Array.from({ length: tasks }, (_, index) => {
    const blob = blobs[index % blobs.length]!;
    const [first] = blob.files;
    const label = first
      ? `${first}${blob.files.length > 1 ? ` and ${blob.files.length - 1} more` : ''}`
      : 'the middle of a file';
    return { name: `task ${index + 1}/${tasks}`, label, input: blob.bytes };
  });
  progress.step(
    `packed ${blobs.reduce((sum, blob) => sum + blob.files.length, 0)} of ${found.length} files of ${resolve(dir)} into ${blobs.length} blobs`,
  );
  return sources;
}

async function startAll({ validators, coprocessors }: DemoOptions, stage: Stage): Promise<Running> {
  const { workspace, progress, service } = stage;
  const starter = new FleetStarter(workspace, stage.children);
  const port = await workspace.port('avs', 18_559);
  await service.start(port);
  progress.step('starting the relay with its Postgres');
  const relay = await starter.relay(`http://127.0.0.1:${port}/responses`, validators, coprocessors);
  progress.step(`relay ready: ${relay.url}`);
  const sidecars = await inOrder(stage.validators, (one, index) => starter.validator(relay.url, one, index));
  for (const coprocessor of stage.coprocessors) await starter.cover(relay, coprocessor);
  await starter.ready(sidecars);
  await enrolled(sidecars);
  progress.step(`${sidecars.length} validators enrolled, each with its own odf-boost`);
  const workers = await inOrder(stage.coprocessors, (one, index) => starter.coprocessor(relay.url, one, index));
  await starter.ready(workers);
  progress.step(`${workers.length} coprocessors covered and bidding`);
  const client = createRelayClient({ url: relay.url, token: workspace.state.avs_token });
  return { relayUrl: relay.url, sidecars, workers, market: new Market(client, stage.validators, stage.coprocessors) };
}

async function inOrder<T>(items: readonly T[], start: (item: T, index: number) => Promise<Served>): Promise<Served[]> {
  const started: Served[] = [];
  for (const [index, item] of items.entries()) started.push(await start(item, index));
  return started;
}

async function enrolled(sidecars: readonly Served[]): Promise<void> {
  for (const { name, url } of sidecars) {
    for (let waited = 0; !isEnrolled(await sidecarStatus(url), [kzgDa.avs_id, echo.avs_id]); waited += LOOK_MS) {
      if (waited >= ENROLL_WAIT_MS)
        throw new Error(`${name} is not enrolled after ${ENROLL_WAIT_MS / 1000} s; see ${url}/status`);
      await delay(LOOK_MS);
    }
  }
}

/** After a restart: whether the relay still knows every task that it acknowledged. */
async function lookBack(
  { archive, service, progress }: Stage,
  market: Market,
): Promise<{ tasks: number; responses: number; missing: number }> {
  const acknowledged = archive.tasks().filter((task) => task.acknowledged);
  const known = await Promise.all(acknowledged.map(({ task_id }) => market.knows(task_id)));
  const missing = known.filter((one) => !one).length;
  progress.step(
    `resumed: of ${acknowledged.length} tasks acknowledged in earlier runs the relay misses ${missing}; ${service.acceptedCount} responses kept`,
  );
  return { tasks: acknowledged.length, responses: service.acceptedCount, missing };
}

async function runTasks(
  stage: Stage,
  { market, relayUrl }: Running,
  sources: readonly TaskSource[],
  signal: AbortSignal,
): Promise<FinishedTask[]> {
  const { service, archive, progress, workspace } = stage;
  const client = createRelayClient({ url: relayUrl, token: workspace.state.avs_token });
  const runner = new TaskRunner({
    client,
    market,
    service,
    archive,
    progress,
    clock: systemClock,
    random: randomBytes,
  });
  progress.step('waiting for a term in which every validator has an award');
  await usableTerm(stage, market, signal);
  progress.step(`posting ${sources.length} tasks`);
  return runner.run(kzgDa, sources, () => usableTerm(stage, market, signal), signal);
}

async function usableTerm({ validators }: Stage, market: Market, signal: AbortSignal): Promise<void> {
  let missing = 'no term has begun';
  for (let waited = 0; waited < TERM_WAIT_MS && !signal.aborted; waited += LOOK_MS) {
    const now = systemClock.nowMs();
    const term = await market.runningTerm(now);
    const without = term && validators.find((validator) => !term.awards.has(validator));
    if (term && !without && term.term_end_ms - now > TERM_REST_MS) return;
    if (term && without) missing = `${without.name} has no award: ${await market.explain(term.auction_id, without)}`;
    await delay(LOOK_MS);
  }
  if (!signal.aborted) throw new Error(`no term served all validators within ${TERM_WAIT_MS / 1000} s: ${missing}`);
}

async function rowsOf(
  finished: readonly FinishedTask[],
  { service, validators }: Stage,
  { sidecars }: Running,
): Promise<ReportRow[]> {
  const views = (await Promise.all(sidecars.map(({ url }) => sidecarStatus(url)))).map(tasksOf);
  return finished.flatMap(({ name, task_id, awards }) =>
    [...awards].map(([validator, { coprocessor, fee_wei }]): ReportRow => {
      const seen = views[validators.indexOf(validator)]?.get(task_id);
      const accepted = service.isAccepted(task_id, validator.operator);
      const problem =
        service.refusal(task_id, validator.operator) ??
        seen?.problem ??
        `the sidecar is at: ${seen?.step ?? 'nothing'}`;
      return {
        task: name,
        task_id,
        validator: validator.name,
        coprocessor,
        fee_wei,
        reward_wei: kzgDa.reward_wei,
        verified: seen?.verified ?? false,
        signed: accepted || (seen?.signed ?? false),
        accepted,
        ...(!accepted && { problem }),
      };
    }),
  );
}

function document(told: Report, { relayUrl, sidecars, workers }: Running, kept: object | undefined) {
  return { ...told, relay: relayUrl, resumed: kept ?? null, validators_at: sidecars, coprocessors_at: workers };
}

function bigintText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function nextSteps(
  { relayUrl, sidecars, workers }: Running,
  finished: readonly FinishedTask[],
  workspace: Workspace,
): string {
  const origin = new URL(relayUrl).origin;
  return [
    'Everything keeps running. Open or try:',
    `  ${origin}/docs                   the API`,
    `  ${origin}/metrics                what the relay measures`,
    `  ${origin}/relay/v1/data/auctions auctions, awards and transcripts`,
    ...workers
      .slice(0, 1)
      .map(({ name, url }) => `  ${url}/status                 ${name}; the others on the ports after it`),
    ...sidecars
      .slice(0, 1)
      .map(({ name, url }) => `  ${url}/status                 ${name}; the others on the ports after it`),
    ...finished.slice(-1).map(({ auction_id }) => `  npm run --silent odf -- audit ${auction_id} --relay ${relayUrl}`),
    `Keys, data and logs are in ${workspace.dir}. Ctrl-C stops everything; the next start goes on from there.`,
    '',
  ].join('\n');
}

/** Ctrl-C and SIGTERM end the demo in order; a second one at once. */
function interruption(): { signal: AbortSignal; interrupted: Promise<number> } {
  const controller = new AbortController();
  const interrupted = new Promise<number>((resolve) => {
    for (const [name, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      process.once(name, () => {
        controller.abort();
        resolve(code);
      });
    }
  });
  return { signal: controller.signal, interrupted };
}
