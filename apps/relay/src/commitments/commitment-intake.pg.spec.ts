import { AwardRole, Commitment, OdfError, sha256, type Hex } from '@odf/protocol';
import type { CommitmentRecord } from '@odf/persistence';
import { createTestDatabase, signedBy, testCoprocessor, testValidator, type TestDatabase } from '@odf/testing';
import { Instance, testWorld, type World } from '../../test/instance.js';
import type { CheckedCommitment } from './commitment-intake.js';

jest.setTimeout(60_000);

let world: World;
let database: TestDatabase;
let one: Instance;
let two: Instance;

beforeAll(async () => {
  world = await testWorld([]);
  await world.verifier.start();
  database = await createTestDatabase();
  [one, two] = [await Instance.on(database, world), await Instance.on(database, world)];
});
afterAll(async () => {
  await world.verifier.close();
  await database.drop();
});

let tasks = 0;
const newTask = (): Hex => sha256(Buffer.from(`task ${(tasks += 1)}`));
const idOf = (name: string): Hex => sha256(Buffer.from(name));

interface CommitmentMembers {
  role?: number;
  fee_wei?: bigint;
  by?: number;
  escrowed?: boolean;
}

function commitmentOf(
  validator: number,
  task_id: Hex,
  { role = AwardRole.primary, fee_wei = 5n, by = validator, escrowed = false }: CommitmentMembers = {},
): CheckedCommitment {
  const { pubkey } = testValidator(validator);
  const message: Commitment = {
    auction_id: idOf('auction'),
    task_id,
    coprocessor: testCoprocessor(role).pubkey,
    attestation_root: idOf('attestation'),
    fee_wei,
  };
  const { signature } = signedBy(testValidator(by).key, Commitment, message, world.signer.context);
  const { account: operator } = testValidator(validator);
  const payment = { avs_id: idOf('avs'), operator, owner: testCoprocessor(role).owner, escrowed };
  return { commitment: { message, validator: pubkey, signature }, role, signer: pubkey, payment };
}

const settle = async (committing: Promise<CommitmentRecord>[]): Promise<(CommitmentRecord | string)[]> =>
  Promise.all(
    committing.map((one) =>
      one.catch((error: unknown) => {
        if (error instanceof OdfError) return error.code;
        throw error;
      }),
    ),
  );
const storedOf = (taskId: Hex, validator: number) => one.commitmentRows.find(taskId, testValidator(validator).pubkey);

describe('CommitmentIntake', () => {
  it('makes the same commitment durable once, however often and wherever it arrives', async () => {
    const task = newTask();
    const commitment = commitmentOf(1, task);
    const first = await settle([one, two, one, two].map(({ commitments }) => commitments.commit(commitment)));
    world.clock.advance(60_000);
    const later = await settle([one, two].map(({ commitments }) => commitments.commit(commitment)));
    const [stored] = await storedOf(task, 1);
    expect(stored).toMatchObject({ feeWei: 5n, batchIndex: expect.any(Number) as number });
    expect([...first, ...later]).toEqual(Array(6).fill(stored));
  });

  it('lets one of two different commitments of a validator win over two instances, in every race', async () => {
    for (let race = 0; race < 10; race++) {
      const task = newTask();
      const answers = await settle([
        one.commitments.commit(commitmentOf(2, task, { fee_wei: 1n })),
        two.commitments.commit(commitmentOf(2, task, { fee_wei: 2n })),
      ]);
      const winner = answers.find((answer) => typeof answer !== 'string');
      expect(answers.filter((answer) => answer === 'COMMITMENT_CONFLICT')).toHaveLength(1);
      expect(await storedOf(task, 2)).toEqual([winner]);
    }
  });

  it('lets the first of two different ones in one batch win', async () => {
    const task = newTask();
    const answers = await settle([
      one.commitments.commit(commitmentOf(3, task, { fee_wei: 1n })),
      one.commitments.commit(commitmentOf(3, task, { fee_wei: 2n })),
      one.commitments.commit(commitmentOf(3, task, { fee_wei: 1n })),
    ]);
    const [stored] = await storedOf(task, 3);
    expect(answers).toEqual([stored, 'COMMITMENT_CONFLICT', stored]);
  });

  it('keeps primary and standby, validators and tasks apart', async () => {
    const [task, other] = [newTask(), newTask()];
    const answers = await settle([
      one.commitments.commit(commitmentOf(4, task)),
      two.commitments.commit(commitmentOf(4, task, { role: AwardRole.standby })),
      one.commitments.commit(commitmentOf(5, task)),
      two.commitments.commit(commitmentOf(4, other)),
    ]);
    expect(answers.filter((answer) => typeof answer === 'string')).toEqual([]);
    expect((await storedOf(task, 4)).map(({ role }) => role)).toEqual([0, 1]);
  });

  it('takes no more than an operator can pay, over two instances and in every race', async () => {
    const operator = testValidator(20).account;
    await world.settlement.setEscrow(operator, { balance_wei: 25n, leaving_wei: 3n, paid_wei: 0n });
    const answers = await settle(
      Array.from({ length: 8 }, (_, index) =>
        [one, two][index % 2]!.commitments.commit(commitmentOf(20, newTask(), { escrowed: true, fee_wei: 5n })),
      ),
    );
    expect(answers.filter((answer) => answer === 'COMMITMENT_ESCROW_EXCEEDED')).toHaveLength(4);
    expect(answers.filter((answer) => typeof answer !== 'string')).toHaveLength(4);
    const refused = newTask();
    expect(await settle([one.commitments.commit(commitmentOf(20, refused, { escrowed: true }))])).toEqual([
      'COMMITMENT_ESCROW_EXCEEDED',
    ]);
    expect(await storedOf(refused, 20)).toEqual([]);
    await world.settlement.setEscrow(operator, { balance_wei: 25n, leaving_wei: 3n, paid_wei: 20n });
    const [later] = await settle([two.commitments.commit(commitmentOf(20, refused, { escrowed: true }))]);
    expect(await storedOf(refused, 20)).toEqual([later]);
  });

  it('tells a signature of another key from good ones over the same message', async () => {
    const task = newTask();
    const checked = [commitmentOf(6, task), commitmentOf(7, task, { by: 8 }), commitmentOf(9, task)];
    const answers = await Promise.all(checked.map((commitment) => one.commitments.isSigned(commitment)));
    expect(answers).toEqual([true, false, true]);
  });

  it('holds when the database loses the transaction: nobody is told of a commitment that is not there', async () => {
    const task = newTask();
    const gone = await Instance.on(database, world);
    await gone.dataSource.destroy();
    await expect(gone.commitments.commit(commitmentOf(10, task))).rejects.not.toBeInstanceOf(OdfError);
    expect(await storedOf(task, 10)).toEqual([]);
  });
});
