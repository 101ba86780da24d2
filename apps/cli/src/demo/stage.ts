import { setTimeout as delay } from 'node:timers/promises';
import { createRelayClient, type RelayClient } from '@odf/client';
import { AvsService } from './avs-service.js';
import { Children } from './children.js';
import { FleetStarter, operatorsOf, type Served } from './fleet-start.js';
import { demoCoprocessors, demoValidators, kzgDa, type DemoCoprocessor, type DemoValidator } from './fleet.js';
import { Market } from './market.js';
import type { Progress } from './progress.js';
import { ResultChecker } from './result-checker.js';
import { isEnrolled, sidecarStatus } from './sidecar-view.js';
import { TaskArchive } from './task-archive.js';
import type { Workspace } from './workspace.js';

const ENROLL_WAIT_MS = 60_000;
const LOOK_MS = 250;

/** Everything of a demo that needs no relay, and what stops it. */
export interface Stage {
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
export interface Running {
  relayUrl: string;
  /** With the AVS's bearer token. */
  client: RelayClient;
  sidecars: Served[];
  workers: Served[];
  market: Market;
}

/** Sets the stage: keys, files, the AVS; nothing runs yet. */
export function prepare(
  options: { validators: number; coprocessors: number },
  workspace: Workspace,
  progress: Progress,
): Stage {
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

/** Starts the relay, then the validators, then the coprocessors, each when those before are ready. */
export async function startAll(stage: Stage): Promise<Running> {
  const { workspace, progress, service } = stage;
  const starter = new FleetStarter(workspace, stage.children);
  const port = await workspace.port('avs', 18_559);
  await service.start(port);
  progress.step('starting the relay with its Postgres');
  const relay = await starter.relay(
    `http://127.0.0.1:${port}/responses`,
    stage.validators.length,
    stage.coprocessors.length,
  );
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
  return {
    relayUrl: relay.url,
    client,
    sidecars,
    workers,
    market: new Market(client, stage.validators, stage.coprocessors),
  };
}

async function inOrder<T>(items: readonly T[], start: (item: T, index: number) => Promise<Served>): Promise<Served[]> {
  const started: Served[] = [];
  for (const [index, item] of items.entries()) started.push(await start(item, index));
  return started;
}

async function enrolled(sidecars: readonly Served[]): Promise<void> {
  for (const { name, url } of sidecars) {
    for (let waited = 0; !isEnrolled(await sidecarStatus(url), [kzgDa.avs_id]); waited += LOOK_MS) {
      if (waited >= ENROLL_WAIT_MS)
        throw new Error(`${name} is not enrolled after ${ENROLL_WAIT_MS / 1000} s; see ${url}/status`);
      await delay(LOOK_MS);
    }
  }
}
