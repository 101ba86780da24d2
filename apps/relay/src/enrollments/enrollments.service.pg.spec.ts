import { parseAvsConfig } from '@odf/avs';
import { BlsKey, SignatureVerifier } from '@odf/bls';
import { EnrollmentsRepository } from '@odf/persistence';
import {
  Enrollment,
  OdfError,
  TrustPolicy,
  avsId,
  keyRoot,
  typedDigest,
  type EnrollmentItem,
  type Hex,
} from '@odf/protocol';
import { MemoryJournal, MemorySettlement } from '@odf/settlement';
import { ManualClock } from '@odf/telemetry';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import { privateKeyToAccount } from 'viem/accounts';
import { AvsRegistry } from '../core/avs-registry.js';
import { RelaySigner } from '../core/relay-signer.js';
import { EnrollmentChecks } from './enrollment-checks.js';
import { EnrollmentsService } from './enrollments.service.js';
import { OperatorSignaturesService } from './operator-signatures.service.js';

jest.setTimeout(60_000);

const secret = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;
const key = (n: number) => BlsKey.fromHex(secret(n));
const account = (n: number) => privateKeyToAccount(secret(n));
const hub: Hex = `0x${'5f'.repeat(20)}`;
const avs = (n: number): Hex => `0x${n.toString(16).padStart(40, '0')}`;
const open = avsId(31337n, avs(1), 0);
const onChain = avsId(31337n, avs(2), 0);
const config = [1, 2].map((n) => ({
  name: `avs-${n}`,
  plugin: 'echo',
  chain_id: 31337,
  avs: avs(n),
  reward_per_task_wei: '1000',
  membership: n === 1 ? 'open' : 'chain',
  source: { kind: 'http', token: 'a token of sixteen characters or more' },
}));

const policy: TrustPolicy = {
  max_fee_share_bps: 2_000,
  max_fee_wei: 10n ** 18n,
  slashable_wei: 32n,
  tiers: [
    {
      collateral: { kind: 0, assets: [], cover_bps: 0 },
      min_reputation_bps: 0,
      assurance: 0,
      discount_bps: 0,
    },
  ],
  allow: [],
  deny: [],
};

const signer = new RelaySigner(key(1), { chainId: 31337n, settlement: hub });

async function itemOf(
  n: number,
  more: Partial<Enrollment> = {},
  { operator = n, by = n, consentBy = undefined as number | undefined, given = policy } = {},
): Promise<EnrollmentItem> {
  const message: Enrollment = {
    validator: key(1000 + n).pubkey,
    operator: account(operator).address.toLowerCase() as Hex,
    avs_id: open,
    policy_root: TrustPolicy.root(policy),
    valid_from: 0n,
    valid_until: 2n ** 40n,
    nonce: 1n,
    ...more,
  };
  const digest = typedDigest(
    'Enrollment',
    {
      validatorRoot: keyRoot(message.validator),
      operator: message.operator,
      avsId: message.avs_id,
      policyRoot: message.policy_root,
      relayRoot: signer.context.relayRoot,
      validFrom: message.valid_from,
      validUntil: message.valid_until,
      nonce: message.nonce,
    },
    signer.context,
  );
  return {
    message,
    policy: given,
    operator_signature: await account(consentBy ?? operator).sign({ hash: digest }),
    signature: key(1000 + by).sign(signer.signingRoot(Enrollment, message)),
  };
}

