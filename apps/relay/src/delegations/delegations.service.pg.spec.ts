import { BlsKey, SignatureVerifier } from '@odf/bls';
import { MemoryLiveStore } from '@odf/live-store';
import { DelegationsRepository } from '@odf/persistence';
import { KeyDelegation, OdfError, ProofOfPossession, keyRoot, type DelegationItem, type Hex } from '@odf/protocol';
import { ManualClock } from '@odf/telemetry';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import { RelaySigner } from '../core/relay-signer.js';
import { DelegationsService } from './delegations.service.js';

jest.setTimeout(60_000);

const key = (n: number) => BlsKey.fromHex(`0x${n.toString(16).padStart(64, '0')}`);
const signer = new RelaySigner(key(1), { chainId: 31337n, settlement: `0x${'5f'.repeat(20)}` });
const otherRelay = new RelaySigner(key(2), signer.context);
const [validator, other, hot, next] = [key(10), key(11), key(20), key(21)];

function itemOf(
  by: BlsKey,
  delegate: BlsKey,
  { nonce = 1n, until = 2n ** 40n, signedBy = by, provedBy = delegate, provedFor = by, relay = signer } = {},
): DelegationItem {
  const message: KeyDelegation = { validator: by.pubkey, delegate: delegate.pubkey, valid_until: until, nonce };
  const proof: ProofOfPossession = { key: delegate.pubkey, owner_root: keyRoot(provedFor.pubkey) };
  return {
    message,
    signature: signedBy.sign(relay.signingRoot(KeyDelegation, message)),
    possession: provedBy.sign(relay.signingRoot(ProofOfPossession, proof)),
  };
}

describe('DelegationsService', () => {
  const clock = new ManualClock();
  const verifier = new SignatureVerifier();
  let database: TestDatabase;
  let services: DelegationsService[];

  beforeEach(async () => {
    database = await createTestDatabase();
    const liveStore = new MemoryLiveStore(clock, (_, error) => {
      throw error;
    });
    services = await Promise.all(
      [1, 2].map(async () => {
        const repository = new DelegationsRepository(await database.connect());
        return new DelegationsService(repository, signer, verifier, liveStore, clock);
      }),
    );
    await Promise.all(services.map((service) => service.onModuleInit()));
  });
  afterEach(() => database.drop());
  afterAll(() => verifier.close());

  const outcomes = async (items: DelegationItem[]) =>
    (await services[0]!.delegate(items)).map((answer) => (answer instanceof OdfError ? answer.code : answer.state));
  const signerOf = (of: BlsKey, nowMs = clock.nowMs()): Promise<Hex> => services[0]!.signerOf(of.pubkey, nowMs);

  it('lets the delegate sign while it lives, else the validator', async () => {
    const end = BigInt(clock.nowMs() / 1000) + 10n;
    expect(await signerOf(validator)).toBe(validator.pubkey);
    expect(await outcomes([itemOf(validator, hot, { until: end })])).toEqual(['live']);
    expect(await signerOf(validator)).toBe(hot.pubkey);
    expect(await signerOf(validator, clock.nowMs() + 10_000)).toBe(validator.pubkey);
    expect(await outcomes([itemOf(validator, next, { nonce: 2n })])).toEqual(['live']);
    expect(await signerOf(validator)).toBe(next.pubkey);
    expect(await outcomes([itemOf(validator, next, { nonce: 3n, until: 0n })])).toEqual(['revoked']);
    expect(await signerOf(validator)).toBe(validator.pubkey);
  });

  it('is heard by other instances', async () => {
    expect(await services[1]!.signerOf(validator.pubkey, clock.nowMs())).toBe(validator.pubkey);
    await outcomes([itemOf(validator, hot)]);
    await new Promise(setImmediate);
    const signers = await services[1]!.signersOf([validator.pubkey, other.pubkey], clock.nowMs());
    expect([...signers]).toEqual([
      [validator.pubkey, hot.pubkey],
      [other.pubkey, other.pubkey],
    ]);
  });

  it('holds at every relay of the settlement', async () => {
    expect(await outcomes([itemOf(validator, hot, { relay: otherRelay })])).toEqual(['live']);
  });

  it('refuses each bad item by its code and takes the good ones beside them', async () => {
    const items = [
      itemOf(validator, hot, { signedBy: other }),
      itemOf(validator, hot, { provedBy: next }),
      itemOf(validator, hot, { provedFor: other }),
      itemOf(validator, hot, { nonce: 5n }),
      itemOf(validator, hot, { nonce: 5n }),
      itemOf(validator, next, { nonce: 5n }),
      itemOf(other, hot),
    ];
    expect(await outcomes(items)).toEqual([
      'SIGNATURE_INVALID',
      'DELEGATION_POSSESSION_INVALID',
      'DELEGATION_POSSESSION_INVALID',
      'live',
      'live',
      'DELEGATION_NONCE_STALE',
      'DELEGATION_DELEGATE_TAKEN',
    ]);
  });

  it('gives a delegate to one of many validators that ask at once over two instances', async () => {
    const items = Array.from({ length: 8 }, (_, n) => itemOf(key(30 + n), hot));
    const answers = await Promise.all(items.map((item, n) => services[n % 2]!.delegate([item])));
    const taken = answers.flat().filter((answer) => answer instanceof OdfError);
    expect(taken.map(({ code }) => code)).toEqual(Array<string>(7).fill('DELEGATION_DELEGATE_TAKEN'));
  });
});
