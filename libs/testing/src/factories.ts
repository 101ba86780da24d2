import type { BlsKey } from '@odf/bls';
import {
  Attestation,
  Bid,
  Commitment,
  Enrollment,
  KeyDelegation,
  Outcome,
  ProofOfPossession,
  SignedValidatorRegistrationV1,
  TrustPolicy,
  ValidatorRegistrationV1,
  builderDomain,
  keyRoot,
  sha256,
  signingRoot,
  signingRootOf,
  typedDigest,
  zeroHex,
  type Container,
  type DelegationItem,
  type Delivery,
  type EnrollmentItem,
  type Hex,
  type Signed,
  type SignedBid,
  type SignedCommitment,
  type SignedHeader,
  type SignedOutcome,
  type SigningContext,
  type TaskInfo,
} from '@odf/protocol';
import type { TestValidator } from './keys.js';

/** Later than any test, Unix seconds. */
export const FAR_SECONDS = 2n ** 40n;

/** A policy that takes every coprocessor for up to half of the reward, with the members given. */
export function testPolicy(members: Partial<TrustPolicy> = {}): TrustPolicy {
  const collateral = { kind: 0, assets: [], cover_bps: 0 };
  return {
    max_fee_share_bps: 5_000,
    max_fee_wei: 10n ** 18n,
    slashable_wei: 0n,
    tiers: [{ collateral, min_reputation_bps: 0, assurance: 0, discount_bps: 0 }],
    allow: [],
    deny: [],
    ...members,
  };
}

/** Signs a message in the domain of its container. */
export function signedBy<M>(key: BlsKey, container: Container<M>, message: M, context: SigningContext): Signed<M> {
  return { message, signature: key.sign(signingRoot(container, message, context)) };
}

/** An enrollment signed by the validator and its operator. */
export async function testEnrollment(
  validator: TestValidator,
  { avs_id, policy = testPolicy(), ...members }: Partial<Enrollment> & { avs_id: Hex; policy?: TrustPolicy },
  context: SigningContext,
): Promise<EnrollmentItem> {
  const message: Enrollment = {
    validator: validator.pubkey,
    operator: validator.account,
    avs_id,
    policy_root: TrustPolicy.root(policy),
    valid_from: 0n,
    valid_until: FAR_SECONDS,
    nonce: 1n,
    ...members,
  };
  const consent = {
    validatorRoot: keyRoot(message.validator),
    operator: message.operator,
    avsId: message.avs_id,
    policyRoot: message.policy_root,
    relayRoot: context.relayRoot,
    validFrom: message.valid_from,
    validUntil: message.valid_until,
    nonce: message.nonce,
  };
  const operator_signature = await validator.operator.sign({ hash: typedDigest('Enrollment', consent, context) });
  return { ...signedBy(validator.key, Enrollment, message, context), policy, operator_signature };
}

/** A delegation to a hot key that proves its possession. */
export function testDelegation(
  validator: TestValidator,
  hot: BlsKey,
  members: Partial<KeyDelegation>,
  context: SigningContext,
): DelegationItem {
  const message = {
    validator: validator.pubkey,
    delegate: hot.pubkey,
    valid_until: FAR_SECONDS,
    nonce: 1n,
    ...members,
  };
  const possession = { key: hot.pubkey, owner_root: validator.root };
  return {
    ...signedBy(validator.key, KeyDelegation, message, context),
    possession: signedBy(hot, ProofOfPossession, possession, context).signature,
  };
}

/** A standing bid of one unit for a tenth of the reward, with the members given. */
export function testBid(key: BlsKey, members: Partial<Bid> & { avs_id: Hex }, context: SigningContext): SignedBid {
  const message: Bid = {
    auction_id: zeroHex(32),
    coprocessor: key.pubkey,
    line_id: zeroHex(32),
    cover_wei_per_unit: 0n,
    assurance: 0,
    standby: 0,
    steps: [{ fee_share_bps: 1_000, units: 1 }],
    valid_until: FAR_SECONDS,
    nonce: 1n,
    ...members,
  };
  return signedBy(key, Bid, message, context);
}

/** A payload of a task with its attestation, good for a year. */
export function testDelivery(
  key: BlsKey,
  about: { task: TaskInfo; result: Uint8Array; witness: Uint8Array; response_digest: Hex } & Partial<Attestation> &
    Pick<Attestation, 'line_id' | 'award_root'>,
  context: SigningContext,
): Delivery {
  const { task, result, witness, ...members } = about;
  const message: Attestation = {
    auction_id: task.auction_id,
    task_id: task.task_id,
    input_root: sha256(task.input),
    result_root: sha256(result),
    witness_root: sha256(witness),
    salt: zeroHex(32),
    issued_at_ms: task.created_at_ms,
    expires_at_ms: task.created_at_ms + 31_536_000_000n,
    seq: 1n,
    ...members,
  };
  return { ...signedBy(key, Attestation, message, context), result, witness };
}

/** A commitment to a header for the fee of the award's leaf. */
export function testCommitment(
  validator: Pick<TestValidator, 'key' | 'pubkey'>,
  { message: header }: Pick<SignedHeader, 'message'>,
  members: Partial<Commitment> & { fee_wei: bigint },
  context: SigningContext,
): SignedCommitment {
  const { auction_id, task_id, coprocessor, attestation_root } = header;
  const message = { auction_id, task_id, coprocessor, attestation_root, ...members };
  const { signature } = signedBy(validator.key, Commitment, message, context);
  return { message, validator: validator.pubkey, signature };
}

/** An outcome that reports an accepted response, with the members given. */
export function testOutcome(
  validator: Pick<TestValidator, 'key' | 'pubkey'>,
  members: Partial<Outcome> & { task_id: Hex },
  context: SigningContext,
): SignedOutcome {
  const message = {
    validator: validator.pubkey,
    status: 2,
    response_digest: zeroHex(32),
    reference: zeroHex(32),
    seq: 1n,
    ...members,
  };
  return signedBy(validator.key, Outcome, message, context);
}

/** A builder's registration on mainnet, as JSON and as SSZ; Unix seconds. */
export function testRegistration(validator: Pick<TestValidator, 'key' | 'pubkey'>, timestamp: bigint) {
  const message = { fee_recipient: zeroHex(20), gas_limit: 30_000_000n, timestamp, pubkey: validator.pubkey };
  const root = signingRootOf(ValidatorRegistrationV1.root(message), builderDomain('0x00000000'));
  const signed = { message, signature: validator.key.sign(root) };
  return {
    json: SignedValidatorRegistrationV1.toJson(signed) as Record<string, unknown>,
    ssz: SignedValidatorRegistrationV1.serialize(signed),
  };
}
