import { verifySignature } from '@odf/bls';
import { awardTree } from '@odf/market';
import { Award, keyRoot, zeroHex, type AwardLeaf, type CoprocessorFee, type SignedAward } from '@odf/protocol';
import { signedBy, testCommitment, testCoprocessor, testDelegation, testKey, testValidator } from '@odf/testing';
import { bytes, fee } from '../../test/statement-records.js';
import { againstAward, againstCommitment, proveAwards, type FeeCheck } from './check-fees.js';

const relay = testKey(1);
const context = { chainId: 1n, settlement: bytes(20, 5), relayRoot: keyRoot(relay.pubkey) };
const check: FeeCheck = {
  relay: relay.pubkey,
  context,
  verify: async (...claim) => verifySignature(...claim),
};
const coprocessor = testCoprocessor(0);
const validators = [testValidator(0), testValidator(1)].sort((a, b) => (a.root < b.root ? -1 : 1));
const [validator] = validators as [(typeof validators)[0]];
const served = fee(1, {
  validator: validator.pubkey,
  operator: validator.account,
  coprocessor: coprocessor.pubkey,
  owner: coprocessor.owner,
});
const leaves: AwardLeaf[] = validators.map(({ root, account }) => ({
  validator_root: root,
  operator: account,
  max_liability: 7n,
  fee_wei: 100n,
}));

function signedAward(members: Partial<Award> = {}, key = relay): SignedAward {
  const { auction_id, avs_id, role } = served;
  const base = { auction_id, avs_id, role, coprocessor: coprocessor.pubkey, line_id: zeroHex(32) };
  const message = {
    ...base,
    ...{ award_root: awardTree(leaves).root, units: 2, term_start_ms: 1n, term_end_ms: 2n },
    ...members,
  };
  return signedBy(key, Award, message, context);
}
const prove = (award: SignedAward, its = leaves) => proveAwards(served, { awards: [award], leaves: its }, check);

describe('awards', () => {
  it('prove the fees of their leaves', async () => {
    const proved = await prove(signedAward());
    expect(proved.contradictions).toEqual([]);
    expect(againstAward(served, proved)).toBeNull();
  });

  it.each<[what: string, SignedAward, AwardLeaf[]]>([
    ['another key signed', signedAward({}, testKey(2)), leaves],
    ['is of another auction', signedAward({ auction_id: bytes(32, 9) }), leaves],
    ['is of another coprocessor', signedAward({ coprocessor: validator.pubkey }), leaves],
    ['has another leaf', signedAward(), [{ ...leaves[0]!, fee_wei: 101n }, leaves[1]!]],
    ['lacks a leaf', signedAward(), leaves.slice(1)],
  ])('prove nothing where one %s', async (_, award, its) => {
    const proved = await prove(award, its);
    expect(proved.contradictions).toMatchObject([{ code: 'AWARD_INVALID' }]);
    expect(againstAward(served, proved)).toMatchObject({ code: 'FEE_NOT_AWARDED' });
  });

  it.each<[what: string, Partial<typeof served>, string]>([
    ['amount', { fee_wei: 101n }, 'FEE_DIFFERS'],
    ['operator', { operator: bytes(20, 1) }, 'FEE_DIFFERS'],
    ['AVS', { avs_id: bytes(32, 1) }, 'FEE_DIFFERS'],
    ['validator', { validator: relay.pubkey }, 'FEE_NOT_AWARDED'],
    ['role', { role: 1 }, 'FEE_NOT_AWARDED'],
  ])('contradict a fee of another %s', async (_, members, code) => {
    expect(againstAward({ ...served, ...members }, await prove(signedAward()))).toMatchObject({ code });
  });
});

describe('commitments', () => {
  const header = { message: { ...served, attestation_root: bytes(32, 8) } };
  const enrollment = {
    message: {
      ...{ validator: validator.pubkey, operator: validator.account, avs_id: served.avs_id },
      ...{ policy_root: zeroHex(32), valid_from: 0n, valid_until: 9n, nonce: 1n },
    },
    operator_signature: '0x00' as const,
  };
  const hot = testKey(50);
  const delegation = testDelegation(validator, hot, {}, context);
  const proofBy = (key: typeof hot, members: { fee_wei: bigint } = served, delegated = false): CoprocessorFee => {
    const { fee_wei } = members;
    const commitment = testCommitment({ key, pubkey: validator.pubkey }, header as never, { fee_wei }, context);
    const award = { award: signedAward(), leaf: leaves[0]!, index: 0, branch: [] };
    return { ...served, proof: { commitment, delegation: delegated ? delegation : null, enrollment, award } };
  };

  it.each<[what: string, CoprocessorFee]>([
    ['by the validator', proofBy(validator.key)],
    ['by its delegate', proofBy(hot, served, true)],
    ['where there is none', { ...served, proof: null }],
  ])('hold %s', async (_, proved) => {
    expect(await againstCommitment(proved, check)).toBeNull();
  });

  it.each<[what: string, CoprocessorFee, string]>([
    ['a stranger signed', proofBy(testKey(3)), 'COMMITMENT_INVALID'],
    ['a key signed that was not delegated to', proofBy(hot), 'COMMITMENT_INVALID'],
    ['another fee was signed', proofBy(validator.key, { fee_wei: 99n }), 'FEE_DIFFERS'],
    ['another task was signed', { ...proofBy(validator.key), task_id: bytes(32, 2) }, 'FEE_DIFFERS'],
    ['another operator enrolled', { ...proofBy(validator.key), operator: bytes(20, 1) }, 'FEE_DIFFERS'],
  ])('do not where %s', async (_, proved, code) => {
    expect(await againstCommitment(proved, check)).toMatchObject({ code });
  });

  it('do not where the validator did not sign the delegation', async () => {
    const proved = proofBy(hot, served, true);
    const message = { ...delegation.message, nonce: 2n };
    const other = { ...proved, proof: { ...proved.proof!, delegation: { ...delegation, message } } };
    expect(await againstCommitment(other, check)).toMatchObject({
      code: 'COMMITMENT_INVALID',
      found: 'a delegation that the validator did not sign',
    });
  });
});
