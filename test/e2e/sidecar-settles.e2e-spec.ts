import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workloadOf } from '@odf/avs';
import { BlsKey, verifySignature } from '@odf/bls';
import { verifyAwardProof, verifySigned } from '@odf/client';
import {
  Attestation,
  ClaimEvidence,
  isSignedByAccount,
  keyRoot,
  routes,
  typedDigest,
  Voucher,
  type Hex,
  type Payload,
  type Route,
} from '@odf/protocol';
import { createLogger } from '@odf/telemetry';
import { waitFor } from '@odf/testing';
import { privateKeyToAccount } from 'viem/accounts';
import { z } from 'zod';
import { parsePolicy } from '../../apps/sidecar/src/policy.js';
import type { SeenSlash } from '../../apps/sidecar/src/settlement-ports.js';
import { startSidecar, type Sidecar } from '../../apps/sidecar/src/sidecar.js';
import { Store } from '../../apps/sidecar/src/store.js';
import {
  AVS_ID,
  blobOf,
  CHAIN,
  COPROCESSOR,
  DEMANDED_COVER_WEI,
  MAX_FEE_WEI,
  RELAY_KEY,
  RelayDouble,
  TASK_ID,
} from '../doubles/relay-double.js';
import { CLAIM_ID, OWNER, SettlementDouble } from '../doubles/settlement-double.js';

const VALIDATOR_SECRET: Hex = `0x${'21'.repeat(32)}`;
const OPERATOR_SECRET: Hex = `0x${'22'.repeat(32)}`;
const validator = BlsKey.fromHex(VALIDATOR_SECRET).pubkey;
const operator = privateKeyToAccount(OPERATOR_SECRET).address.toLowerCase() as Hex;
const slash: SeenSlash = { operator, task_id: TASK_ID, transaction: `0x${'51'.repeat(32)}`, log_index: 3 };
const relayContext = { ...CHAIN, relayRoot: keyRoot(RELAY_KEY.pubkey) };

interface Status {
  relays: { state: string }[];
  tasks: { step: string }[];
  fees: { exposed: number };
  vouchers: { cumulative_wei: string; posted: Record<Hex, string>; refused: Record<Hex, string> }[];
  claims: { step: string; claim_id: Hex | null; via: string | null; reason: string | null }[];
}

jest.setTimeout(60_000);

