import { BlsKey } from '@odf/bls';
import { VouchersRepository } from '@odf/persistence';
import { OdfError, typedDigest, type Hex, type Voucher } from '@odf/protocol';
import { MemoryJournal, MemorySettlement } from '@odf/settlement';
import { ManualClock } from '@odf/telemetry';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import { privateKeyToAccount } from 'viem/accounts';
import { RelaySigner } from '../core/relay-signer.js';
import { OperatorSignaturesService } from '../enrollments/operator-signatures.service.js';
import { VouchersService } from './vouchers.service.js';

jest.setTimeout(60_000);

const secret = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;
const account = (n: number) => privateKeyToAccount(secret(n));
const addressOf = (n: number) => account(n).address.toLowerCase() as Hex;
const hub: Hex = `0x${'5f'.repeat(20)}`;
const owner: Hex = `0x${'0c'.repeat(20)}`;
const coprocessor: Hex = `0x${'a1'.repeat(48)}`;
const contract: Hex = `0x${'cc'.repeat(20)}`;
const signer = new RelaySigner(BlsKey.fromHex(secret(1)), { chainId: 31337n, settlement: hub });

async function voucher(n: number, cumulative_wei: bigint, by = n): Promise<Voucher> {
  const digest = typedDigest(
    'Voucher',
    { operator: addressOf(n), owner, cumulativeWei: cumulative_wei },
    signer.context,
  );
  return { operator: addressOf(n), owner, cumulative_wei, signature: await account(by).sign({ hash: digest }) };
}

/** Gives a settlement one contract account, which signs with the bytes 0x1271. */
const withContract = (settlement: MemorySettlement): MemorySettlement =>
  Object.assign(settlement, {
    isValidContractSignature: async (address: Hex, _: Hex, signature: Hex) =>
      address === contract && signature === '0x1271',
  });

describe('VouchersService', () => {
  const clock = new ManualClock();
  let database: TestDatabase;
  let service: VouchersService;

  beforeEach(async () => {
    database = await createTestDatabase();
    const options = { chainId: 31337n, address: hub, clock, journal: new MemoryJournal() };
    const settlement = withContract(await MemorySettlement.open(options));
    await settlement.registerDev({ pubkey: coprocessor, owner, cover_wei: 1n });
    const repository = new VouchersRepository(await database.connect());
    service = new VouchersService(repository, new OperatorSignaturesService(settlement), signer, settlement, clock);
  });
  afterEach(() => database.drop());

  const codes = async (items: Voucher[]) =>
    (await service.keep(items)).map((answer) => (answer instanceof OdfError ? answer.code : answer.cumulative_wei));

  it('keeps rising sums and refuses each bad voucher by its code', async () => {
    const high = (await voucher(2, 2n)).signature;
    const items = [
      await voucher(2, 5n),
      await voucher(2, 4n),
      await voucher(2, 5n),
      await voucher(3, 9n, 2),
      { ...(await voucher(3, 9n)), signature: high },
      { operator: contract, owner, cumulative_wei: 7n, signature: '0x1271' as Hex },
      { operator: contract, owner, cumulative_wei: 8n, signature: '0x1272' as Hex },
    ];
    expect(await codes(items)).toEqual([
      5n,
      'VOUCHER_STALE',
      5n,
      'VOUCHER_INVALID',
      'VOUCHER_INVALID',
      7n,
      'VOUCHER_INVALID',
    ]);
  });

  it("pages through a coprocessor's vouchers by operator", async () => {
    const items = await Promise.all([2, 3, 4].map((n) => voucher(n, BigInt(n))));
    await service.keep(items);
    const byOperator = items.toSorted((a, b) => (a.operator < b.operator ? -1 : 1));
    const first = await service.ofCoprocessor(coprocessor, { limit: 2 });
    expect(first).toEqual(byOperator.slice(0, 2));
    const cursor = first[1]!.operator.toUpperCase().replace('0X', '0x');
    expect(await service.ofCoprocessor(coprocessor, { limit: 2, cursor })).toEqual(byOperator.slice(2));
    const { operator } = byOperator[1]!;
    expect(await service.ofCoprocessor(coprocessor, { limit: 2, operator })).toEqual([byOperator[1]]);
  });

  it('refuses strangers and cursors that are no operator', async () => {
    const stranger: Hex = `0x${'b2'.repeat(48)}`;
    await expect(service.ofCoprocessor(stranger, { limit: 1 })).rejects.toMatchObject({ code: 'COPROCESSOR_UNKNOWN' });
    await expect(service.ofCoprocessor(coprocessor, { limit: 1, cursor: '7' })).rejects.toMatchObject({
      code: 'CURSOR_INVALID',
    });
  });
});
