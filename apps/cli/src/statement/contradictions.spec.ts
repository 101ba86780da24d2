import type { DataClaim, Fee } from '@odf/protocol';
import { bytes, claim, fee, OPERATOR, OWNER, RELAY, relayRecords } from '../../test/statement-records.js';
import { againstChain, againstClaims, againstOwn, againstVouchers } from './contradictions.js';
import type { CoprocessorStatus, OwnStatus, SidecarStatus } from './own-status.js';
import { channelKey, type Acceptance, type ChainRecords, type RelayRecords } from './records.js';

const place = { operator: OPERATOR, owner: OWNER };
const key = channelKey(place);
const codes = (found: { code: string }[]) => found.map(({ code }) => code);
const chain = (members: Partial<ChainRecords> = {}): ChainRecords => ({
  ...{ chain_id: 1n, block: 9n, channels: new Map(), acceptances: new Map(), claims: new Map() },
  owners: new Map([[fee(1).coprocessor, OWNER]]),
  ...members,
});

describe('vouchers', () => {
  const relay = (cumulative_wei: bigint | null, holds: boolean | null = true): RelayRecords =>
    relayRecords([fee(1)], {
      vouchers: cumulative_wei === null ? new Map() : new Map([[key, { ...place, cumulative_wei, holds }]]),
    });
  const paid = (paid_wei: bigint, proved_wei = 0n) =>
    chain({ channels: new Map([[key, { ...place, paid_wei, proved_wei }]]) });

  it.each<[what: string, RelayRecords, ChainRecords | null, string[]]>([
    ['agree with what was redeemed of them', relay(100n), paid(60n), []],
    ['need not be there where fees were drawn by proof', relay(null), paid(100n, 100n), []],
    ['hold where only the chain could say', relay(5n, null), null, []],
    ['are withheld when the escrow paid on a higher one', relay(50n), paid(60n, 40n), ['VOUCHER_WITHHELD']],
    ['are withheld when the relay shows none', relay(null), paid(1n), ['VOUCHER_WITHHELD']],
    ['are invalid when somebody else signed', relay(5n, false), null, ['VOUCHER_INVALID']],
  ])('%s', (_, records, seen, expected) => {
    expect(codes(againstVouchers(records, seen))).toEqual(expected);
  });

  it('names both figures', () => {
    expect(againstVouchers(relay(50n), paid(60n))).toMatchObject([
      { expected: 'a voucher of at least 60 wei, which the escrow has paid on', found: '50 wei' },
    ]);
  });
});

describe('the chain', () => {
  const accepted = (acceptance: Acceptance) => chain({ acceptances: new Map([['1', acceptance]]) });

  it.each<[what: string, Fee['state'], Acceptance, string[]]>([
    ['agrees with a final response', 'due', 'final', []],
    ['says nothing where the hub names no contract', 'due', 'unlisted', []],
    ['says nothing against what is exposed', 'exposed', 'none', []],
    ['knows no response to what is due', 'due', 'none', ['DUE_NOT_ACCEPTED']],
    ['may still take back what is due', 'due', 'accepted', ['DUE_NOT_ACCEPTED']],
  ])('%s', (_, state, acceptance, expected) => {
    expect(codes(againstChain([fee(1, { state })], accepted(acceptance)))).toEqual(expected);
  });

  it.each([
    [bytes(20, 9), `owned by ${bytes(20, 9)}`],
    [null, 'nobody registered it'],
  ])('says who owns a coprocessor: %s', (owner, expected) => {
    const seen = chain({ owners: new Map([[fee(1).coprocessor, owner]]) });
    expect(againstChain([fee(1), fee(2)], seen)).toMatchObject([{ code: 'OWNER_DIFFERS', expected }]);
  });
});

