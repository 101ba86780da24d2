import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stopLeftPostgres } from '@odf/persistence';
import { stopLeftChain } from '@odf/settlement';
import { systemClock } from '@odf/telemetry';
import { packageDir } from '../paths.js';
import { stopOrphans } from './children.js';
import { packFiles, sourceFiles } from './files.js';
import { plainCast, type Casting } from './casting.js';
import type { Ground } from './chain/ground.js';
import { echo as echoAvs, kzgDa, windows } from './fleet.js';
import { outcomeOf } from './outcome.js';
import { Progress } from './progress.js';
import { report, reportText, type Report, type ReportRow } from './report.js';
import { scenarios, type ScenarioName } from './scenarios/index.js';
import { Story } from './scenarios/story.js';
import { openGround, prepare, startAll, type Running, type Stage } from './stage.js';
import type { TaskSource } from './avs-side.js';
import { TaskRunner, type FinishedTask } from './task-runner.js';
import { usableTerm } from './term-watch.js';
import { Workspace } from './workspace.js';

/** What `odf demo` is told. */
export interface DemoOptions {
  tasks: number;
  exit: boolean;
  json: boolean;
  files?: string;
  validators: number;
  coprocessors: number;
  /** Played instead of the plain demo. */
  scenario?: ScenarioName;
  dataDir?: string;
}

/** What an interrupted demo left and the relay still knows. */
interface LookedBack {
  tasks: number;
  responses: number;
  missing: number;
}

/** Runs the demo to its end or until it is interrupted; returns its exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const started = systemClock.nowMs();
  const progress = new Progress(options.json ? process.stderr : process.stdout, () => systemClock.nowMs() - started);
  const { scenario } = options;
  const dataDir = options.dataDir ?? (scenario === undefined ? '.odf/demo' : `.odf/demo-${scenario}`);
  const orphans = await stopOrphans(join(dataDir, 'demo.pid'));
  if (orphans.length > 0) progress.step(`stopped what an interrupted demo had left running: ${orphans.join(', ')}`);
  if (scenario !== undefined) await forget(dataDir);
  const workspace = new Workspace(dataDir);
  const stop = interruption();
  const stage = prepare(castOf(options, workspace), workspace, progress);
  const ground = openGround(stage, rpcUrl());
  const played = ground.then((opened) =>
    scenario === undefined
      ? act(options, stage, opened, stop.signal)
      : actScenario(scenario, options, stage, opened, stop.signal),
  );
  try {
    return await Promise.race([played, stage.children.failure, stop.interrupted]);
  } finally {
    progress.settle();
    progress.step('stopping');
    await stage.children.stop();
    await stopLeftPostgres(postgresOf(dataDir));
    await Promise.all([stage.service.close(), stage.thread.close()]);
    await (await ground.catch(() => undefined))?.stop();
    progress.step('stopped');
  }
}

/** A development chain to play on instead of one of the demo's own. */
const rpcUrl = (): string | undefined => process.env['CHAIN_RPC_URL'] || undefined;

function castOf({ scenario, validators, coprocessors }: DemoOptions, workspace: Workspace): Casting {
  return scenario === undefined
    ? plainCast(validators, coprocessors)
    : scenarios[scenario].cast(workspace.path('published'));
}

/** Where the relay keeps its Postgres, which outlives a killed relay. */
const postgresOf = (dataDir: string): string => join(dataDir, 'relay', 'postgres');

/** Removes what an earlier run of a scenario left; never a folder that is no demo's. */
async function forget(dataDir: string): Promise<void> {
  if (!existsSync(join(dataDir, 'demo.json'))) return;
  await stopLeftChain(join(dataDir, 'chain'));
  await stopLeftPostgres(postgresOf(dataDir));
  rmSync(dataDir, { recursive: true });
}

/** A scenario, to its checks. */
async function actScenario(
  name: ScenarioName,
  options: DemoOptions,
  stage: Stage,
  ground: Ground,
  signal: AbortSignal,
): Promise<number> {
  const { progress, workspace } = stage;
  const scenario = scenarios[name];
  const sources = packSources({ ...options, tasks: scenario.tasks }, progress);
  const running = await startAll(stage, ground);
  const story = new Story(progress);
  await scenario.play({ stage, running, story, sources, signal });
  progress.settle();
  const { ok, checks, transactions } = story;
  if (options.json) printDocument({ scenario: name, ok, checks, transactions });
  progress.step(`${name}: ${checks.filter((one) => one.ok).length} of ${checks.length} checks hold`);
  if (options.exit || signal.aborted) return ok ? 0 : 1;
  progress.print(nextSteps(running, [], workspace));
  return new Promise<never>(() => undefined);
}

