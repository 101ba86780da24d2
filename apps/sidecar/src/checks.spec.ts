import { verifySignature } from '@odf/bls';
import {
  avsId,
  keyRoot,
  zeroHex,
  type AvsInfo,
  type AwardProof,
  type RelayInfo,
  type Reveal,
  type SignedHeader,
} from '@odf/protocol';
import * as scene from '../test/scene.js';
import { betterAward, checkAward } from './award-check.js';
import { checkHeader, checkTask } from './header-check.js';
import { RefusedError } from './refusal.js';
import { checkAvsInfo, checkRelayInfo } from './relay-check.js';
import { checkReveal, openAttested } from './reveal-check.js';

const other = `0x${'ee'.repeat(32)}` as const;

describe('checkAward', () => {
  const expected = {
    relay: scene.relay.pubkey,
    context: scene.context,
    auction: scene.auction,
    mode: 'term' as const,
    validatorRoot: keyRoot(scene.validator.pubkey),
    operator: scene.operator,
    policy: scene.policy,
    rewardRefWei: 200n,
    line: { kind: 1, asset: zeroHex(20) },
  };
  const check = (proof: AwardProof, change: Partial<typeof expected> = {}) =>
    checkAward(proof, { ...expected, ...change }, verifySignature)?.code ?? null;

  it('accepts an award at the limits of the policy', () => {
    expect(check(scene.awardProof())).toBeNull();
  });

  it.each<[string, AwardProof, Partial<typeof expected>, string]>([
    ["a stranger's signature", scene.awardProof({}, {}, scene.stranger), {}, 'AWARD_SIGNATURE_INVALID'],
    [
      'a changed leaf',
      { ...scene.awardProof(), leaf: scene.awardProof({ fee_wei: 1n }).leaf },
      {},
      'AWARD_BRANCH_INVALID',
    ],
    ['an index beyond the leaves', { ...scene.awardProof(), index: 1 }, {}, 'AWARD_BRANCH_INVALID'],
    ['the leaf of another validator', scene.awardProof({ validator_root: other }), {}, 'AWARD_NOT_OURS'],
    ['the leaf of another operator', scene.awardProof({ operator: zeroHex(20) }), {}, 'AWARD_NOT_OURS'],
    ['another auction', scene.awardProof({}, { auction_id: other }), {}, 'AWARD_MISMATCH'],
    ['another AVS', scene.awardProof({}, { avs_id: other }), {}, 'AWARD_MISMATCH'],
    ['another term', scene.awardProof({}, { term_end_ms: 5n }), {}, 'AWARD_MISMATCH'],
    ['an unknown role', scene.awardProof({}, { role: 2 }), {}, 'AWARD_MISMATCH'],
    [
      'an auction id of another round',
      scene.awardProof(),
      { auction: { ...scene.auction, round: 1 } },
      'AWARD_MISMATCH',
    ],
    ['a fee above the policy', scene.awardProof({ fee_wei: 101n }), {}, 'AWARD_TOO_EXPENSIVE'],
    ['a fee above the share', scene.awardProof(), { rewardRefWei: 199n }, 'AWARD_TOO_EXPENSIVE'],
    ['too little cover', scene.awardProof({ max_liability: 499n }), {}, 'AWARD_COVER_TOO_LOW'],
    [
      'a denied coprocessor',
      scene.awardProof(),
      { policy: { ...scene.policy, deny: [scene.coprocessor.pubkey] } },
      'AWARD_COPROCESSOR_DENIED',
    ],
    [
      'one that is not allowed',
      scene.awardProof(),
      { policy: { ...scene.policy, allow: [scene.stranger.pubkey] } },
      'AWARD_COPROCESSOR_DENIED',
    ],
    ['a line that nobody knows', scene.awardProof(), { line: null as never }, 'AWARD_NOT_ACCEPTABLE'],
  ])('refuses %s', (_, proof, change, code) => {
    expect(check(proof, change)).toBe(code);
  });

  it('prefers the lower fee, then the higher cover', () => {
    const [cheap, dear] = [scene.awardProof({ fee_wei: 1n }), scene.awardProof({ max_liability: 900n })];
    expect([dear, scene.awardProof(), cheap].sort(betterAward)).toEqual([cheap, dear, scene.awardProof()]);
  });
});

