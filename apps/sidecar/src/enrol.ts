import { RelayError, signMessage } from '@odf/client';
import {
  Enrollment,
  KeyDelegation,
  ProofOfPossession,
  routes,
  TrustPolicy,
  typedData,
  type DelegationItem,
  type EnrollmentItem,
  type Hex,
} from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import { privateKeyToAccount } from 'viem/accounts';
import type { Validator } from './keys.js';
import type { AvsChoice } from './policy.js';
import { checkAvsInfo } from './relay-check.js';
import type { RelaySession } from './relay-session.js';
import type { Store } from './store.js';

const DAY_SECONDS = 86_400;
/** How often a nonce that the relay knows to be stale is raised before the owner is told. */
const NONCE_TRIES = 3;

/** What enrolling needs. */
export interface EnrolDeps {
  store: Store;
  clock: Clock;
  enrollmentDays: number;
}

/** Makes a relay know a validator's enrollments and hot key; what it knows already is not signed again. */
export async function enrolValidator(session: RelaySession, validator: Validator, deps: EnrolDeps): Promise<void> {
  for (const choice of validator.avs.values()) {
    const known = await deps.store.get('enrollment', session.pubkey, validator.pubkey, choice.avs_id);
    if (isWanted(session, choice)) await enrol(session, validator, choice, deps, known);
    else if (known && !choice.enabled && isLiving(known.message, deps)) await exit(session, validator, known, deps);
  }
  await delegate(session, validator, deps);
}

/** An AVS is enrolled for when it is bought from coprocessors, and the relay serves it as the owner means it. */
function isWanted(session: RelaySession, choice: AvsChoice): choice is AvsChoice & { trust: TrustPolicy } {
  const info = session.avs(choice.avs_id);
  return choice.enabled && choice.trust !== undefined && info?.class === 'intensive' && !checkAvsInfo(info, choice);
}

const nowSeconds = ({ clock }: EnrolDeps): bigint => BigInt(Math.floor(clock.nowMs() / 1000));

function isLiving({ valid_until }: { valid_until: bigint }, deps: EnrolDeps): boolean {
  return valid_until > nowSeconds(deps);
}

/** Less than a quarter of its life is left. */
function isAging({ valid_until }: { valid_until: bigint }, deps: EnrolDeps): boolean {
  return valid_until - nowSeconds(deps) < BigInt(Math.floor((deps.enrollmentDays * DAY_SECONDS) / 4));
}

/** Rises with time too, so that a sidecar that lost its data folder is not stuck below its old nonces. */
function nextNonce(last: bigint | undefined, { clock }: EnrolDeps): bigint {
  const now = BigInt(clock.nowMs());
  return last !== undefined && last >= now ? last + 1n : now;
}

function validUntil(deps: EnrolDeps): bigint {
  return nowSeconds(deps) + BigInt(deps.enrollmentDays * DAY_SECONDS);
}

async function enrol(
  session: RelaySession,
  validator: Validator,
  { avs_id, trust }: AvsChoice & { trust: TrustPolicy },
  deps: EnrolDeps,
  known: EnrollmentItem | undefined,
): Promise<void> {
  const status = session.enrollments.get(`${validator.pubkey}!${avs_id}`);
  const same =
    known?.message.policy_root === TrustPolicy.root(trust) &&
    known.message.operator === validator.operator &&
    !isAging(known.message, deps);
  if (same && status?.state === 'live') return;
  const fresh = (last?: bigint) =>
    signEnrollment(session, validator, trust, {
      validator: validator.pubkey,
      operator: validator.operator,
      avs_id,
      policy_root: TrustPolicy.root(trust),
      valid_from: nowSeconds(deps),
      valid_until: validUntil(deps),
      nonce: nextNonce(last, deps),
    });
  await postEnrollment(session, validator, deps, same ? known : await fresh(known?.message.nonce), fresh);
}

async function exit(
  session: RelaySession,
  validator: Validator,
  { message, policy }: EnrollmentItem,
  deps: EnrolDeps,
): Promise<void> {
  const fresh = (last?: bigint) =>
    signEnrollment(session, validator, policy, {
      ...message,
      valid_until: nowSeconds(deps),
      nonce: nextNonce(last, deps),
    });
  await postEnrollment(session, validator, deps, await fresh(message.nonce), fresh);
}