/** The demo, act by act. */
async function act(options: DemoOptions, stage: Stage, ground: Ground, signal: AbortSignal): Promise<number> {
  const { progress, workspace } = stage;
  const sources = packSources(options, progress);
  const running = await startAll(stage, ground);
  const kept = workspace.resumed ? await lookBack(stage, running) : undefined;
  const { finished, rows } = await runTasks(stage, running, sources, signal);
  const told = report(rows);
  const served = finished.length > sources.length && finished.every(({ awards }) => awards.size > 0);
  const ok = told.ok && served && !kept?.missing;
  progress.settle();
  if (options.json) printJson({ ...told, ok }, running, kept);
  else progress.print(`\n${reportText(told)}\n`);
  progress.step(`${ok ? 'every' : 'NOT every'} awarded validator verified, signed and was accepted`);
  if (options.exit || signal.aborted) return ok ? 0 : 1;
  progress.print(nextSteps(running, finished, workspace));
  return new Promise<never>(() => undefined);
}

function packSources({ files, tasks }: Pick<DemoOptions, 'files' | 'tasks'>, progress: Progress): TaskSource[] {
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

/** After a restart: whether the relay still knows every task that it acknowledged. */
async function lookBack({ archive, progress }: Stage, { market, da, echo }: Running): Promise<LookedBack> {
  const acknowledged = archive.tasks().filter((task) => task.acknowledged);
  const known = await Promise.all(acknowledged.map(({ task_id }) => market.task(task_id)));
  const missing = known.filter((one) => !one).length;
  const responses = da.acceptedCount + echo.acceptedCount;
  progress.step(
    `resumed: of ${acknowledged.length} tasks acknowledged in earlier runs the relay misses ${missing}; ${responses} responses kept`,
  );
  return { tasks: acknowledged.length, responses, missing };
}

/** The blobs through coprocessors, then one task that every sidecar computes itself. */
async function runTasks(
  stage: Stage,
  { market, sidecars, da, echo }: Running,
  sources: readonly TaskSource[],
  signal: AbortSignal,
): Promise<{ finished: FinishedTask[]; rows: ReportRow[] }> {
  const { archive, progress, validators } = stage;
  const runner = new TaskRunner({ market, archive, progress, clock: systemClock });
  const rows: ReportRow[] = [];
  const term = () => usableTerm(validators, market, systemClock, signal);
  progress.step('waiting for a term in which every validator has an award');
  await term();
  progress.step(`posting ${sources.length} blobs on the chain as tasks of ${kzgDa.name}, then one of ${echoAvs.name}`);
  const blobs = await runner.run(sources, signal, async (source) => {
    await term();
    const task = await runner.auctioned(da, source, signal);
    rows.push(...(await outcomeOf(task, kzgDa, validators, sidecars, da)));
    return task;
  });
  const greeting = { name: 'echo task', label: 'hello without a coprocessor', input: Buffer.from('demo') };
  const own = await runner.own(echo, greeting, validators, windows.deliver + windows.commit, signal);
  rows.push(...(await outcomeOf(own, echoAvs, validators, sidecars, echo)));
  const order = [...sources.map(({ name }) => name), own.name];
  return { finished: [...blobs, own], rows: rows.sort((a, b) => order.indexOf(a.task) - order.indexOf(b.task)) };
}

function printJson(told: Report, { relayUrl, sidecars, workers }: Running, kept: LookedBack | undefined): void {
  printDocument({ ...told, relay: relayUrl, resumed: kept ?? null, sidecars, coprocessor_status: workers });
}

function printDocument(document: object): void {
  const text = JSON.stringify(
    document,
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    2,
  );
  process.stdout.write(`${text}\n`);
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
    ...finished
      .slice(0, 1)
      .map(({ auction_id }) => `  npm run --silent odf -- audit ${auction_id} --relay ${relayUrl}`),
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
