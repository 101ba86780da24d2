import { awardTree, type AuctionDecision } from '@odf/market';
import type {
  AuctionsRepository,
  AwardsRepository,
  DeliveriesRepository,
  EnrollmentsRepository,
  StoredEnrollment,
  TaskRecord,
} from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import type { Settlement } from '@odf/settlement';
import { ManualClock } from '@odf/telemetry';
import { testValidator } from '@odf/testing';
import { AwardsService } from '../awards/awards.service.js';
import type { AvsRegistry } from '../core/avs-registry.js';
import type { Escrow } from '../core/escrow.js';
import type { EnrollmentChecks } from '../enrollments/enrollment-checks.js';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';
import { AttestedResponses } from './attested-response.js';

const bytes = (length: number, n: number): Hex => `0x${n.toString(16).padStart(length * 2, '0')}`;
const [auction_id, avs_id, digest, line_id] = [1, 2, 3, 4].map((n) => bytes(32, n)) as [Hex, Hex, Hex, Hex];
const [operator, stranger] = [bytes(20, 5), bytes(20, 6)];
const coprocessor = bytes(48, 7);
const [awarded, successor] = [testValidator(0), testValidator(1)];
const task = { taskId: bytes(32, 8), avsId: avs_id, auctionId: auction_id } as TaskRecord;

function decided(): AuctionDecision {
  const leaves = [{ validator_root: awarded.root, operator, max_liability: 1n, fee_wei: 1n }];
  const tree = awardTree(leaves);
  const award = { role: 0, coprocessor, line_id, leaves, tree, award_root: tree.root, owner: bytes(20, 9) };
  return { inputs: { auction: { auction_id } }, awards: [award] } as unknown as AuctionDecision;
}

/** Who is enrolled now; the awarded validator has left, and may have enrolled again with another operator. */
function attested(enrolled: readonly Partial<StoredEnrollment>[]): AttestedResponses {
  const signed = { award: { message: { auction_id, role: 0, coprocessor } } };
  const awards = new AwardsService(
    {} as AuctionsRepository,
    { ofAuction: async () => [signed] } as unknown as AwardsRepository,
  );
  awards.remember(decided());
  const rows = {
    find: async (root: Hex) => enrolled.find(({ validator_root }) => validator_root === root) ?? null,
    holderOf: async (held: Hex) => enrolled.find((row) => row.operator === held)?.validator ?? null,
  } as unknown as EnrollmentsRepository;
  const enrollments = new EnrollmentsService(
    rows,
    {} as EnrollmentChecks,
    {} as AvsRegistry,
    {} as Settlement,
    new ManualClock(),
  );
  const deliveries = { find: async () => ({ state: 'verified', attestationRoot: bytes(32, 10) }) };
  const escrow = { attestationOf: () => ({ message: { response_digest: digest } }) };
  return new AttestedResponses(
    enrollments,
    awards,
    deliveries as unknown as DeliveriesRepository,
    escrow as unknown as Escrow,
  );
}

const rowOf = ({ root, pubkey }: typeof awarded, held: Hex) => ({
  validator_root: root,
  validator: pubkey,
  operator: held,
});

describe('AttestedResponses', () => {
  it.each([
    ['left, and another has its operator now', [rowOf(successor, operator), rowOf(awarded, operator)]],
    ['took another operator', [rowOf(awarded, stranger)]],
  ])('finds the validator of the award although it %s', async (_, enrolled) => {
    const responses = attested(enrolled);
    expect(await responses.find(task, operator, digest)).toMatchObject({ validator: awarded.pubkey });
    expect(await responses.validatorOf(task, operator)).toBe(awarded.pubkey);
  });

  it('finds nothing for another digest, nor for an operator without an award, whose validator is the enrolled one', async () => {
    const responses = attested([rowOf(awarded, operator), rowOf(successor, stranger)]);
    expect(await responses.find(task, operator, bytes(32, 99))).toBeNull();
    expect(await responses.find(task, stranger, digest)).toBeNull();
    expect(await responses.validatorOf(task, stranger)).toBe(successor.pubkey);
    expect(await responses.validatorOf({ ...task, auctionId: null }, operator)).toBe(awarded.pubkey);
  });
});