describe('checkHeader', () => {
  const expected = {
    relay: scene.relay.pubkey,
    context: scene.context,
    taskId: scene.task_id,
    awards: [scene.award],
    limits: { result_bytes: 10, witness_bytes: 10 },
    fixed: undefined as SignedHeader | undefined,
  };
  const check = (header: SignedHeader, change: Partial<typeof expected> = {}) =>
    checkHeader(header, { ...expected, ...change }, verifySignature)?.code ?? null;

  it('passes the header of the award, also a second time', () => {
    expect(check(scene.header())).toBeNull();
    expect(check(scene.header(), { fixed: scene.header() })).toBeNull();
  });

  it.each<[string, SignedHeader, Partial<typeof expected>, string]>([
    ["a stranger's signature", scene.header({}, scene.stranger), {}, 'HEADER_SIGNATURE_INVALID'],
    ['another task', scene.header({ task_id: other }), {}, 'HEADER_MISMATCH'],
    [
      'another header than the fixed one',
      scene.header({ key_hash: other }),
      { fixed: scene.header() },
      'HEADER_SWAPPED',
    ],
    ['a role without an award', scene.header({ role: 1 }), {}, 'HEADER_MISMATCH'],
    ['another coprocessor', scene.header({ coprocessor: scene.stranger.pubkey }), {}, 'HEADER_MISMATCH'],
    ['another auction', scene.header({ auction_id: other }), {}, 'HEADER_MISMATCH'],
    ['an oversized ciphertext', scene.header({ ciphertext_size: 10n ** 9n }), {}, 'HEADER_MISMATCH'],
  ])('refuses %s', (_, header, change, code) => {
    expect(check(header, change)).toBe(code);
  });
});

describe('checkTask', () => {
  const { avs_id, task_id, native_ref } = scene;
  const task = { task_id, avs_id, native_ref } as Parameters<typeof checkTask>[0];

  it('binds a task to its AVS and reference', () => {
    expect(checkTask(task, { task_id, avs_id })).toBeNull();
    expect(checkTask({ ...task, native_ref: '0x03' }, { task_id, avs_id })?.code).toBe('TASK_MISMATCH');
    expect(checkTask({ ...task, avs_id: other }, { task_id, avs_id })?.code).toBe('TASK_MISMATCH');
    expect(checkTask({ ...task, task_id: other }, { task_id, avs_id })?.code).toBe('TASK_MISMATCH');
  });
});

describe('checkReveal', () => {
  const check = (reveal: Reveal, header = scene.header()) => {
    const { relay, context, award, commitment } = scene;
    const expected = {
      relay: relay.pubkey,
      context,
      validatorRoot: keyRoot(scene.validator.pubkey),
      award,
      header,
      commitment,
    };
    return checkReveal(reveal, expected, verifySignature)?.code ?? null;
  };
  const attested = (change: Parameters<typeof scene.attestation>[0]): [Reveal, SignedHeader] => {
    const attestation = scene.attestation(change);
    return [scene.reveal({ attestation }), scene.header({ attestation_root: rootOf(attestation) })];
  };
  const rootOf = ({ message }: ReturnType<typeof scene.attestation>) => scene.attestationRoot(message);

  it('passes what the commitment bought', () => {
    expect(check(scene.reveal())).toBeNull();
  });

  it.each<[string, [Reveal, SignedHeader?], string]>([
    ['another key', [scene.reveal({ key: other })], 'KEY_MISMATCH'],
    ['another attestation', [scene.reveal({ attestation: scene.attestation({ seq: 2n }) })], 'ATTESTATION_MISMATCH'],
    [
      "a stranger's attestation",
      [scene.reveal({ attestation: scene.attestation({}, scene.stranger) })],
      'ATTESTATION_SIGNATURE_INVALID',
    ],
    ['another line', attested({ line_id: other }), 'ATTESTATION_MISMATCH'],
    ['another task', attested({ task_id: other }), 'ATTESTATION_MISMATCH'],
    ['another auction', attested({ auction_id: other }), 'ATTESTATION_MISMATCH'],
    ['another award', attested({ award_root: other }), 'ATTESTATION_MISMATCH'],
    ['a receipt of another kind', [scene.reveal({}, { kind: 2 })], 'RECEIPT_INVALID'],
    ['a receipt for another commitment', [scene.reveal({}, { subject_root: other })], 'RECEIPT_INVALID'],
    ['a receipt for another validator', [scene.reveal({}, { signer_root: other })], 'RECEIPT_INVALID'],
    ["a stranger's receipt", [scene.reveal({}, {}, scene.stranger)], 'RECEIPT_INVALID'],
  ])('refuses %s', (_, [reveal, header], code) => {
    expect(check(reveal, header)).toBe(code);
  });
});

