import type { DataClaim, Fee, Hex } from '@odf/protocol';
import type { ViewedClaim } from '@odf/settlement';
import { placeOf } from './check-fees.js';
import type { CoprocessorStatus, OwnStatus, SidecarStatus } from './own-status.js';
import {
  channelKey,
  outcomeKey,
  type ChainRecords,
  type ChannelPlace,
  type Contradiction,
  type RelayRecords,
} from './records.js';

const wei = (amount: bigint): string => `${amount} wei`;
const channelName = ({ operator, owner }: ChannelPlace): string => `channel of ${operator} to ${owner}`;

/** Where the relay's vouchers cannot be what was signed, or what the escrow has seen. */
export function againstVouchers({ fees, vouchers }: RelayRecords, chain: ChainRecords | null): Contradiction[] {
  const channels = new Map(fees.map((fee) => [channelKey(fee), fee]));
  return [...channels].flatMap(([key, place]): Contradiction[] => {
    const voucher = vouchers.get(key);
    const at = channelName(place);
    const found: Contradiction[] = [];
    if (voucher?.holds === false) {
      const what = `${wei(voucher.cumulative_wei)} signed by somebody else`;
      found.push({ code: 'VOUCHER_INVALID', at, expected: `a voucher signed by ${place.operator}`, found: what });
    }
    const paid = chain?.channels.get(key);
    const promised = voucher?.cumulative_wei ?? 0n;
    // The escrow pays the larger of what was promised and what was proved, so it has seen a voucher of at least this.
    if (paid && paid.paid_wei > promised && paid.paid_wei > paid.proved_wei) {
      const expected = `a voucher of at least ${wei(paid.paid_wei)}, which the escrow has paid on`;
      found.push({ code: 'VOUCHER_WITHHELD', at, expected, found: voucher ? wei(promised) : 'none at the relay' });
    }
    return found;
  });
}

/** Where the relay's fees are not what the chain shows. */
export function againstChain(shown: readonly Fee[], chain: ChainRecords): Contradiction[] {
  const owners = new Map(shown.map(({ coprocessor, owner }) => [`${coprocessor}${owner}`, { coprocessor, owner }]));
  return [
    ...[...owners.values()].flatMap(({ coprocessor, owner }): Contradiction[] => {
      const registered = chain.owners.get(coprocessor) ?? null;
      if (registered === owner) return [];
      const expected = registered ? `owned by ${registered}` : 'nobody registered it';
      return [{ code: 'OWNER_DIFFERS', at: `coprocessor ${coprocessor}`, expected, found: `owned by ${owner}` }];
    }),
    ...shown.flatMap((fee): Contradiction[] => {
      const acceptance = chain.acceptances.get(fee.id);
      if (fee.state !== 'due' || (acceptance !== 'none' && acceptance !== 'accepted')) return [];
      const expected = `${acceptance === 'none' ? 'no response accepted' : 'a response that may still be challenged'} on chain, so nothing due`;
      return [{ code: 'DUE_NOT_ACCEPTED', at: placeOf(fee), expected, found: `${wei(fee.fee_wei)} due` }];
    }),
  ];
}

const ENDS: readonly string[] = ['finalised', 'rejected'];

/** Where the relay's claims are not what the contract holds. */
export function againstClaims(claims: readonly DataClaim[], chain: ChainRecords): Contradiction[] {
  return claims.flatMap((claim): Contradiction[] => {
    const held = chain.claims.get(claim.claim_id) ?? null;
    if (agrees(claim, held)) return [];
    const expected = held ? `${held.state}, ${wei(held.amount_wei)}` : 'no such claim on chain';
    const found = `${claim.state}, ${wei(claim.amount_wei ?? 0n)}, paid ${wei(claim.paid_wei)}`;
    return [{ code: 'CLAIM_DIFFERS', at: `claim ${claim.claim_id}`, expected, found }];
  });
}

/** A relay may be behind the chain, never ahead of it. */
function agrees({ state, amount_wei, paid_wei }: DataClaim, held: ViewedClaim | null): boolean {
  if (state === 'queued' || state === 'failed') return true;
  if (!held) return false;
  if (ENDS.includes(state) && state !== held.state) return false;
  if (state === held.state && amount_wei !== null && amount_wei !== held.amount_wei) return false;
  return paid_wei === (state === 'finalised' ? held.amount_wei : 0n);
}

/** A live program's status before the relay was read, and after: neither may have been outrun by the other. */
export interface OwnRecords {
  before: OwnStatus;
  after: OwnStatus;
}

