import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { BlsKey } from '@odf/bls';
import { toHex, zeroHex, type Hex } from '@odf/protocol';
import { createPublicClient, createWalletClient, http, type Abi, type PublicClient } from 'viem';
import { foundry } from 'viem/chains';
import { g1Of, g2Of, type G1, type G2 } from '../../src/bls-points.js';
import { devAccount } from '../../src/local-chain/dev-account.js';
import { startLocalChain, type LocalChain } from '../../src/local-chain/local-chain.js';

jest.setTimeout(120_000);

const SIGNATURES = 200;
const P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
const WORD = 1n << 256n;
const NO_KEY: G1 = { xh: 0n, xl: 0n, yh: 0n, yl: 0n };
const NO_SIGNATURE: G2 = { x0h: 0n, x0l: 0n, x1h: 0n, x1l: 0n, y0h: 0n, y0l: 0n, y1h: 0n, y1l: 0n };

/** What a key signed, as EthBls takes it. */
interface Signed {
  key: G1;
  root: Hex;
  signature: G2;
}

let chain: LocalChain;
let client: PublicClient;
let probe: { abi: Abi; address: Hex };
let all: Signed[];

const random = (below: number) => randomBytes(4).readUInt32BE() % below;
const randomRoot = (): Hex => toHex(randomBytes(32));

function sign(): Signed {
  const key = BlsKey.generate(randomBytes);
  const root = randomRoot();
  return { key: g1Of(key.pubkey), root, signature: g2Of(key.sign(root)) };
}

/** EthBls as a contract, on a chain of its own. */
async function deployProbe(): Promise<void> {
  const contracts = join(__dirname, '..');
  const args = [join(contracts, 'compile.mjs'), 'libs/settlement/contracts/test/support/BlsProbe.sol'];
  const printed = execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  const { abi, bytecode } = (JSON.parse(printed) as { BlsProbe: { abi: Abi; bytecode: Hex } }).BlsProbe;
  chain = await startLocalChain();
  const transport = http(chain.rpcUrl, { batch: { batchSize: 50 } });
  client = createPublicClient({ chain: foundry, transport });
  const wallet = createWalletClient({ chain: foundry, transport, account: devAccount(0) });
  const hash = await wallet.deployContract({ abi, bytecode });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash, pollingInterval: 10 });
  probe = { abi, address: contractAddress! };
}

const verify = ({ key, root, signature }: Signed) =>
  client.readContract({ ...probe, functionName: 'verify', args: [key, root, signature] });

const verifyBoth = (first: Signed, second: Signed) => {
  const args = [first, second].flatMap(({ key, root, signature }) => [key, root, signature]);
  return client.readContract({ ...probe, functionName: 'verifyBoth', args });
};

/** Runs over all signatures and counts the answers. */
async function accepted(check: (signed: Signed, next: Signed) => Promise<unknown>): Promise<number> {
  const answers = await Promise.all(all.map((signed, index) => check(signed, all[(index + 1) % all.length]!)));
  expect(answers.every((answer) => typeof answer === 'boolean')).toBe(true);
  return answers.filter((answer) => answer === true).length;
}

const flip = (word: bigint, bits = 256) => word ^ (1n << BigInt(random(bits)));
const flipWord = <T extends object>(point: T, word: keyof T): T => ({ ...point, [word]: flip(point[word] as bigint) });

/** A coordinate changed as a number; `high` and `low` are its words. */
function changed<T extends object>(point: T, high: keyof T, low: keyof T, change: (value: bigint) => bigint): T {
  const value = change((point[high] as bigint) * WORD + (point[low] as bigint));
  return { ...point, [high]: value / WORD, [low]: value % WORD };
}
const negated = (value: bigint) => (value === 0n ? 0n : P - value);
const respelled = (value: bigint) => value + P;

const wordsOf = <T extends object>(point: T) => Object.keys(point) as (keyof T)[];
const mutations: Record<string, (signed: Signed, next: Signed) => Signed> = {
  ...Object.fromEntries(
    wordsOf(NO_KEY).map((word) => [
      `a flipped bit of ${word} of the key`,
      (signed: Signed) => ({ ...signed, key: flipWord(signed.key, word) }),
    ]),
  ),
  ...Object.fromEntries(
    wordsOf(NO_SIGNATURE).map((word) => [
      `a flipped bit of ${word} of the signature`,
      (signed: Signed) => ({ ...signed, signature: flipWord(signed.signature, word) }),
    ]),
  ),
  'a flipped bit of the message': (signed) => ({
    ...signed,
    root: `0x${flip(BigInt(signed.root)).toString(16).padStart(64, '0')}`,
  }),
  "another's key": (signed, { key }) => ({ ...signed, key }),
  "another's message": (signed, { root }) => ({ ...signed, root }),
  "another's signature": (signed, { signature }) => ({ ...signed, signature }),
  'the negated key': (signed) => ({ ...signed, key: changed(signed.key, 'yh', 'yl', negated) }),
  'the negated signature': (signed) => ({
    ...signed,
    signature: changed(changed(signed.signature, 'y0h', 'y0l', negated), 'y1h', 'y1l', negated),
  }),
  'the key spelled with x + p': (signed) => ({ ...signed, key: changed(signed.key, 'xh', 'xl', respelled) }),
  'the key spelled with y + p': (signed) => ({ ...signed, key: changed(signed.key, 'yh', 'yl', respelled) }),
  'the signature spelled with x0 + p': (signed) => ({
    ...signed,
    signature: changed(signed.signature, 'x0h', 'x0l', respelled),
  }),
  'the signature spelled with y1 + p': (signed) => ({
    ...signed,
    signature: changed(signed.signature, 'y1h', 'y1l', respelled),
  }),
  'halves of x swapped': ({ signature: s, ...signed }) => ({
    ...signed,
    signature: { ...s, x0h: s.x1h, x0l: s.x1l, x1h: s.x0h, x1l: s.x0l },
  }),
  'no key': (signed) => ({ ...signed, key: NO_KEY }),
  'no signature': (signed) => ({ ...signed, signature: NO_SIGNATURE }),
  'neither key nor signature': (signed) => ({ ...signed, key: NO_KEY, signature: NO_SIGNATURE }),
};

beforeAll(async () => {
  all = Array.from({ length: SIGNATURES }, sign);
  await deployProbe();
});
afterAll(() => chain.stop());

describe(`${SIGNATURES} signatures of random keys by @chainsafe/bls`, () => {
  it('verify on chain, alone and with each other', async () => {
    expect(await accepted(verify)).toBe(SIGNATURES);
    expect(await accepted(verifyBoth)).toBe(SIGNATURES);
  });

  it.each(Object.entries(mutations))('do not verify with %s', async (_, mutate) => {
    expect(await accepted((signed, next) => verify(mutate(signed, next)))).toBe(0);
    expect(await accepted((signed, next) => verifyBoth(mutate(signed, next), next))).toBe(0);
  });

  it('do not verify together over one message', async () => {
    const key = BlsKey.generate(randomBytes);
    const same = { key: g1Of(key.pubkey), root: zeroHex(32), signature: g2Of(key.sign(zeroHex(32))) };
    expect(await verify(same)).toBe(true);
    expect(await verifyBoth(same, same)).toBe(false);
  });
});
