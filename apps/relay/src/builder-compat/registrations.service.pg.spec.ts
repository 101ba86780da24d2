import { BlsKey, SignatureVerifier, type SignatureSet } from '@odf/bls';
import { RegistrationsRepository } from '@odf/persistence';
import {
  OdfError,
  ValidatorRegistrationV1,
  builderDomain,
  signingRootOf,
  type Hex,
  type SignedValidatorRegistrationV1,
} from '@odf/protocol';
import { ManualClock } from '@odf/telemetry';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import { readRelayConfig } from '../relay.config.js';
import { RegistrationsService } from './registrations.service.js';

jest.setTimeout(60_000);

const forkVersion: Hex = '0x90000069';
const config = readRelayConfig({ GENESIS_FORK_VERSION: forkVersion });
const keys = Array.from({ length: 40 }, (_, n) => BlsKey.fromHex(`0x${(n + 1).toString(16).padStart(64, '0')}`));
const clock = new ManualClock();
const nowSeconds = BigInt(clock.nowMs() / 1000);

function registration(
  n: number,
  timestamp: bigint,
  { gasLimit = 30_000_000n, by = n, version = forkVersion } = {},
): SignedValidatorRegistrationV1 {
  const fee_recipient: Hex = `0x${'fe'.repeat(20)}`;
  const message = { fee_recipient, gas_limit: gasLimit, timestamp, pubkey: keys[n]!.pubkey };
  const signingRoot = signingRootOf(ValidatorRegistrationV1.root(message), builderDomain(version));
  return { message, signature: keys[by]!.sign(signingRoot) };
}

/** Counts what it is asked to check. */
class CountingVerifier extends SignatureVerifier {
  checked = 0;

  override verifyMany(sets: readonly SignatureSet[]): Promise<boolean[]> {
    this.checked += sets.length;
    return super.verifyMany(sets);
  }
}

describe('RegistrationsService', () => {
  let database: TestDatabase;
  let verifier: CountingVerifier;
  let repository: RegistrationsRepository;
  let service: RegistrationsService;

  beforeEach(async () => {
    database = await createTestDatabase();
    verifier = new CountingVerifier();
    repository = new RegistrationsRepository(await database.connect());
    service = new RegistrationsService(repository, verifier, config, clock);
  });
  afterEach(async () => {
    await verifier.close();
    await database.drop();
  });

  const codes = async (items: SignedValidatorRegistrationV1[]) =>
    (await service.register(items)).map((answer) => (answer instanceof OdfError ? answer.code : 'good'));
  const storedTimestamp = async (n: number) =>
    (await repository.find([keys[n]!.pubkey])).get(keys[n]!.pubkey)?.timestamp;

  it('checks each signature once, however often the same registrations come', async () => {
    const items = keys.map((_, n) => registration(n, nowSeconds));
    for (let round = 0; round < 3; round++) expect(new Set(await codes(items))).toEqual(new Set(['good']));
    expect(verifier.checked).toBe(keys.length);
    await codes([registration(0, nowSeconds + 1n), ...items.slice(1)]);
    expect(verifier.checked).toBe(keys.length + 1);
  });

  it('refuses each bad item by its code and keeps the good ones beside them', async () => {
    await codes([registration(5, 100n)]);
    const items = [
      registration(1, nowSeconds + 10n),
      registration(2, nowSeconds + 11n),
      registration(3, 100n, { by: 4 }),
      registration(4, 100n, { version: '0x00000000' }),
      registration(5, 99n),
      registration(6, 8n),
      registration(6, 7n),
      registration(6, 9n),
    ];
    expect(await codes(items)).toEqual([
      'good',
      'REGISTRATION_TIMESTAMP_INVALID',
      'SIGNATURE_INVALID',
      'SIGNATURE_INVALID',
      'REGISTRATION_STALE',
      'good',
      'REGISTRATION_STALE',
      'good',
    ]);
    expect(await Promise.all([1, 2, 3, 4, 5, 6].map(storedTimestamp))).toEqual([
      nowSeconds + 10n,
      undefined,
      undefined,
      undefined,
      100n,
      9n,
    ]);
  });

  it('takes more than one slice', async () => {
    const items = Array.from({ length: 1_100 }, (_, n) => registration(n % 2, BigInt(n)));
    expect(new Set(await codes(items))).toEqual(new Set(['good']));
    expect(await Promise.all([0, 1].map(storedTimestamp))).toEqual([1_098n, 1_099n]);
  });
});
