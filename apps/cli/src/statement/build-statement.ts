import type { ClaimState, Fee, Hex } from '@odf/protocol';
import { accountFor, sumUp, type AccountedFee, type Channel, type Sums } from './account.js';
import { isShown } from './collect.js';
import { againstChain, againstClaims, againstOwn, againstVouchers, type OwnRecords } from './contradictions.js';
import {
  channelKey,
  outcomeKey,
  type Acceptance,
  type ChainRecords,
  type Contradiction,
  type OutcomeName,
  type RelayRecords,
  type Subject,
  type TermClaim,
} from './records.js';

/** One served task of one validator; wei, Unix ms. */
export interface StatementRow extends Omit<Fee, 'id'> {
  /** How the relay's history says that the response ended; null before it says anything. */
  outcome: OutcomeName | null;
  /** What the AVS's contract says; null where no chain was asked. */
  acceptance: Acceptance | null;
  vouched_wei: bigint;
  /** Null where no chain was asked. */
  paid_wei: bigint | null;
}

/** A claim for a slashed response of a term; wei. */
export interface StatementClaim {
  claim_id: Hex;
  task_id: Hex;
  validator: Hex;
  operator: Hex;
  coprocessor: Hex;
  state: ClaimState;
  /** By the chain where it was asked. */
  held_wei: bigint;
  paid_wei: bigint;
}

/** What claims come to; wei. */
export interface ClaimSums {
  claims_held_wei: bigint;
  claims_paid_wei: bigint;
}

/** One term of one AVS. */
export interface StatementTerm {
  auction_id: Hex;
  avs_id: Hex;
  term_start_ms: bigint;
  term_end_ms: bigint;
  sums: Sums & ClaimSums;
  fees: StatementRow[];
  claims: StatementClaim[];
}

/** A statement; everything in wei and Unix ms. */
export interface Statement {
  agrees: boolean;
  subject: Subject;
  relay: Hex;
  /** Null where no chain was asked. */
  chain: { chain_id: bigint; block: bigint } | null;
  totals: Sums & ClaimSums;
  /** Over all terms, whatever was narrowed. */
  channels: Channel[];
  terms: StatementTerm[];
  contradictions: Contradiction[];
}

/** All that a statement is made from. */
export interface StatementSources {
  subject: Subject;
  relay: RelayRecords;
  chain: ChainRecords | null;
  own: OwnRecords | null;
  /** What did not hold while the relay was read. */
  contradictions: readonly Contradiction[];
}

/** The fees that a statement shows. */
export function shownFees(subject: Subject, { fees, terms }: Pick<RelayRecords, 'fees' | 'terms'>): Fee[] {
  return fees.filter((fee) => isShown(subject, fee) && terms.has(fee.auction_id));
}

/** The claims that a statement shows. */
export function shownClaims({ claims, terms }: Pick<RelayRecords, 'claims' | 'terms'>): TermClaim[] {
  return claims.filter(({ auction_id }) => auction_id !== null && terms.has(auction_id));
}

/** Puts a statement together and names what contradicts. */
export function buildStatement({ subject, relay, chain, own, contradictions }: StatementSources): Statement {
  const account = accountFor(relay.fees, {
    vouched: new Map([...relay.vouchers].map(([key, { cumulative_wei }]) => [key, cumulative_wei])),
    paid: chain ? new Map([...chain.channels].map(([key, { paid_wei }]) => [key, paid_wei])) : undefined,
  });
  const shown = shownFees(subject, relay);
  const isOf = new Set(shown);
  const fees = account.fees.filter(({ fee }) => isOf.has(fee));
  const claims = shownClaims(relay);
  const found = [
    ...contradictions,
    ...againstVouchers(relay, chain),
    ...(chain ? [...againstChain(shown, chain), ...againstClaims(claims, chain)] : []),
    ...(own ? againstOwn(own, { relay, shown }) : []),
  ];
  const channels = new Set(shown.map(channelKey));
  return {
    agrees: found.length === 0,
    subject,
    relay: relay.relay,
    chain: chain && { chain_id: chain.chain_id, block: chain.block },
    totals: totalsOf(fees, claims, chain),
    channels: account.channels.filter((channel) => channels.has(channelKey(channel))),
    terms: termsOf(relay, fees, claims, chain),
    contradictions: found,
  };
}

function termsOf(
  { terms, outcomes }: RelayRecords,
  fees: readonly AccountedFee[],
  claims: readonly TermClaim[],
  chain: ChainRecords | null,
): StatementTerm[] {
  const feesOf = byTerm(fees, ({ fee }) => fee.auction_id);
  const claimsOf = byTerm(claims, ({ auction_id }) => auction_id);
  return [...terms.values()]
    .sort((a, b) => Number(a.term_start_ms - b.term_start_ms))
    .map(({ auction_id, avs_id, term_start_ms, term_end_ms }) => {
      const [own, claimed] = [feesOf.get(auction_id) ?? [], claimsOf.get(auction_id) ?? []];
      return {
        ...{ auction_id, avs_id, term_start_ms, term_end_ms },
        sums: totalsOf(own, claimed, chain),
        fees: own.map((fee) => rowOf(fee, outcomes, chain)),
        claims: claimed.map((claim) => claimRow(claim, chain)),
      };
    });
}

function byTerm<T>(items: readonly T[], termOf: (item: T) => Hex | null): Map<Hex | null, T[]> {
  const groups = new Map<Hex | null, T[]>();
  for (const item of items) {
    const group = groups.get(termOf(item));
    if (group) group.push(item);
    else groups.set(termOf(item), [item]);
  }
  return groups;
}

function rowOf(
  { fee: { id, ...fee }, vouched_wei, paid_wei }: AccountedFee,
  outcomes: RelayRecords['outcomes'],
  chain: ChainRecords | null,
): StatementRow {
  return {
    ...fee,
    outcome: outcomes.get(outcomeKey(fee)) ?? null,
    acceptance: chain?.acceptances.get(id) ?? null,
    vouched_wei,
    paid_wei: chain ? paid_wei : null,
  };
}

function claimRow(claim: TermClaim, chain: ChainRecords | null): StatementClaim {
  const { claim_id, task_id, validator, operator, coprocessor, amount_wei } = claim;
  const held = chain?.claims.get(claim_id);
  const state = held?.state ?? claim.state;
  const isHeld = state === 'filed' || state === 'disputed';
  const amount = held?.amount_wei ?? amount_wei ?? 0n;
  return {
    ...{ claim_id, task_id, validator, operator, coprocessor, state },
    held_wei: isHeld ? amount : 0n,
    paid_wei: held ? (state === 'finalised' ? amount : 0n) : claim.paid_wei,
  };
}

function totalsOf(
  fees: readonly AccountedFee[],
  claims: readonly TermClaim[],
  chain: ChainRecords | null,
): Sums & ClaimSums {
  const rows = claims.map((claim) => claimRow(claim, chain));
  return {
    ...sumUp(fees, chain !== null),
    claims_held_wei: rows.reduce((sum, { held_wei }) => sum + held_wei, 0n),
    claims_paid_wei: rows.reduce((sum, { paid_wei }) => sum + paid_wei, 0n),
  };
}
