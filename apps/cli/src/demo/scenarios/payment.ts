import { systemClock } from '@odf/telemetry';
import { feeEscrowAbi } from '@odf/settlement';
import { getAbiItem } from 'viem';
import { plainCast, plainCoprocessor, plainValidator } from '../casting.js';
import { kzgDa, type DemoCoprocessor, type DemoValidator } from '../fleet.js';
import { outcomeOf } from '../outcome.js';
import { ether } from '../../text.js';
import type { ReportRow } from '../report.js';
import { TaskRunner } from '../task-runner.js';
import { usableTerm } from '../term-watch.js';
import type { Scenario, Scene } from './scenario.js';
import { until } from './waiting.js';

const [VALIDATORS, COPROCESSORS] = [6, 3];
/** What the validator that issues no vouchers has in its escrow: two fees and a bit. */
const SMALL_ESCROW_WEI = kzgDa.reward_wei / 4n;
const DRAW_AFTER_MS = 5_000;
const PAID_WITHIN_MS = 150_000;

/** Fees are paid by vouchers, and where none are issued by proof; who does not pay is cut off within its escrow. */
export const payment: Scenario = {
  summary:
    'fees are redeemed to the wei; who issues no vouchers is cut off within its escrow, and its fees are drawn by proof',
  tasks: 4,
  cast() {
    const plain = plainCast(VALIDATORS, COPROCESSORS);
    const silent = { ...plainValidator, vouchers: 'off', escrowWei: SMALL_ESCROW_WEI } as const;
    return {
      ...plain,
      validators: plain.validators.map((one, index) => (index === VALIDATORS - 1 ? silent : one)),
      coprocessors: plain.coprocessors.map(() => ({ ...plainCoprocessor, drawAfterMs: DRAW_AFTER_MS })),
    };
  },
  async play(scene) {
    const { stage, story } = scene;
    const silent = stage.validators.at(-1)!;
    story.say(`${silent.name} issues no vouchers; its escrow holds ${ether(SMALL_ESCROW_WEI)}`);
    const rows = await serve(scene);
    checkServed(scene, rows, silent);
    for (const coprocessor of stage.coprocessors) await checkPaid(scene, rows, coprocessor);
    await checkDrawn(scene, rows, silent);
  },
};

async function serve({ stage, running, sources, signal }: Scene): Promise<ReportRow[]> {
  const { validators, archive, progress } = stage;
  const { market, da, sidecars } = running;
  const runner = new TaskRunner({ market, archive, progress, clock: systemClock });
  const rows: ReportRow[] = [];
  await runner.run(sources, signal, async (source) => {
    await usableTerm(validators, market, systemClock, signal);
    const task = await runner.auctioned(da, source, signal);
    rows.push(...(await outcomeOf(task, kzgDa, validators, sidecars, da)));
    return task;
  });
  progress.settle();
  return rows;
}

function checkServed({ story }: Scene, rows: readonly ReportRow[], silent: DemoValidator): void {
  const [others, its] = [
    rows.filter(({ validator }) => validator !== silent.name),
    rows.filter(({ validator }) => validator === silent.name),
  ];
  story.check(
    'every other validator was served every task',
    others.every(({ accepted }) => accepted),
    `${others.length} shares`,
  );
  const used = sumOf(its.filter(({ accepted }) => accepted));
  const refused = its.filter(({ accepted }) => !accepted);
  const within = used > 0n && used <= SMALL_ESCROW_WEI;
  story.check(`${silent.name} was served within its escrow`, within, `${ether(used)} of ${ether(SMALL_ESCROW_WEI)}`);
  story.check(`${silent.name} was cut off after that`, refused.length > 0, refused[0]?.problem);
}

/** Waits until the chain has paid an owner, and holds what it paid against the shares. */
async function checkPaid(
  { stage, running, story, signal }: Scene,
  rows: readonly ReportRow[],
  { name, owner }: DemoCoprocessor,
): Promise<void> {
  const { client, deployment } = running.ground;
  const expected = sumOf(rows.filter(({ accepted, coprocessor }) => accepted && coprocessor === name));
  const escrow = { abi: feeEscrowAbi, address: deployment.escrow } as const;
  const paid = async () => {
    const sums = stage.validators.map(({ operator }) =>
      client.readContract({ ...escrow, functionName: 'paidOf', args: [operator, owner] }),
    );
    return (await Promise.all(sums)).reduce((sum, one) => sum + one, 0n);
  };
  const isPaid = async () => ((await paid()) >= expected ? true : undefined);
  await until(`the fees of ${name}`, isPaid, signal, PAID_WITHIN_MS).catch((error: Error) => story.say(error.message));
  story.checkWei(`${name} was paid exactly its shares of accepted tasks`, await paid(), expected);
}

/** Shows that the silent validator's fees came by proof, and which transactions did it. */
async function checkDrawn(
  { running, story }: Scene,
  rows: readonly ReportRow[],
  { name, operator }: DemoValidator,
): Promise<void> {
  const { client, deployment } = running.ground;
  const event = getAbiItem({ abi: feeEscrowAbi, name: 'FeeProved' });
  const logs = await client.getLogs({
    address: deployment.escrow,
    event,
    args: { operator },
    fromBlock: 0n,
    strict: true,
  });
  for (const { transactionHash } of logs) story.transaction(`a fee of ${name} was drawn by proof`, transactionHash);
  const proved = logs.reduce((sum, { args }) => sum + args.feeWei, 0n);
  const its = rows.filter(({ accepted, validator }) => accepted && validator === name);
  story.checkWei(`all fees of ${name} were drawn by proof`, proved, sumOf(its));
}

const sumOf = (rows: readonly ReportRow[]): bigint => rows.reduce((sum, { fee_wei }) => sum + fee_wei, 0n);