describe('EnrollmentsService', () => {
  const clock = new ManualClock();
  const verifier = new SignatureVerifier();
  let database: TestDatabase;
  let service: EnrollmentsService;
  let staked = false;

  beforeEach(async () => {
    database = await createTestDatabase();
    staked = false;
    const settlement = await MemorySettlement.open({
      chainId: 31337n,
      address: hub,
      clock,
      journal: new MemoryJournal(),
      membership: () => (staked ? { live: true } : { live: false, reason: 'no stake' }),
    });
    const registry = new AvsRegistry(parseAvsConfig(JSON.stringify(config)));
    const checks = new EnrollmentChecks(registry, signer, verifier, new OperatorSignaturesService(settlement));
    const repository = new EnrollmentsRepository(await database.connect());
    service = new EnrollmentsService(repository, checks, registry, settlement, clock);
  });
  afterEach(() => database.drop());
  afterAll(() => verifier.close());

  const outcomes = async (items: EnrollmentItem[]) =>
    (await service.enrol(items)).map((answer) => (answer instanceof OdfError ? answer.code : answer.state));

  it('enrols, and gives an identical repeat the same answer', async () => {
    const item = await itemOf(1);
    const first = await service.enrol([item]);
    expect(first).toEqual([{ validator: item.message.validator, avs_id: open, state: 'live', reason: null }]);
    expect(await service.enrol([item, item])).toEqual([...first, ...first]);
    expect(await service.operatorOf(item.message.validator, open)).toBe(item.message.operator);
    expect(await service.isKnown(item.message.validator)).toBe(true);
    expect(await service.isKnown(key(5).pubkey)).toBe(false);
  });

  it('refuses each bad item by its code and takes the good ones beside them', async () => {
    const otherPolicy = { ...policy, max_fee_share_bps: 1 };
    const noTiers = { ...policy, tiers: [] };
    const items = [
      await itemOf(1),
      await itemOf(2, {}, { by: 1 }),
      await itemOf(3, {}, { consentBy: 4 }),
      await itemOf(4, { avs_id: `0x${'00'.repeat(32)}` }),
      await itemOf(5, {}, { given: otherPolicy }),
      await itemOf(6, { policy_root: TrustPolicy.root(noTiers) }, { given: noTiers }),
      await itemOf(7, { valid_until: 0n }),
      await itemOf(8, {}, { operator: 1 }),
      await itemOf(9),
    ];
    expect(await outcomes(items)).toEqual([
      'live',
      'SIGNATURE_INVALID',
      'ENROLLMENT_OPERATOR_SIGNATURE_INVALID',
      'AVS_UNKNOWN',
      'ENROLLMENT_POLICY_MISMATCH',
      'ENROLLMENT_POLICY_INVALID',
      'ENROLLMENT_EXPIRED',
      'ENROLLMENT_OPERATOR_TAKEN',
      'live',
    ]);
    expect(await service.snapshot(open, clock.nowMs())).toHaveLength(2);
  });

  it('does not take a known message under another signature', async () => {
    const item = await itemOf(1);
    await service.enrol([item]);
    expect(await outcomes([{ ...item, signature: key(7).sign(`0x${'11'.repeat(32)}`) }])).toEqual([
      'SIGNATURE_INVALID',
    ]);
    expect(await outcomes([{ ...item, operator_signature: '0x' }])).toEqual(['ENROLLMENT_OPERATOR_SIGNATURE_INVALID']);
  });

  it('gives an operator to one of many validators that ask at once', async () => {
    const items = await Promise.all(Array.from({ length: 8 }, (_, n) => itemOf(n + 1, {}, { operator: 50 })));
    const answers = (await Promise.all(items.map((item) => outcomes([item])))).flat();
    expect(answers.toSorted()).toEqual([...Array<string>(7).fill('ENROLLMENT_OPERATOR_TAKEN'), 'live']);
  });

  it('lets a validator exit and another take its operator', async () => {
    expect(await outcomes([await itemOf(1), await itemOf(1, { nonce: 2n, valid_until: 0n })])).toEqual([
      'live',
      'exited',
    ]);
    expect(await outcomes([await itemOf(1), await itemOf(2, {}, { operator: 1 })])).toEqual([
      'ENROLLMENT_NONCE_STALE',
      'live',
    ]);
    expect(await service.stateOf(key(1001).pubkey, open, clock.nowMs())).toBe('exited');
    expect(await service.stateOf(key(1003).pubkey, open, clock.nowMs())).toBe('none');
  });

  it('waits for its first second and ends at its last', async () => {
    const start = BigInt(clock.nowMs() / 1000);
    const item = await itemOf(1, { valid_from: start + 10n, valid_until: start + 20n });
    expect(await outcomes([item])).toEqual(['pending']);
    const at = async (seconds: number) => {
      const nowMs = clock.nowMs() + seconds * 1000;
      const live = (await service.snapshot(open, nowMs)).length;
      return [await service.stateOf(item.message.validator, open, nowMs), live];
    };
    expect(await at(9.999)).toEqual(['pending', 0]);
    expect(await at(10)).toEqual(['live', 1]);
    expect(await at(19.999)).toEqual(['live', 1]);
    expect(await at(20)).toEqual(['exited', 0]);
  });

  it('asks the settlement where membership is on chain', async () => {
    const item = await itemOf(1, { avs_id: onChain });
    expect(await outcomes([item])).toEqual(['pending']);
    expect(await service.reasonOf(item.message.validator, onChain, clock.nowMs())).toBe('no stake');
    expect(await service.snapshot(onChain, clock.nowMs())).toEqual([]);
    staked = true;
    expect(await service.stateOf(item.message.validator, onChain, clock.nowMs())).toBe('live');
    expect(await service.snapshot(onChain, clock.nowMs())).toEqual([
      { validator_root: keyRoot(item.message.validator), operator: item.message.operator, policy },
    ]);
    expect(await service.demand(onChain, clock.nowMs())).toEqual([{ policy, count: 1 }]);
  });
});