describe('claims', () => {
  const held = (state: 'filed' | 'finalised' | 'rejected' | 'vetoed' | 'disputed', amount_wei = 50n) =>
    ({ state, operator: OPERATOR, task_id: bytes(32, 1), amount_wei, finalisable_at_ms: 3, vetoes: 0 }) as const;

  it.each<[what: string, Partial<DataClaim>, ReturnType<typeof held> | null, boolean]>([
    ['of the same state', {}, held('filed'), true],
    ['that the relay has not filed yet', { state: 'queued', amount_wei: null }, null, true],
    ['that went on since', {}, held('finalised'), true],
    ['that were vetoed and filed again', { state: 'vetoed' }, held('filed'), true],
    ['that were paid', { state: 'finalised', paid_wei: 50n }, held('finalised'), true],
    ['that the contract does not know', {}, null, false],
    ['that ended otherwise', { state: 'rejected' }, held('finalised'), false],
    ['of another amount', {}, held('filed', 49n), false],
    ['that were paid less', { state: 'finalised', paid_wei: 49n }, held('finalised'), false],
    ['that were not paid yet', { paid_wei: 50n }, held('filed'), false],
  ])('%s', (_, members, seen, agrees) => {
    const one = claim(1, members);
    const found = againstClaims([one], chain({ claims: new Map([[one.claim_id, seen]]) }));
    expect(codes(found)).toEqual(agrees ? [] : ['CLAIM_DIFFERS']);
  });
});

describe('the own status', () => {
  const sidecar = (members: Partial<SidecarStatus> = {}): OwnStatus => ({
    ...{ kind: 'sidecar', tasks: [], vouchers: [], fees: { differences: [] }, claims: [] },
    ...members,
  });
  const { task_id, validator } = fee(1);
  const task = { validator, task_id, relay: RELAY, fee_wei: 100n, answer: { status: 'accepted' } };
  const voucher = { ...place, cumulative_wei: 100n, posted: { [RELAY]: 100n } };
  const ownClaim = { relay: RELAY, validator, task_id, step: 'filed', via: 'relay', claim_id: null, held_wei: 5n };
  const withVoucher = (cumulative_wei: bigint) =>
    relayRecords([fee(1)], { vouchers: new Map([[key, { ...place, cumulative_wei, holds: true }]]) });
  const compare = (before: OwnStatus, relay = withVoucher(100n), after = before) =>
    codes(againstOwn({ before, after }, { relay, shown: relay.fees }));

  it('agrees', () => {
    const relay = { ...withVoucher(100n), claims: [claim(1)] };
    expect(compare(sidecar({ tasks: [task], vouchers: [voucher], claims: [ownClaim] }), relay)).toEqual([]);
  });

  it.each<[what: string, Partial<SidecarStatus>, string]>([
    ['another fee', { tasks: [{ ...task, fee_wei: 99n }] }, 'FEE_DIFFERS'],
    ['a rejected response', { tasks: [{ ...task, answer: { status: 'rejected' } }] }, 'OUTCOME_DIFFERS'],
    ['a claim that the relay does not show', { claims: [ownClaim] }, 'CLAIM_WITHHELD'],
    [
      'what its own ledger found',
      { fees: { differences: [{ relay: RELAY, task_id, validator, ours: '1 wei due', theirs: '2 wei due' }] } },
      'FEE_DIFFERS',
    ],
    ['a voucher that the relay took', { vouchers: [{ ...voucher, posted: { [RELAY]: 101n } }] }, 'VOUCHER_WITHHELD'],
    ['no such voucher', { vouchers: [{ ...voucher, cumulative_wei: 99n, posted: {} }] }, 'VOUCHER_UNKNOWN'],
  ])('names %s', (_, members, code) => {
    expect(compare(sidecar(members))).toEqual([code]);
  });

  it('takes no voucher for unknown that was raised while the relay was read', () => {
    const after = sidecar({ vouchers: [{ ...voucher, cumulative_wei: 200n }] });
    expect(compare(sidecar({ vouchers: [voucher] }), withVoucher(200n), after)).toEqual([]);
  });

  it('leaves to other relays what is theirs', () => {
    const relay = bytes(48, 0x77);
    expect(compare(sidecar({ tasks: [{ ...task, relay, fee_wei: 1n }], claims: [{ ...ownClaim, relay }] }))).toEqual(
      [],
    );
  });

  it.each([
    [200n, []],
    [199n, ['FEE_DIFFERS']],
  ])('of a coprocessor that won %s wei a task bounds the fees of a task', (fee_per_task_wei, expected) => {
    const { coprocessor, auction_id } = fee(1);
    const awards = [{ auction_id, state: 'won', fee_per_task_wei }];
    const own: { kind: 'coprocessor' } & CoprocessorStatus = {
      ...{ kind: 'coprocessor', coprocessor },
      relays: [{ pubkey: RELAY, awards }],
    };
    const fees = [fee(1), fee(1, { id: '2', validator: bytes(48, 0x12) })];
    expect(compare(own, relayRecords(fees))).toEqual(expected);
  });
});
