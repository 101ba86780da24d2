import type { Fee, FeeState } from '@odf/protocol';
import fc from 'fast-check';
import { bytes, fee, OPERATOR, OWNER } from '../../test/statement-records.js';
import { accountFor, sumUp, type ChannelSums } from './account.js';
import { channelKey } from './records.js';

const key = channelKey({ operator: OPERATOR, owner: OWNER });
const sums = (vouched: bigint, paid?: bigint): ChannelSums => ({
  vouched: new Map([[key, vouched]]),
  paid: paid === undefined ? undefined : new Map([[key, paid]]),
});

it('counts what was paid for the fees that became due first', () => {
  const fees = [fee(1, { settled_at_ms: 30n }), fee(2, { settled_at_ms: 10n }), fee(3, { settled_at_ms: 20n })];
  const { fees: accounted } = accountFor(fees, sums(250n, 150n));
  expect(accounted.map(({ paid_wei, vouched_wei }) => [paid_wei, vouched_wei])).toEqual([
    [0n, 50n],
    [100n, 100n],
    [50n, 100n],
  ]);
});

it('counts nothing for what is exposed or void', () => {
  const fees = [fee(1, { state: 'exposed', settled_at_ms: null }), fee(2, { state: 'void' }), fee(3)];
  const { fees: accounted, channels } = accountFor(fees, sums(100n, 100n));
  expect(accounted.map(({ paid_wei }) => paid_wei)).toEqual([0n, 0n, 100n]);
  expect(channels).toEqual([
    { operator: OPERATOR, owner: OWNER, owed_wei: 100n, vouched_wei: 100n, paid_wei: 100n, difference_wei: 0n },
  ]);
});

it.each([
  [40n, 60n],
  [130n, -30n],
])('names the difference of a channel that was paid %s', (paid, difference_wei) => {
  expect(accountFor([fee(1)], sums(0n, paid)).channels).toMatchObject([{ difference_wei }]);
});

it('says that it does not know what was paid without a chain', () => {
  const { fees, channels } = accountFor([fee(1)], sums(60n));
  expect(channels).toMatchObject([{ paid_wei: null, difference_wei: null, vouched_wei: 60n }]);
  expect(sumUp(fees, false)).toMatchObject({ paid_wei: null, due_wei: 100n });
});

const anyFees = fc.array(
  fc.record({
    wei: fc.bigInt({ min: 0n, max: 10n ** 20n }),
    state: fc.constantFrom<FeeState>('due', 'exposed', 'void'),
    owner: fc.integer({ min: 1, max: 3 }),
    settled: fc.bigInt({ min: 0n, max: 9n }),
  }),
  { maxLength: 40 },
);
const anySums = fc.array(fc.bigInt({ min: 0n, max: 10n ** 21n }), { minLength: 3, maxLength: 3 });
const channelOf = (n: number) => ({ operator: OPERATOR, owner: bytes(20, n) });
const byChannel = (amounts: readonly bigint[]) =>
  new Map(amounts.map((wei, index) => [channelKey(channelOf(index + 1)), wei]));
const total = (amounts: readonly bigint[]) => amounts.reduce((sum, wei) => sum + wei, 0n);

it('accounts for every wei: committed = paid + due + exposed + void, in all and in each part', () => {
  fc.assert(
    fc.property(anyFees, anySums, anySums, fc.nat(), (given, vouched, paid, cut) => {
      const fees: Fee[] = given.map(({ wei, state, owner, settled }, index) =>
        fee(index + 1, {
          ...channelOf(owner),
          fee_wei: wei,
          state,
          settled_at_ms: state === 'exposed' ? null : settled,
        }),
      );
      const account = accountFor(fees, { vouched: byChannel(vouched), paid: byChannel(paid) });
      const parts = [account.fees.slice(0, cut % 41), account.fees.slice(cut % 41)];
      const whole = sumUp(account.fees, true);
      for (const sum of [whole, ...parts.map((part) => sumUp(part, true))]) {
        expect(sum.committed_wei).toBe(sum.paid_wei! + sum.due_wei + sum.exposed_wei + sum.void_wei);
        expect(sum.vouched_wei).toBeLessThanOrEqual(sum.paid_wei! + sum.due_wei);
      }
      expect(whole.paid_wei).toBe(total(parts.map((part) => sumUp(part, true).paid_wei!)));
      for (const channel of account.channels) {
        const own = account.fees.filter((one) => channelKey(one.fee) === channelKey(channel));
        const least = (wei: bigint) => (wei < channel.owed_wei ? wei : channel.owed_wei);
        expect(total(own.map(({ paid_wei }) => paid_wei))).toBe(least(channel.paid_wei!));
        expect(total(own.map(({ vouched_wei }) => vouched_wei))).toBe(least(channel.vouched_wei));
        expect(channel.owed_wei).toBe(channel.paid_wei! + channel.difference_wei!);
      }
      for (const { fee: one, paid_wei, vouched_wei } of account.fees) {
        expect(paid_wei >= 0n && paid_wei <= one.fee_wei && vouched_wei <= one.fee_wei).toBe(true);
      }
    }),
  );
});
