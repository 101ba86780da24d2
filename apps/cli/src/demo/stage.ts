import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createRelayClient } from '@odf/client';
import { systemClock } from '@odf/telemetry';
import { AvsService } from './avs-service.js';
import { AvsThread } from './avs-thread.js';
import type { Casting } from './casting.js';
import { DA_RULES, DaSide } from './chain/da-side.js';
import { Ground } from './chain/ground.js';
import { enlist } from './chain/operators.js';
import { Children } from './children.js';
import { FleetStarter, operatorsOf, type Served } from './fleet-start.js';
import {
  demoCoprocessors,
  demoValidators,
  echo,
  kzgDa,
  ownerWei,
  SLASHABLE_WEI,
  type DemoCoprocessor,
  type DemoValidator,
} from './fleet.js';
import { HttpSide } from './http-side.js';
import { Market } from './market.js';
import type { Progress } from './progress.js';
import { ether } from '../text.js';
import { isEnrolled, sidecarStatus } from './sidecar-view.js';
import { TaskArchive } from './task-archive.js';
import type { Workspace } from './workspace.js';

const ENROLL_WAIT_MS = 60_000;
const LOOK_MS = 250;

/** Everything of a demo that needs no chain and no relay. */
export interface Stage {
  workspace: Workspace;
  progress: Progress;
  casting: Casting;
  children: Children;
  archive: TaskArchive;
  thread: AvsThread;
  service: AvsService;
  validators: DemoValidator[];
  coprocessors: DemoCoprocessor[];
  /** Where operators publish what their responses stand for. */
  published: string;
}

/** The chain and the fleet at work. */
export interface Running {
  ground: Ground;
  relayUrl: string;
  sidecars: Served[];
  workers: Served[];
  market: Market;
  /** The AVS on the chain, and the one over HTTP. */
  da: DaSide;
  echo: HttpSide;
}

/** Sets the stage: keys, files, the AVS over HTTP; nothing runs yet. */
export function prepare(casting: Casting, workspace: Workspace, progress: Progress): Stage {
  const coprocessors = demoCoprocessors(workspace, casting);
  const validators = demoValidators(workspace, casting, coprocessors);
  const archive = new TaskArchive(workspace.folder('avs'));
  const thread = new AvsThread();
  const service = new AvsService({
    archive,
    operators: operatorsOf(validators),
    resultOf: (plugin, input) => thread.resultOf(plugin, input),
  });
  const children = new Children(workspace.path('demo.pid'));
  const published = workspace.folder('published');
  return { workspace, progress, casting, children, archive, thread, service, validators, coprocessors, published };
}

/** Brings up the chain with the settlement, the AVS, its operators, and what coprocessors start with. */
export async function openGround(
  { workspace, progress, validators, coprocessors }: Stage,
  rpcUrl: string | undefined,
): Promise<Ground> {
  progress.step(rpcUrl === undefined ? 'starting the chain' : `joining the chain at ${rpcUrl}`);
  const ground = await Ground.open({ dataDir: workspace.path('chain'), rpcUrl, rules: DA_RULES });
  try {
    await enlist(ground, validators);
    for (const { owner } of coprocessors) await ground.fund(owner, ownerWei(validators.length));
  } catch (error) {
    await ground.stop();
    throw error;
  }
  progress.step(`${validators.length} operators staked ${ether(SLASHABLE_WEI)} each and filled their fee escrows`);
  return ground;
}

/** Starts the relay, then the validators, then the coprocessors, each when those before are ready. */
export async function startAll(stage: Stage, ground: Ground): Promise<Running> {
  const { workspace, progress, service, casting, archive, thread, published } = stage;
  const starter = new FleetStarter(workspace, stage.children, ground);
  const port = await workspace.port('avs', 18_559);
  await service.start(port);
  progress.step('starting the relay with its Postgres');
  const challengeMs = Number(DA_RULES.challengeSeconds) * 1_000;
  const relay = await starter.relay({ callbackUrl: `http://127.0.0.1:${port}/responses`, challengeMs }, casting);
  progress.step(`relay ready: ${relay.url}`);
  const workers = await inOrder(stage.coprocessors, (one, index) => starter.coprocessor(relay.url, one, index));
  const sidecars = await inOrder(stage.validators, (one, index) => starter.validator(relay.url, one, index));
  await starter.ready(sidecars);
  await enrolled(sidecars);
  progress.step(`${sidecars.length} validators enrolled, each with its own odf-boost`);
  await starter.ready(workers);
  progress.step(`${workers.length} coprocessors registered, covered and bidding`);
  const client = createRelayClient({ url: relay.url, token: workspace.state.avs_token });
  const da = new DaSide({ ground, archive, thread, published });
  da.start((error) => stage.children.fail(error));
  return {
    ...{ ground, relayUrl: relay.url, sidecars, workers, da },
    market: new Market(client, stage.validators, stage.coprocessors),
    echo: new HttpSide({ avs: echo, client, service, archive, clock: systemClock, random: randomBytes }),
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