describe('a sidecar that settles', () => {
  const input = blobOf(5);
  let payload: Payload;
  let folder: string;
  let relay: RelayDouble;
  let relayUrl: string;
  let chain: SettlementDouble;
  let sidecar: Sidecar;
  let vouchers: Voucher[];
  let claimRequests: unknown[];
  /** What the relay does with claims. */
  let onClaim: 'takes' | 'refuses';
  let options: { vouchers: string; keepPayloads: boolean; patienceMs: number };

  beforeAll(async () => {
    payload = await workloadOf('kzg-da').compute(input, new AbortController().signal);
  });

  beforeEach(async () => {
    [vouchers, claimRequests, onClaim] = [[], [], 'takes'];
    options = { vouchers: 'issue', keepPayloads: false, patienceMs: 60_000 };
    chain = new SettlementDouble();
    folder = await mkdtemp(join(tmpdir(), 'odf-boost-'));
    await writeFile(join(folder, 'validator.hex'), VALIDATOR_SECRET, { mode: 0o600 });
    await writeFile(join(folder, 'operator.hex'), OPERATOR_SECRET, { mode: 0o600 });
    const wrongPayload = payload;
    relay = await RelayDouble.start({ lie: 'none', validator, operator, input, payload, wrongPayload, more });
    relayUrl = relay.url;
  });

  afterEach(async () => {
    await sidecar.stop();
    await relay.stop();
    await rm(folder, { recursive: true });
  });

  const more = (body: unknown): [Route, () => unknown][] => {
    const takeVoucher = () => {
      const taken = z.decode(routes.postVouchers.body!.batch!.item, (body as unknown[])[0]) as Voucher;
      vouchers.push(taken);
      return [{ operator: taken.operator, owner: taken.owner, cumulative_wei: taken.cumulative_wei }];
    };
    const takeClaim = () => {
      claimRequests.push(body);
      return { claim_id: CLAIM_ID };
    };
    const desk: [Route, () => unknown][] = [
      [routes.postVouchers, takeVoucher],
      [routes.validatorFees, () => []],
    ];
    // An unknown route is a refusal.
    return onClaim === 'takes' ? [...desk, [routes.postClaim, takeClaim]] : desk;
  };

  async function run(): Promise<void> {
    sidecar = await startSidecar({
      relays: [relayUrl],
      policy: parsePolicy(policy(), folder, (plugin) => plugin !== 'echo'),
      dataDir: folder,
      host: '127.0.0.1',
      port: 0,
      log: createLogger({ level: 'silent', name: 'test' }),
      pollMs: 20,
      refreshMs: 50,
      settlement: chain.ports,
      claimRelayPatienceMs: options.patienceMs,
    });
  }

  const policy = () => `
keep_payloads: ${options.keepPayloads}
avs:
  - avs_id: ${AVS_ID}
    plugin: kzg-da
    verify: none
    vouchers: ${options.vouchers}
    trust:
      max_fee_share_bps: 10000
      max_fee_wei: ${MAX_FEE_WEI}
      slashable_wei: ${DEMANDED_COVER_WEI * 2n}
      tiers: [{ collateral: { kind: posted, cover_bps: 5000 } }]
validators:
  - validator_key_file: validator.hex
    operator_key_file: operator.hex
`;

  const statusWith = (found: (status: Status) => unknown, what: string): Promise<Status> =>
    waitFor(
      async () => {
        const now = (await (await fetch(`${sidecar.url}/status`)).json()) as Status;
        return found(now) ? now : null;
      },
      { timeoutMs: 20_000, what },
    );
  const metric = async (line: string) => (await (await fetch(`${sidecar.url}/metrics`)).text()).includes(line);
  const evidenceFile = () => join(folder, 'evidence', `${TASK_ID}-${validator}.json`);
  const readEvidence = async () => z.decode(ClaimEvidence, JSON.parse(await readFile(evidenceFile(), 'utf8')) as never);

  async function answered(): Promise<void> {
    await run();
    await statusWith(({ tasks: [task] }) => task?.step === 'done', 'the end of the task');
  }

  async function accept(digest?: Hex): Promise<void> {
    const { attestation } = await readEvidence();
    chain.accepted = { digest: digest ?? attestation.message.response_digest, final: true };
  }

  it('keeps evidence by which anyone could claim', async () => {
    await answered();
    const evidence = await readEvidence();
    expect(evidence).toMatchObject({ relay: RELAY_KEY.pubkey, coprocessor: COPROCESSOR.pubkey, operator, slash: null });
    expect(verifyAwardProof(evidence.award, evidence.relay, relayContext, verifySignature)).toBeNull();
    expect(verifySigned(Attestation, evidence.attestation, evidence.coprocessor, relayContext, verifySignature)).toBe(
      true,
    );
    expect((await stat(evidenceFile())).mode & 0o077).toBe(0);
  });

  it('signs what it has verified although the relay is dead, with the evidence first', async () => {
    await answered();
    await sidecar.stop();
    await relay.stop();
    await rm(evidenceFile());
    const store = await Store.open(folder);
    const { signature: _, answer: __, outcome: ___, end: ____, ...task } = (await store.list('task'))[0]!;
    await store.putTask({ ...task, step: 'verified' }, 0);
    await store.close();
    await run();
    await statusWith(({ tasks: [task] }) => task?.step === 'signed', 'the signature');
    expect(await readEvidence()).toMatchObject({ operator });
  });

  it.each([true, false])('keeps the payload with the evidence: %s', async (keepPayloads) => {
    options.keepPayloads = keepPayloads;
    await answered();
    const ciphertexts = await waitFor(
      async () => {
        const found = await readdir(join(folder, 'ciphertexts'));
        return found.length === (keepPayloads ? 1 : 0) ? found : null;
      },
      { what: 'the ciphertexts' },
    );
    expect(ciphertexts).toHaveLength(keepPayloads ? 1 : 0);
  });

  it('issues a voucher once the acceptance is final, and none before', async () => {
    await answered();
    await accept();
    chain.accepted = { ...chain.accepted!, final: false };
    await statusWith(({ fees }) => fees.exposed === 1, 'the fee');
    expect(vouchers).toEqual([]);
    chain.accepted = { ...chain.accepted, final: true };
    await waitFor(() => vouchers.length > 0, { what: 'a voucher' });
    const [voucher] = vouchers as [Voucher];
    expect(voucher).toMatchObject({ operator, owner: OWNER, cumulative_wei: MAX_FEE_WEI });
    const consent = { operator, owner: OWNER, cumulativeWei: MAX_FEE_WEI };
    expect(await isSignedByAccount(typedDigest('Voucher', consent, CHAIN), voucher.signature, operator)).toBe(true);
    expect((await statusWith(({ fees }) => fees.exposed === 0, 'the settled fee')).vouchers).toHaveLength(1);
    expect(await metric('odf_sidecar_fees_total{state="due"} 1')).toBe(true);
  });

  it('signs and posts nothing again after a restart', async () => {
    await answered();
    await accept();
    await statusWith(({ vouchers: [one] }) => one?.posted[RELAY_KEY.pubkey], 'the posted voucher');
    await sidecar.stop();
    await run();
    await statusWith(({ relays: [one] }) => one?.state === 'ready', 'the relay');
    const { vouchers: held } = await statusWith(({ fees }) => fees.exposed === 0, 'the fees');
    expect(held).toMatchObject([{ cumulative_wei: MAX_FEE_WEI.toString() }]);
    expect(vouchers).toHaveLength(1);
  });

  it('goes on above what the chain has paid when its data folder is new', async () => {
    chain.paidWei = 7n;
    await answered();
    await accept();
    await waitFor(() => vouchers.length > 0, { what: 'a voucher' });
    expect(vouchers[0]!.cumulative_wei).toBe(MAX_FEE_WEI + 7n);
  });

  it.each<[string, Hex | undefined, string, string]>([
    ['another response was accepted', `0x${'99'.repeat(32)}`, 'issue', 'void'],
    ['vouchers are off', undefined, 'off', 'due'],
  ])('issues none when %s', async (_, digest, choice, state) => {
    options.vouchers = choice;
    await answered();
    await accept(digest);
    await statusWith(({ fees }) => fees.exposed === 0, 'the settled fee');
    expect(await metric(`odf_sidecar_fees_total{state="${state}"} 1`)).toBe(true);
    expect(vouchers).toEqual([]);
  });

  it('believes the AVS itself where the hub names nobody', async () => {
    chain.listed = false;
    await answered();
    await waitFor(() => vouchers.length > 0, { what: 'a voucher' });
    expect(vouchers[0]!.cumulative_wei).toBe(MAX_FEE_WEI);
  });

  it('claims through the relay when its operator was slashed, and owes nothing', async () => {
    await answered();
    chain.slashes.push({ ...slash, operator: `0x${'77'.repeat(20)}` }, slash);
    await statusWith(({ claims: [claim] }) => claim?.step === 'asked', 'the request');
    chain.hold(slash);
    const { claims, fees } = await statusWith(({ claims: [claim] }) => claim?.step === 'filed', 'the claim');
    expect(claims).toMatchObject([{ via: 'relay', claim_id: CLAIM_ID }]);
    expect(fees.exposed).toBe(0);
    const { attestation } = await readEvidence();
    expect(claimRequests).toMatchObject([
      {
        message: {
          slash_tx: slash.transaction,
          log_index: '3',
          attestation_root: Attestation.root(attestation.message),
          amount: DEMANDED_COVER_WEI.toString(),
        },
      },
    ]);
    expect(chain.filed).toEqual([]);
    expect(vouchers).toEqual([]);
  });

  it.each(['refuses', 'dies for good', 'takes it and does nothing', 'names the claim of somebody else'])(
    'files on chain itself when the relay %s, finalises, and is done',
    async (what) => {
      if (what === 'refuses') onClaim = 'refuses';
      else options.patienceMs = 100;
      await answered();
      if (what === 'dies for good') await relay.stop();
      if (what.startsWith('names')) chain.hold({ ...slash, operator: OWNER });
      chain.slashes.push(slash);
      await waitFor(() => chain.filed.length > 0, { timeoutMs: 20_000, what: 'the filing' });
      expect(chain.filed[0]).toMatchObject({
        evidence: { slash: { transaction: slash.transaction, log_index: 3 }, operator },
        amountWei: DEMANDED_COVER_WEI,
      });
      chain.hold(slash, { finalisable_at_ms: Date.now() });
      const { claims } = await statusWith(({ claims: [claim] }) => claim?.step === 'finalised', 'the payment');
      expect(claims).toMatchObject([{ via: 'chain', claim_id: CLAIM_ID }]);
      expect(chain.finalised).toEqual([CLAIM_ID]);
    },
  );

  it('files a vetoed claim again, once', async () => {
    onClaim = 'refuses';
    await answered();
    chain.slashes.push(slash);
    await waitFor(() => chain.filed.length > 0, { timeoutMs: 20_000, what: 'the filing' });
    chain.hold(slash, { state: 'vetoed', vetoes: 1 });
    await waitFor(() => chain.filed.length > 1, { timeoutMs: 20_000, what: 'the second filing' });
    chain.hold(slash, { state: 'vetoed', vetoes: 2 });
    const { claims } = await statusWith(({ claims: [claim] }) => claim?.step === 'vetoed', 'the end');
    expect(claims).toMatchObject([{ claim_id: CLAIM_ID }]);
    expect(chain.finalised).toEqual([]);
  });

  it('tries again what the chain does not take yet, also over a restart', async () => {
    onClaim = 'refuses';
    await answered();
    chain.refusals.push('unconfirmed');
    chain.slashes.push(slash);
    await statusWith(({ claims: [claim] }) => claim?.reason === 'the double refuses', 'the refusal');
    await sidecar.stop();
    await run();
    await statusWith(({ claims: [claim] }) => claim?.step === 'filed', 'the filing');
    expect(chain.filed).toHaveLength(1);
  });

  it('says what is missing when it has no account to file with', async () => {
    [onClaim, chain.hasFiler] = ['refuses', false];
    await answered();
    chain.slashes.push(slash);
    await statusWith(({ claims: [claim] }) => claim?.reason?.includes('no account to file with'), 'the reason');
  });
});
