import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plugins } from '@odf/avs';
import { routes, type Hex } from '@odf/protocol';
import { createLogger } from '@odf/telemetry';
import { waitFor } from '@odf/testing';
import { parsePolicy } from '../../apps/sidecar/src/policy.js';
import { startSidecar, type Sidecar } from '../../apps/sidecar/src/sidecar.js';
import { startLyingCoprocessor, type Lie, type LyingCoprocessor } from '../doubles/lying-coprocessor.js';
import { avsEntry } from '../support/avs.js';
import { EMPTY_BLOB, Market } from '../support/market.js';
import { startRelay } from '../support/relay-process.js';

jest.setTimeout(180_000);

interface TaskStatus {
  task_id: Hex;
  step: string;
  signed: boolean;
  committed: boolean;
  refusals: { code: string; detail: string }[];
}

interface Status {
  enrollments: { state: string }[];
  tasks: TaskStatus[];
}

const deliverMs = 8_000;
const windows_ms = { bidding: 3_000, term: 600_000, deliver: deliverMs, commit: 12_000 };

/** How each lie ends for the validator: refused after the reveal, or never bought because the relay took no delivery. */
const endings: Record<Lie, { step: string; committed: boolean; refusals: string[] }> = {
  'wrong-root': { step: 'refused', committed: true, refusals: ['PAYLOAD_INVALID'] },
  'other-witness': { step: 'refused', committed: true, refusals: ['PAYLOAD_INVALID'] },
  mismatch: { step: 'expired', committed: false, refusals: [] },
  late: { step: 'expired', committed: false, refusals: [] },
  silent: { step: 'expired', committed: false, refusals: [] },
};
const lies = Object.keys(endings) as Lie[];

describe('a coprocessor that lies, behind a relay that does not check', () => {
  let folder: string;
  let market: Market;
  let sidecar: Sidecar;
  const liars: LyingCoprocessor[] = [];
  const taskOf = new Map<Lie, Hex>();

  beforeAll(async () => {
    plugins['kzg-da'].warmUp('compute');
    folder = await mkdtemp(join(tmpdir(), 'odf-liar-'));
    await writeFile(join(folder, 'validator.hex'), `0x${'21'.repeat(32)}`, { mode: 0o600 });
    await writeFile(join(folder, 'operator.hex'), `0x${'22'.repeat(32)}`, { mode: 0o600 });
    const relay = await startRelay({ avs: lies.map((lie, index) => avsEntry(lie, 0xe0 + index, { windows_ms })) });
    market = await Market.of(relay);
    sidecar = await startSidecar({
      relays: [relay.url],
      policy: parsePolicy(policyFor(market), folder, () => true),
      dataDir: join(folder, 'sidecar'),
      host: '127.0.0.1',
      port: 0,
      log: createLogger({ level: 'silent', name: 'test' }),
      pollMs: 200,
    });
    const enrolled = async () =>
      (await status()).enrollments.filter(({ state }) => state === 'live').length === lies.length;
    await waitFor(enrolled, { timeoutMs: 30_000, what: 'the validator to be enrolled' });
    for (const [index, lie] of lies.entries()) {
      const { key } = await market.coprocessor(index);
      const dataDir = join(folder, lie);
      const lateMs = deliverMs + 1_000;
      liars.push(
        await startLyingCoprocessor({ lie, relayUrl: relay.url, dataDir, strategy: strategyFor(lie), key, lateMs }),
      );
      taskOf.set(lie, await market.postTask(lie, EMPTY_BLOB));
    }
  });

  afterAll(async () => {
    await sidecar.stop();
    for (const liar of liars) await liar.stop();
    await rm(folder, { recursive: true });
  });

  async function status(): Promise<Status> {
    return (await (await fetch(`${sidecar.url}/status`)).json()) as Status;
  }

  function ended(lie: Lie): Promise<TaskStatus> {
    const find = async () => {
      const task = (await status()).tasks.find(({ task_id }) => task_id === taskOf.get(lie));
      return task?.step === endings[lie].step ? task : undefined;
    };
    return waitFor(find, { timeoutMs: 90_000, what: `the task of the lie "${lie}" to end` });
  }

  it.each(lies)('sells nothing by the lie "%s": the sidecar signs nothing and says why', async (lie) => {
    const { committed, signed, refusals } = await ended(lie);
    expect({ committed, signed, refusals: refusals.map(({ code }) => code) }).toEqual({
      committed: endings[lie].committed,
      signed: false,
      refusals: endings[lie].refusals,
    });
  });

  it('names the part of the payload that is wrong', async () => {
    expect((await ended('wrong-root')).refusals[0]!.detail).toBe('ROOT_MISMATCH');
  });

  it('takes no delivery that is not what was attested, nor a late one', async () => {
    const verified = await market.client.data(routes.dataDeliveries, { query: {} });
    const taken = new Set(verified.filter(({ state }) => state === 'verified').map(({ task_id }) => task_id));
    expect(lies.filter((lie) => taken.has(taskOf.get(lie)!))).toEqual(['wrong-root', 'other-witness']);
  });
});

function strategyFor(avs: string): string {
  return JSON.stringify({
    capacity: { units: 10 },
    avs: [{ avs, steps: [{ fee_share_bps: 500, units: 5 }], cover_wei_per_unit: '0', standing: true }],
  });
}

function policyFor(market: Market): string {
  const avs = lies.map((lie) => ({
    avs_id: market.avs(lie).avs_id,
    plugin: 'kzg-da',
    verify: 'full',
    response_url: 'http://127.0.0.1:9/responses',
    trust: {
      max_fee_share_bps: 10_000,
      max_fee_wei: '1000000',
      slashable_wei: '0',
      tiers: [{ collateral: { kind: 'none', cover_bps: 0 } }],
    },
  }));
  return JSON.stringify({
    avs,
    validators: [{ validator_key_file: 'validator.hex', operator_key_file: 'operator.hex' }],
  });
}