async function signEnrollment(
  session: RelaySession,
  validator: Validator,
  policy: TrustPolicy,
  message: Enrollment,
): Promise<EnrollmentItem> {
  const consent = {
    validatorRoot: validator.root,
    operator: message.operator,
    avsId: message.avs_id,
    policyRoot: message.policy_root,
    relayRoot: session.relayRoot,
    validFrom: message.valid_from,
    validUntil: message.valid_until,
    nonce: message.nonce,
  };
  const account = privateKeyToAccount(validator.operatorKey.expose());
  const data = typedData('Enrollment', consent, session.context);
  const operator_signature = await account.signTypedData(
    data as unknown as Parameters<typeof account.signTypedData>[0],
  );
  return { ...signMessage(Enrollment, message, validator.key, session.context), policy, operator_signature };
}

async function postEnrollment(
  session: RelaySession,
  { pubkey }: Validator,
  { store }: EnrolDeps,
  item: EnrollmentItem,
  fresh: (last: bigint) => Promise<EnrollmentItem>,
): Promise<void> {
  const { avs_id } = item.message;
  const status = { validator: pubkey, avs_id };
  for (let attempt = 0; ; attempt++) {
    await store.put('enrollment', [session.pubkey, pubkey, avs_id], item);
    const refusal = await refusalOf(async () => {
      const [answer] = await session.client.data(routes.enrol, { body: [item] });
      const { state, reason } = answer ?? { state: 'refused', reason: 'The relay answered nothing.' };
      session.enrollments.set(`${pubkey}!${avs_id}`, { ...status, state, reason });
    });
    if (!refusal) return;
    if (refusal.error !== 'ENROLLMENT_NONCE_STALE' || attempt === NONCE_TRIES) {
      const reason = `${refusal.error}: ${refusal.message}`;
      session.enrollments.set(`${pubkey}!${avs_id}`, { ...status, state: 'refused', reason });
      return;
    }
    item = await fresh(item.message.nonce);
  }
}

async function delegate(session: RelaySession, validator: Validator, deps: EnrolDeps): Promise<void> {
  const { chainId, settlement } = session.context;
  const id = [validator.pubkey, chainId.toString(), settlement];
  let item = await deps.store.get('delegation', ...id);
  const current = item?.message.delegate === validator.delegate.pubkey && !isAging(item.message, deps);
  if (current && session.delegations.get(validator.pubkey) === item?.message.nonce) return;
  if (!item || !current) item = signDelegation(session, validator, deps, item?.message.nonce);
  for (let attempt = 0; attempt <= NONCE_TRIES; attempt++) {
    await deps.store.put('delegation', id, item);
    const { nonce } = item.message;
    const sent = [item];
    const refusal = await refusalOf(async () => {
      const [answer] = await session.client.data(routes.delegate, { body: sent });
      if (answer?.state === 'live') session.delegations.set(validator.pubkey, nonce);
    });
    // Without a delegate the validator's own key signs.
    if (refusal?.error !== 'DELEGATION_NONCE_STALE') return;
    item = signDelegation(session, validator, deps, nonce);
  }
}

function signDelegation(
  session: RelaySession,
  validator: Validator,
  deps: EnrolDeps,
  last: bigint | undefined,
): DelegationItem {
  const message: KeyDelegation = {
    validator: validator.pubkey,
    delegate: validator.delegate.pubkey,
    valid_until: validUntil(deps),
    nonce: nextNonce(last, deps),
  };
  const possession = { key: validator.delegate.pubkey, owner_root: validator.root };
  return {
    ...signMessage(KeyDelegation, message, validator.key, session.context),
    possession: signMessage(ProofOfPossession, possession, validator.delegate, session.context).signature,
  };
}

/** Runs a request of one item; returns the item's refusal, and throws every other failure. */
async function refusalOf(request: () => Promise<void>): Promise<{ error: string; message: string } | undefined> {
  try {
    await request();
    return undefined;
  } catch (error) {
    if (!(error instanceof RelayError) || error.isTransient) throw error;
    return error.failures[0] ?? { error: error.code, message: error.message };
  }
}

/** The key that signs for a validator at a relay: its hot key while the relay knows it, else its own. */
export function signerAt(session: RelaySession, validator: Validator): { pubkey: Hex; sign(root: Hex): Hex } {
  return session.delegations.has(validator.pubkey) ? validator.delegate : validator.key;
}