describe('openAttested', () => {
  const open = (reveal = scene.reveal(), ciphertext = scene.ciphertext, input = scene.input, digest = scene.digest) =>
    openAttested(ciphertext, reveal, input, () => digest);
  const codeOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      if (error instanceof RefusedError) return error.refusal.code;
      throw error;
    }
    return 'none';
  };

  it('gives the attested payload', () => {
    expect(open()).toEqual(scene.payload);
  });

  it('refuses every contradiction', () => {
    const changed = Uint8Array.from(scene.ciphertext, (byte, at) => (at === 50 ? byte ^ 1 : byte));
    const attesting = (change: Parameters<typeof scene.attestation>[0]) =>
      scene.reveal({ attestation: scene.attestation(change) });
    expect(codeOf(() => open(scene.reveal({ key: other })))).toBe('PAYLOAD_UNOPENABLE');
    expect(codeOf(() => open(undefined, changed))).toBe('PAYLOAD_UNOPENABLE');
    expect(codeOf(() => open(attesting({ result_root: other })))).toBe('RESULT_MISMATCH');
    expect(codeOf(() => open(attesting({ witness_root: other })))).toBe('RESULT_MISMATCH');
    expect(codeOf(() => open(undefined, undefined, new Uint8Array(1)))).toBe('ATTESTATION_MISMATCH');
    expect(codeOf(() => open(undefined, undefined, undefined, other))).toBe('DIGEST_MISMATCH');
  });
});

describe('checkRelayInfo', () => {
  const info = {
    pubkey: scene.relay.pubkey,
    relay_root: keyRoot(scene.relay.pubkey),
    chain_id: 1n,
    settlement: zeroHex(20),
  } as RelayInfo;
  const pin = { chain_id: 1n, settlement: zeroHex(20) };
  const check = (change: Partial<RelayInfo>, policy = {}, pinned: typeof pin | undefined = pin) =>
    checkRelayInfo({ ...info, ...change }, { pubkey: scene.relay.pubkey, policy, pin: pinned })?.code ?? null;

  it('passes who holds the key and stays the same', () => {
    expect(check({})).toBeNull();
    expect(check({}, pin, undefined)).toBeNull();
  });

  it('refuses contradictions', () => {
    expect(check({ pubkey: scene.stranger.pubkey })).toBe('RELAY_KEY_MISMATCH');
    expect(check({ relay_root: other })).toBe('RELAY_INFO_CONTRADICTS');
    expect(check({}, { chain_id: 2n })).toBe('RELAY_CHAIN_MISMATCH');
    expect(check({}, { settlement: scene.operator })).toBe('RELAY_CHAIN_MISMATCH');
    expect(check({ chain_id: 3n })).toBe('RELAY_CHANGED');
  });
});

describe('checkAvsInfo', () => {
  const avs = scene.operator;
  const info = {
    avs_id: avsId(1n, avs, 0),
    chain_id: 1n,
    avs,
    operator_set_id: 0,
    plugin: { id: 'echo', version: '1' },
    class: 'lightweight',
  } as AvsInfo;
  const choice = { plugin: 'echo' } as Parameters<typeof checkAvsInfo>[1];

  it("takes the relay's word for nothing that the id or the owner says", () => {
    expect(checkAvsInfo(info, choice)).toBeNull();
    expect(checkAvsInfo({ ...info, operator_set_id: 1 }, choice)?.code).toBe('AVS_CONTRADICTS');
    expect(checkAvsInfo(info, { ...choice, plugin: 'kzg-da' })?.code).toBe('AVS_CONTRADICTS');
    expect(checkAvsInfo({ ...info, class: 'intensive' }, choice)?.code).toBe('AVS_CONTRADICTS');
  });
});
