import { readFileSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import type { Hex } from '@odf/protocol';
import { movedKey, movedSignature } from '../test/small-order.js';
import { BlsKey } from './bls-key.js';
import type { SignatureSet } from './signature-set.js';
import { SignatureVerifier, type CheckedBatch, type SignatureVerifierOptions } from './signature-verifier.js';
import { startSignatureWorker } from './start-worker.js';

interface BatchVectors {
  commitment_batch: { signing_root: Hex; items: { pubkey: Hex; signature: Hex }[] };
  negative: {
    signatures: { name: string; pubkey: Hex; signing_root: Hex; signature: Hex }[];
    batches: { name: string; signing_root: Hex; items: { pubkey: Hex; signature: Hex; valid: boolean }[] }[];
  };
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../test/vectors/protocol.json', import.meta.url), 'utf8'),
) as BatchVectors;

const rootOf = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;
const keys = Array.from({ length: 12 }, (_, n) => BlsKey.fromHex(rootOf(n + 1000)));
const setOf = (key: BlsKey, root: Hex): SignatureSet => ({
  pubkey: key.pubkey,
  signingRoot: root,
  signature: key.sign(root),
});
/** Two messages of twelve signers each, and twelve messages of one signer each. */
const pool = [
  ...keys.map((key) => setOf(key, rootOf(1))),
  ...keys.map((key) => setOf(key, rootOf(2))),
  ...keys.map((key, n) => setOf(key, rootOf(10 + n))),
];
const infinity: Hex = `0xc0${'00'.repeat(95)}`;
const spoilt: ((set: SignatureSet, other: SignatureSet) => SignatureSet)[] = [
  (set) => ({ ...set, signature: infinity }),
  (set) => ({ ...set, signature: `0x${'ff'.repeat(96)}` }),
  (set) => ({ ...set, signature: '0x12' }),
  (set) => ({ ...set, pubkey: `0xc0${'00'.repeat(47)}` }),
  (set) => ({ ...set, pubkey: `0x${'00'.repeat(48)}` }),
  (set) => ({ ...set, signingRoot: rootOf(999) }),
  (set, other) => ({ ...set, signature: other.signature === set.signature ? infinity : other.signature }),
];

const opened: SignatureVerifier[] = [];
function open(options: SignatureVerifierOptions = {}): SignatureVerifier {
  const verifier = new SignatureVerifier(options);
  opened.push(verifier);
  return verifier;
}
afterAll(() => Promise.all(opened.map((verifier) => verifier.close())));

describe('SignatureVerifier', () => {
  const batches: CheckedBatch[] = [];
  const verifier = open({ onBatch: (batch) => batches.push(batch) });
  beforeEach(() => batches.splice(0));

  it('starts with a known answer', () => verifier.start());

  it('takes the commitment batch of the vectors', async () => {
    const { signing_root, items } = vectors.commitment_batch;
    expect(await verifier.verifySameMessage(signing_root, items)).toEqual(items.map(() => true));
    expect(batches).toMatchObject([{ size: items.length, refused: 0 }]);
  });

  it.each(vectors.negative.batches.map((row) => [row.name, row] as const))(
    'refuses items whose plain sum verifies: %s',
    async (_, row) => {
      const good = keys.map((key) => ({ pubkey: key.pubkey, signature: key.sign(row.signing_root), valid: true }));
      const items = [...good, ...row.items];
      expect(await verifier.verifySameMessage(row.signing_root, row.items)).toEqual(
        row.items.map(({ valid }) => valid),
      );
      expect(await verifier.verifySameMessage(row.signing_root, items)).toEqual(items.map(({ valid }) => valid));
    },
  );

  it('refuses all negative signatures of the vectors among good ones', async () => {
    const bad = vectors.negative.signatures.map((row) => ({ ...row, signingRoot: row.signing_root }));
    const answers = await verifier.verifyMany([...bad, ...pool]);
    expect(answers).toEqual([...bad.map(() => false), ...pool.map(() => true)]);
  });

  it('refuses points moved out of the subgroup, also keys that the pairing alone would take', async () => {
    // Set 30 is the only one of its message, set 0 one of twelve.
    const bad = [pool[0]!, pool[30]!].flatMap((set) => [
      { ...set, pubkey: movedKey(set.pubkey) },
      { ...set, signature: movedSignature(set.signature) },
    ]);
    for (const set of bad) expect(await verifier.verify(set)).toBe(false);
    expect(await verifier.verifyMany([...bad, ...pool])).toEqual([...bad.map(() => false), ...pool.map(() => true)]);
  });

  it('answers random mixes of good and bad exactly', async () => {
    const item = fc.record({
      good: fc.nat(pool.length - 1),
      other: fc.nat(pool.length - 1),
      how: fc.option(fc.nat(spoilt.length - 1), { freq: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 24 }), async (mix) => {
        const sets = mix.map(({ good, other, how }) =>
          how === null ? pool[good]! : spoilt[how]!(pool[good]!, pool[other]!),
        );
        const expected = mix.map(({ how }) => how === null);
        expect(await verifier.verifyMany(sets)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  it('sends a lone signature at once and groups what comes meanwhile', async () => {
    const first = verifier.verify(pool[0]!);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    const rest = pool.slice(1).map((set) => verifier.verify(set));
    expect(await Promise.all([first, ...rest])).toEqual(pool.map(() => true));
    expect(batches.map(({ size }) => size)).toEqual([1, pool.length - 1]);
  });

  it('lets single signatures pass bulk work and never makes a batch of more than 128', async () => {
    const order: string[] = [];
    const many = Array.from({ length: 300 }, (_, n) => pool[n % 12]!);
    const bulk = verifier.verifyMany(many).then((answers) => {
      order.push('bulk');
      return answers;
    });
    const single = verifier.verify(pool[30]!).then(() => order.push('single'));
    expect(await bulk).toEqual(many.map(() => true));
    await single;
    expect(order).toEqual(['single', 'bulk']);
    expect(Math.max(...batches.map(({ size }) => size))).toBe(128);
  });

  it('answers an empty list', async () => expect(await verifier.verifyMany([])).toEqual([]));
});

describe('SignatureVerifier under pressure', () => {
  it('refuses what goes over its bound, and takes more once the queue is empty', async () => {
    const verifier = open({ maxWaiting: 2, maxWaitingBulk: 3 });
    const taken = [verifier.verify(pool[0]!), verifier.verify(pool[1]!)];
    await expect(verifier.verify(pool[2]!)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 1 });
    await expect(verifier.verifyMany(pool.slice(0, 4))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await Promise.all(taken)).toEqual([true, true]);
    expect(await verifier.verify(pool[2]!)).toBe(true);
  });

  it('rejects what a dying thread had, and starts another', async () => {
    const threads: Worker[] = [];
    const verifier = open({
      startWorker: (settings) => {
        const worker = startSignatureWorker(settings);
        threads.push(worker);
        return worker;
      },
    });
    expect(await verifier.verify(pool[0]!)).toBe(true);
    const lost = verifier.verifyMany(Array.from({ length: 128 }, (_, n) => pool[n % pool.length]!));
    setImmediate(() => setImmediate(() => void threads[0]!.terminate()));
    await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: expect.any(Error) });
    expect(await verifier.verifyMany([pool[1]!, { ...pool[2]!, signature: infinity }])).toEqual([true, false]);
    expect(threads).toHaveLength(2);
  });

  it('rejects when the thread cannot start', async () => {
    const verifier = open({
      startWorker: () => {
        throw new Error('no threads left');
      },
    });
    await expect(verifier.verify(pool[0]!)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('finishes what waits before it closes, and takes nothing more', async () => {
    const verifier = open();
    const answers = verifier.verifyMany([...pool, { ...pool[0]!, signature: infinity }]);
    const closed = verifier.close();
    await expect(verifier.verify(pool[0]!)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await closed;
    expect(verifier.waiting).toBe(0);
    expect(await answers).toEqual([...pool.map(() => true), false]);
  });

  it('keeps right answers with a key cache smaller than a batch', async () => {
    const verifier = open({ cachedKeys: 1 });
    expect(await verifier.verifyMany(pool)).toEqual(pool.map(() => true));
  });
});
