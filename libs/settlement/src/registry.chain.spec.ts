import { BlsKey } from '@odf/bls';
import { keyRoot, ProofOfPossession, signingRoot, type Hex, type SigningContext } from '@odf/protocol';
import { randomBytes } from 'node:crypto';
import {
  createPublicClient,
  createWalletClient,
  getContractAddress,
  http,
  type PublicClient,
  type WalletClient,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { g1Of, g2Of, type G1, type G2 } from './bls-points.js';
import { coprocessorRegistryAbi, coprocessorRegistryBytecode, odfHubAbi, odfHubBytecode } from './contracts/index.js';
import { startLocalChain, type LocalChain } from './local-chain/local-chain.js';

jest.setTimeout(120_000);

const BOND = 10n ** 16n;
/** The order of the field, for x + p. */
const P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
const LOW = 1n << 256n;
/** The hub of the protocol's vectors is the first contract of anvil's first account. */
const HUB: Hex = '0x5fbdb2315678afecb367f032d93f642f64180aa3';
const deployer = mnemonicToAccount('test test test test test test test test test test test junk');
const other = (index: number): Hex => `0x${(index + 1).toString(16).padStart(40, '0')}`;

let chain: LocalChain;
let reader: PublicClient;
let wallet: WalletClient;
let registry: Hex;

beforeAll(async () => {
  chain = await startLocalChain();
  const transport = http(chain.rpcUrl, { batch: true });
  reader = createPublicClient({ chain: foundry, transport });
  wallet = createWalletClient({ chain: foundry, transport, account: deployer });
  registry = getContractAddress({ from: deployer.address, nonce: 1n });
  const contracts = { registry, vault: other(1), lines: other(2), claims: other(3), escrow: other(4) };
  const roles = { timelock: other(5), guardian: other(6), resolver: other(7), veto: other(8) };
  const args = [contracts, roles, BOND, BOND] as const;
  const hub = await deployed(
    await wallet.deployContract({ abi: odfHubAbi, bytecode: odfHubBytecode, args, account: deployer, chain: foundry }),
  );
  expect(hub.toLowerCase()).toBe(HUB);
  const registryHash = await wallet.deployContract({
    abi: coprocessorRegistryAbi,
    bytecode: coprocessorRegistryBytecode,
    args: [hub],
    account: deployer,
    chain: foundry,
  });
  expect(await deployed(registryHash)).toBe(registry.toLowerCase());
});
afterAll(() => chain.stop());

async function deployed(hash: Hex): Promise<Hex> {
  const { contractAddress } = await reader.waitForTransactionReceipt({ hash, pollingInterval: 20 });
  return contractAddress!.toLowerCase() as Hex;
}

interface Registration {
  key: G1;
  possession: G2;
  owner: Hex;
}

function registrationOf(secret: BlsKey, owner: Hex, members: Partial<SigningContext> = {}): Registration {
  const context = { chainId: 31_337n, settlement: HUB, relayRoot: `0x${'00'.repeat(32)}`, ...members };
  const message = { key: secret.pubkey, owner_root: `0x${owner.slice(2).padStart(64, '0')}` };
  return {
    key: g1Of(secret.pubkey),
    possession: g2Of(secret.sign(signingRoot(ProofOfPossession, message, context))),
    owner,
  };
}

/** What the registry would answer: the identity, or null where it refuses. */
async function register({ key, possession, owner }: Registration): Promise<Hex | null> {
  const call = {
    address: registry,
    abi: coprocessorRegistryAbi,
    functionName: 'register',
    args: [key, possession, owner],
    value: BOND,
    account: deployer.address,
    gas: 3_000_000n,
  } as const;
  return reader.simulateContract(call).then(
    ({ result }) => result,
    (error: unknown) => {
      if (/revert/i.test(String(error))) return null;
      throw error;
    },
  );
}

const random = () => BlsKey.generate(randomBytes);
const coordinate = (high: bigint, low: bigint) => high * LOW + low;
const parts = (value: bigint): [bigint, bigint] => [value / LOW, value % LOW];

/** Every way to spoil a registration; none may be taken. */
const mutations: Record<string, (good: Registration) => Registration> = {
  'another owner': (good) => ({ ...good, owner: other(99) }),
  "another key's signature": (good) => ({ ...good, possession: registrationOf(random(), good.owner).possession }),
  'another key': (good) => ({ ...good, key: g1Of(random().pubkey) }),
  'a flipped bit of x of the key': (good) => ({ ...good, key: { ...good.key, xl: good.key.xl ^ 1n } }),
  'a flipped bit of y of the key': (good) => ({ ...good, key: { ...good.key, yl: good.key.yl ^ 1n } }),
  'a flipped bit of the signature': (good) => ({
    ...good,
    possession: { ...good.possession, x0l: good.possession.x0l ^ 1n },
  }),
  'the negated key': (good) => {
    const [yh, yl] = parts(P - coordinate(good.key.yh, good.key.yl));
    return { ...good, key: { ...good.key, yh, yl } };
  },
  'x + p': (good) => {
    const [xh, xl] = parts(coordinate(good.key.xh, good.key.xl) + P);
    return { ...good, key: { ...good.key, xh, xl } };
  },
  'junk above the coordinate': (good) => ({ ...good, key: { ...good.key, xh: good.key.xh | (1n << 200n) } }),
  'infinity as key and signature': ({ owner }) => ({
    key: { xh: 0n, xl: 0n, yh: 0n, yl: 0n },
    possession: { x0h: 0n, x0l: 0n, x1h: 0n, x1l: 0n, y0h: 0n, y0l: 0n, y1h: 0n, y1l: 0n },
    owner,
  }),
  'swapped halves of the signature': ({ possession: s, ...good }) => ({
    ...good,
    possession: { ...s, x0h: s.x1h, x0l: s.x1l, x1h: s.x0h, x1l: s.x0l },
  }),
};

describe('CoprocessorRegistry on a real chain', () => {
  it('takes the proofs of possession of 200 random keys, and knows each by its key root', async () => {
    const secrets = Array.from({ length: 200 }, random);
    const answers = await Promise.all(secrets.map((secret, index) => register(registrationOf(secret, other(index)))));
    expect(answers).toEqual(secrets.map(({ pubkey }) => keyRoot(pubkey)));
  });

  it.each(Object.keys(mutations))('refuses %s', async (name) => {
    const good = Array.from({ length: 10 }, (_, index) => registrationOf(random(), other(index)));
    const answers = await Promise.all(good.map((registration) => register(mutations[name]!(registration))));
    expect(answers).toEqual(Array(10).fill(null));
  });

  it.each<[string, Partial<SigningContext>]>([
    ['chain', { chainId: 1n }],
    ['deployment', { settlement: other(0) }],
  ])('refuses a proof made for another %s', async (_, members) => {
    expect(await register(registrationOf(random(), other(0), members))).toBeNull();
  });
});