/** Where the relay is not what the subject's own program says. */
export function againstOwn({ before, after }: OwnRecords, records: OwnComparison): Contradiction[] {
  if (before.kind === 'coprocessor') return againstCoprocessor(before, records);
  const unknown = after.kind === 'sidecar' ? after.vouchers.flatMap((one) => unknownVoucher(one, records.relay)) : [];
  return [...againstSidecar(before, records), ...unknown];
}

/** What an own status is held against. */
export interface OwnComparison {
  relay: RelayRecords;
  shown: readonly Fee[];
}

function againstSidecar(own: SidecarStatus, { relay, shown }: OwnComparison): Contradiction[] {
  const fees = new Map(shown.map((fee) => [outcomeKey(fee), fee]));
  const claimed = new Set(relay.claims.map(outcomeKey));
  return [
    ...own.fees.differences
      .filter((one) => one.relay === relay.relay && fees.has(outcomeKey(one)))
      .map((one): Contradiction => ({ code: 'FEE_DIFFERS', at: placeOf(one), expected: one.ours, found: one.theirs })),
    ...own.tasks.flatMap((task): Contradiction[] => {
      const fee = task.relay === relay.relay ? fees.get(outcomeKey(task)) : undefined;
      if (!fee) return [];
      if (task.fee_wei !== null && task.fee_wei !== fee.fee_wei) {
        const expected = `${wei(task.fee_wei)} committed by the sidecar`;
        return [{ code: 'FEE_DIFFERS', at: placeOf(fee), expected, found: wei(fee.fee_wei) }];
      }
      if (fee.state !== 'due' || task.answer?.status !== 'rejected') return [];
      const found = `${wei(fee.fee_wei)} due`;
      return [{ code: 'OUTCOME_DIFFERS', at: placeOf(fee), expected: 'rejected by the AVS', found }];
    }),
    ...own.vouchers.flatMap((voucher) => withheldVoucher(voucher, relay)),
    ...own.claims
      .filter((claim) => claim.relay === relay.relay && claim.via === 'relay' && !claimed.has(outcomeKey(claim)))
      .map(({ task_id, validator, claim_id }): Contradiction => {
        const at = `claim ${claim_id ?? '–'} of ${validator} for task ${task_id}`;
        return { code: 'CLAIM_WITHHELD', at, expected: 'the claim that it filed', found: 'none at the relay' };
      }),
  ];
}

type OwnVoucher = SidecarStatus['vouchers'][number];

function withheldVoucher({ posted, ...place }: OwnVoucher, { relay, vouchers, fees }: RelayRecords): Contradiction[] {
  const [shownWei, takenWei] = [vouchers.get(channelKey(place))?.cumulative_wei ?? 0n, posted[relay] ?? 0n];
  const isAsked = fees.some((fee) => channelKey(fee) === channelKey(place));
  if (!isAsked || takenWei <= shownWei) return [];
  const expected = `${wei(takenWei)}, which the relay took from the sidecar`;
  return [{ code: 'VOUCHER_WITHHELD', at: channelName(place), expected, found: wei(shownWei) }];
}

function unknownVoucher({ cumulative_wei, ...place }: OwnVoucher, { vouchers }: RelayRecords): Contradiction[] {
  const shownWei = vouchers.get(channelKey(place))?.cumulative_wei ?? 0n;
  if (shownWei <= cumulative_wei) return [];
  const expected = `${wei(cumulative_wei)} signed by the sidecar`;
  return [{ code: 'VOUCHER_UNKNOWN', at: channelName(place), expected, found: wei(shownWei) }];
}

function againstCoprocessor(own: CoprocessorStatus, { relay, shown }: OwnComparison): Contradiction[] {
  const awards = own.relays.find(({ pubkey }) => pubkey === relay.relay)?.awards ?? [];
  return awards
    .filter(({ state }) => state === 'won')
    .flatMap(({ auction_id, fee_per_task_wei }) => {
      const byTask = new Map<Hex, bigint>();
      for (const fee of shown) {
        if (fee.auction_id !== auction_id || fee.coprocessor !== own.coprocessor) continue;
        byTask.set(fee.task_id, (byTask.get(fee.task_id) ?? 0n) + fee.fee_wei);
      }
      return [...byTask]
        .filter(([, sum]) => sum > fee_per_task_wei)
        .map(([task_id, sum]): Contradiction => {
          const expected = `at most ${wei(fee_per_task_wei)} won by the coprocessor`;
          return { code: 'FEE_DIFFERS', at: `fees of task ${task_id}`, expected, found: wei(sum) };
        });
    });
}
