import type { DataAuction, Fee, Hex } from '@odf/protocol';
import type { RelayRecords, TermClaim } from '../src/statement/records.js';

/** Hex of `length` bytes that ends in a number. */
export const bytes = (length: number, n: number): Hex => `0x${n.toString(16).padStart(2 * length, '0')}`;

export const OPERATOR = bytes(20, 0x0e);
export const OWNER = bytes(20, 0x0c);
export const RELAY = bytes(48, 0x1e);
export const TERM = bytes(32, 0xa0);

/** A fee of task `n` that is due. */
export function fee(n: number, members: Partial<Fee> = {}): Fee {
  return {
    id: String(n),
    task_id: bytes(32, n),
    auction_id: TERM,
    avs_id: bytes(32, 0xaf),
    validator: bytes(48, 0x11),
    operator: OPERATOR,
    coprocessor: bytes(48, 0x22),
    owner: OWNER,
    role: 0,
    fee_wei: 100n,
    state: 'due',
    committed_at_ms: BigInt(n),
    settled_at_ms: BigInt(1_000 + n),
    ...members,
  };
}

/** A term, with its start and end. */
export function term(members: Partial<DataAuction> = {}): DataAuction {
  return {
    ...{ id: '1', auction_id: TERM, avs_id: bytes(32, 0xaf), round: 0, state: 'finished', mode: 'term' },
    ...{ opens_at_ms: 0n, closes_at_ms: 1n, term_start_ms: 1n, term_end_ms: 2n, frozen_at_ms: 1n },
    ...{ bids: 1, members: 1, frozen: null, transcript_root: null },
    ...members,
  };
}

/** A claim for the response of fee `n`. */
export function claim(n: number, members: Partial<TermClaim> = {}): TermClaim {
  const { task_id, validator, operator, coprocessor, auction_id } = fee(n);
  return {
    ...{ id: String(n), claim_id: bytes(32, 0xc0 + n), state: 'filed', line_id: bytes(32, 1) },
    ...{ task_id, validator, operator, coprocessor, auction_id },
    ...{ attestation_root: bytes(32, 2), slash_tx: bytes(32, 3), log_index: 0, asked_wei: 50n, amount_wei: 50n },
    ...{ paid_wei: 0n, requested_at_ms: 1n, filed_at_ms: 2n, finalisable_at_ms: 3n },
    ...members,
  };
}

/** What a relay shows of these fees, all of one term. */
export function relayRecords(fees: readonly Fee[], members: Partial<RelayRecords> = {}): RelayRecords {
  const base = { vouchers: new Map(), claims: [], terms: new Map([[TERM, term()]]), outcomes: new Map() };
  return { relay: RELAY, fees, ...base, ...members };
}
