import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workloadOf } from '@odf/avs';
import { BlsKey } from '@odf/bls';
import type { Hex, Payload } from '@odf/protocol';
import { createLogger } from '@odf/telemetry';
import { waitFor } from '@odf/testing';
import { keccak256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { parsePolicy } from '../../apps/sidecar/src/policy.js';
import type { Step, TaskRecord } from '../../apps/sidecar/src/records.js';
import { Store } from '../../apps/sidecar/src/store.js';
import { startSidecar, type Sidecar } from '../../apps/sidecar/src/sidecar.js';
import {
  AVS_ID,
  blobOf,
  DEMANDED_COVER_WEI,
  ECHO_ID,
  ECHO_INPUT,
  MAX_FEE_WEI,
  RelayDouble,
  type Lie,
} from '../doubles/relay-double.js';

const VALIDATOR_SECRET: Hex = `0x${'21'.repeat(32)}`;
const OPERATOR_SECRET: Hex = `0x${'22'.repeat(32)}`;
const validator = BlsKey.fromHex(VALIDATOR_SECRET).pubkey;
const operator = privateKeyToAccount(OPERATOR_SECRET).address.toLowerCase() as Hex;

interface Status {
  relays: { state: string; reason: { code: string } | null }[];
  awards: { state: string; reason: { code: string } | null }[];
  tasks: { step: string; committed: boolean; signed: boolean; refusals: { code: string; detail: string }[] }[];
  evidence: { code: string }[];
}

jest.setTimeout(60_000);

describe('a sidecar before a relay', () => {
  const { compute } = workloadOf('kzg-da');
  const signal = new AbortController().signal;
  const input = blobOf(5);
  let payload: Payload;
  let wrongPayload: Payload;
  let folder: string;
  let echo = false;
  let double: RelayDouble;
  let sidecar: Sidecar;

  beforeAll(async () => {
    payload = await compute(input, signal);
    wrongPayload = await compute(blobOf(6), signal);
  });

  afterEach(async () => {
    echo = false;
    await sidecar.stop();
    await double.stop();
    await rm(folder, { recursive: true });
  });

  const scene = (lie: Lie) => ({ lie, validator, operator, input, payload, wrongPayload });

  async function prepare(): Promise<void> {
    folder = await mkdtemp(join(tmpdir(), 'odf-boost-'));
    await writeFile(join(folder, 'validator.hex'), VALIDATOR_SECRET, { mode: 0o600 });
    await writeFile(join(folder, 'operator.hex'), OPERATOR_SECRET, { mode: 0o600 });
  }

  async function start(lie: Lie, verify = 'full'): Promise<void> {
    await prepare();
    double = await RelayDouble.start(scene(lie));
    await run(verify);
  }

  async function run(verify = 'full', relays = [double.url]): Promise<void> {
    sidecar = await startSidecar({
      relays,
      policy: parsePolicy(policyOf(verify), folder, (plugin) => plugin !== 'echo'),
      dataDir: folder,
      host: '127.0.0.1',
      port: 0,
      log: createLogger({ level: 'silent', name: 'test' }),
      pollMs: 50,
      refreshMs: 100,
    });
  }

  const policyOf = (verify: string) => `
avs:
  - avs_id: ${AVS_ID}
    plugin: kzg-da
    verify: ${verify}
    trust:
      max_fee_share_bps: 10000
      max_fee_wei: ${MAX_FEE_WEI}
      slashable_wei: ${DEMANDED_COVER_WEI * 2n}
      tiers: [{ collateral: { kind: posted, cover_bps: 5000 } }]
  - avs_id: ${ECHO_ID}
    plugin: echo
    enabled: ${echo}
validators:
  - validator_key_file: validator.hex
    operator_key_file: operator.hex
`;

  const status = async (): Promise<Status> => (await (await fetch(`${sidecar.url}/status`)).json()) as Status;
  const statusWith = (found: (status: Status) => unknown, what: string): Promise<Status> =>
    waitFor(
      async () => {
        const now = await status();
        return found(now) ? now : null;
      },
      { timeoutMs: 20_000, what },
    );

  it('verifies, signs and reports to an honest relay', async () => {
    await start('none');
    const { tasks } = await statusWith(({ tasks: [task] }) => task?.step === 'done', 'the end of the task');
    expect(tasks).toMatchObject([{ committed: true, signed: true, refusals: [], answer: { status: 'accepted' } }]);
    expect(double.responses).toHaveLength(1);
    expect(double.outcomes).toEqual([{ status: 2 }]);
  });

  it('refuses a relay that does not hold the key of its URL, and enrols nowhere', async () => {
    await start('another key in info');
    const { relays } = await statusWith(({ relays: [relay] }) => relay?.state === 'refused', 'the refusal');
    expect(relays).toMatchObject([{ reason: { code: 'RELAY_KEY_MISMATCH' } }]);
    expectNothingSigned();
  });

  it.each<[Lie, string]>([
    ['award of another signer', 'AWARD_SIGNATURE_INVALID'],
    ['forged branch', 'AWARD_BRANCH_INVALID'],
    ['equivocating awards', 'AWARD_EQUIVOCATION'],
    ['award too expensive', 'AWARD_TOO_EXPENSIVE'],
    ['award with too little cover', 'AWARD_COVER_TOO_LOW'],
  ])('refuses %s with %s before any task begins', async (lie, code) => {
    await start(lie);
    const found = await statusWith(({ awards }) => awards.some(({ state }) => state === 'refused'), 'the refusal');
    expect(found.awards.map(({ reason }) => reason?.code)).toContain(code);
    expect(found.evidence.map((one) => one.code)).toEqual(code === 'AWARD_EQUIVOCATION' ? [code] : []);
    expect(found.tasks.filter(({ committed }) => committed)).toEqual([]);
    expectNothingSigned();
  });

  it.each<[Lie, string]>([
    ['header of another signer', 'HEADER_SIGNATURE_INVALID'],
    ['swapped header', 'HEADER_SWAPPED'],
    ['other ciphertext', 'CIPHERTEXT_MISMATCH'],
    ['task of another reference', 'TASK_MISMATCH'],
  ])('refuses %s with %s before it commits', async (lie, code) => {
    await start(lie);
    const { tasks } = await statusWith(({ tasks: [task] }) => task?.step === 'refused', 'the refusal');
    expect(tasks).toMatchObject([{ committed: false, signed: false, refusals: [{ code }] }]);
    expectNothingSigned();
  });

  it.each<[Lie, string, number]>([
    ['wrong key revealed', 'KEY_MISMATCH', 6],
    ['key that does not open', 'PAYLOAD_UNOPENABLE', 6],
    ['attestation of another signer', 'ATTESTATION_SIGNATURE_INVALID', 6],
    ['attestation of another task', 'ATTESTATION_MISMATCH', 6],
    ['payload not matching the header', 'RESULT_MISMATCH', 6],
    ['digest for another result', 'DIGEST_MISMATCH', 6],
    ['invalid payload', 'PAYLOAD_INVALID', 6],
    ['receipt of another commitment', 'RECEIPT_INVALID', 5],
  ])('refuses %s with %s, and answers the AVS nothing', async (lie, code, outcome) => {
    await start(lie);
    const { tasks } = await statusWith(({ tasks: [task] }) => task?.step === 'refused', 'the refusal');
    expect(tasks).toMatchObject([{ committed: true, signed: false, refusals: [{ code }] }]);
    expect(double.commitments.length).toBe(1);
    expect(double.responses).toEqual([]);
    expect(double.outcomes).toEqual([{ status: outcome }]);
  });

  it('computes and answers a Lightweight task itself, without a commitment', async () => {
    echo = true;
    await start('award too expensive');
    const { tasks } = await statusWith(({ tasks: [task] }) => task?.step === 'done', 'the end of the task');
    expect(tasks).toMatchObject([{ avs_id: ECHO_ID, committed: false, signed: true, answer: { status: 'accepted' } }]);
    const result = keccak256(Buffer.concat([Buffer.from('Hello, '), ECHO_INPUT]));
    expect(double.responses).toMatchObject([{ avs_id: ECHO_ID, operator, result }]);
    expect(double.outcomes).toEqual([]);
  });

  it('takes the cheaper of two relays for the same task, and commits to no other', async () => {
    await prepare();
    double = await RelayDouble.start(scene('none'));
    const relayKey = BlsKey.fromHex(`0x${'44'.repeat(32)}`);
    const cheaper = await RelayDouble.start({ ...scene('none'), relayKey, feeWei: 1n });
    await run('full', [double.url, cheaper.url]);
    const { tasks } = await statusWith(({ tasks: [task] }) => task?.step === 'done', 'the end of the task');
    await cheaper.stop();
    expect(tasks).toMatchObject([{ relay: relayKey.pubkey, fee_wei: '1' }]);
    expect(cheaper.commitments).toHaveLength(1);
    expect(double.commitments).toEqual([]);
  });

  it('does nothing twice after a restart', async () => {
    await start('none');
    await statusWith(({ tasks: [task] }) => task?.step === 'done', 'the end of the task');
    await sidecar.stop();
    await run();
    const { tasks } = await statusWith(({ relays: [relay] }) => relay?.state === 'ready', 'the relay');
    expect(tasks).toMatchObject([{ step: 'done' }]);
    expect(double.commitments).toHaveLength(1);
    expect(double.responses).toHaveLength(1);
  });

  it.each<[Step, (keyof TaskRecord)[], { commitments: number; responses: number; outcomes: number }]>([
    ['headed', ['commitment', 'deadline_ms'], { commitments: 2, responses: 2, outcomes: 2 }],
    ['committed', ['reveal'], { commitments: 2, responses: 2, outcomes: 2 }],
    ['revealed', ['result', 'digest'], { commitments: 1, responses: 2, outcomes: 2 }],
    ['verified', ['signature'], { commitments: 1, responses: 2, outcomes: 2 }],
    ['signed', ['answer', 'outcome_status', 'outcome', 'end'], { commitments: 1, responses: 2, outcomes: 2 }],
    ['reporting', ['reported'], { commitments: 1, responses: 1, outcomes: 2 }],
  ])('goes on from what a kill after "%s" left, with the same bytes', async (step, missing, sent) => {
    await start('none');
    await statusWith(({ tasks: [task] }) => task?.step === 'done', 'the end of the task');
    await sidecar.stop();
    await rewind(step, missing);
    await run();
    await statusWith(({ tasks: [task] }) => task?.step === 'done' && double.outcomes.length === 2, 'the end');
    expect(double.commitments).toHaveLength(sent.commitments);
    expect(double.responses).toHaveLength(sent.responses);
    expect(double.outcomes).toHaveLength(sent.outcomes);
    for (const all of [double.commitments, double.responses])
      expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  /** Takes the stored task back to where a kill right after `step` would have left it. */
  async function rewind(step: Step, missing: (keyof TaskRecord)[]): Promise<void> {
    const store = await Store.open(folder);
    const [record] = await store.list('task');
    const later: (keyof TaskRecord)[] = [
      'commitment',
      'reveal',
      'result',
      'digest',
      'signature',
      'answer',
      'outcome_status',
      'outcome',
      'end',
      'reported',
    ];
    const gone = [...missing, ...later.slice(later.indexOf(missing[0]!))];
    const kept = Object.fromEntries(
      Object.entries(record!).filter(([member]) => !gone.includes(member as keyof TaskRecord)),
    );
    await store.putTask({ ...(kept as unknown as TaskRecord), step }, 0);
    await store.close();
  }

  function expectNothingSigned(): void {
    expect(double.commitments).toEqual([]);
    expect(double.responses).toEqual([]);
  }
});
