import { Injectable } from '@nestjs/common';
import type { ClaimState, DataClaim, Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, toBytea, type QueryRunnerLike } from './columns.js';

/** A fraud claim as the relay keeps it; wei, Unix ms. */
export interface StoredClaim extends DataClaim {
  auction_id: Hex;
  avs_id: Hex;
  reason: string | null;
}

/** A claim that is to be filed. */
export type NewClaim = Omit<
  StoredClaim,
  'id' | 'state' | 'amount_wei' | 'paid_wei' | 'filed_at_ms' | 'finalisable_at_ms' | 'reason'
>;

/** What the contract says of a claim. */
export type ClaimProgress = Pick<
  StoredClaim,
  'state' | 'amount_wei' | 'paid_wei' | 'filed_at_ms' | 'finalisable_at_ms' | 'reason'
>;

/** Claims that this relay was asked to file. */
@Injectable()
export class ClaimsRepository {
  constructor(private readonly database: DataSource) {}

  /** Stores a claim as queued; returns whether it was new. */
  async insert(runner: QueryRunnerLike, claim: NewClaim): Promise<boolean> {
    const rows = (await runner.query(
      `insert into claims (claim_id, task_id, auction_id, avs_id, validator, operator, coprocessor, line_id,
         attestation_root, slash_tx, log_index, asked_wei, state, requested_at_ms)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'queued', $13)
       on conflict (claim_id) do nothing returning id`,
      [
        ...[claim.claim_id, claim.task_id, claim.auction_id, claim.avs_id, claim.validator, claim.operator].map(
          toBytea,
        ),
        ...[claim.coprocessor, claim.line_id, claim.attestation_root, claim.slash_tx].map(toBytea),
        claim.log_index,
        claim.asked_wei.toString(),
        claim.requested_at_ms.toString(),
      ],
    )) as unknown[];
    return rows.length > 0;
  }

  /** A claim, or null. */
  async find(claimId: Hex): Promise<StoredClaim | null> {
    const [row]: Row[] = await this.database.query('select * from claims where claim_id = $1', [toBytea(claimId)]);
    return row ? claimOf(row) : null;
  }

  /** Claims that may still change, oldest first. */
  async open(limit: number): Promise<StoredClaim[]> {
    const rows: Row[] = await this.database.query(
      `select * from claims where state not in ('finalised', 'rejected', 'failed') order by id limit $1`,
      [limit],
    );
    return rows.map(claimOf);
  }

  /** Writes down what became of a claim; returns whether that was news. */
  async progress(runner: QueryRunnerLike, claimId: Hex, to: ClaimProgress): Promise<boolean> {
    const rows = (await runner.query(
      `with changed as (
         update claims set state = $2, amount_wei = $3, paid_wei = $4, filed_at_ms = $5, finalisable_at_ms = $6, reason = $7
         where claim_id = $1 and (state, amount_wei, paid_wei, filed_at_ms, finalisable_at_ms, reason)
           is distinct from ($2::text, $3::numeric, $4::numeric, $5::bigint, $6::bigint, $7::text)
         returning id
       ) select id from changed`,
      [
        toBytea(claimId),
        to.state,
        to.amount_wei?.toString() ?? null,
        to.paid_wei.toString(),
        to.filed_at_ms?.toString() ?? null,
        to.finalisable_at_ms?.toString() ?? null,
        to.reason,
      ],
    )) as unknown[];
    return rows.length > 0;
  }
}

interface Row {
  id: string;
  claim_id: Buffer;
  task_id: Buffer;
  auction_id: Buffer;
  avs_id: Buffer;
  validator: Buffer;
  operator: Buffer;
  coprocessor: Buffer;
  line_id: Buffer;
  attestation_root: Buffer;
  slash_tx: Buffer;
  log_index: number;
  asked_wei: string;
  state: string;
  amount_wei: string | null;
  paid_wei: string;
  requested_at_ms: string;
  filed_at_ms: string | null;
  finalisable_at_ms: string | null;
  reason: string | null;
}

function claimOf(row: Row): StoredClaim {
  return {
    ...dataClaimOf(row as unknown as Record<string, unknown>),
    auction_id: fromBytea(row.auction_id),
    avs_id: fromBytea(row.avs_id),
    reason: row.reason,
  };
}

/** The public form of a row of `claims`. */
export function dataClaimOf(given: Record<string, unknown>): DataClaim {
  const row = given as unknown as Row;
  return {
    id: String(row.id),
    claim_id: fromBytea(row.claim_id),
    state: row.state as ClaimState,
    task_id: fromBytea(row.task_id),
    validator: fromBytea(row.validator),
    operator: fromBytea(row.operator),
    coprocessor: fromBytea(row.coprocessor),
    line_id: fromBytea(row.line_id),
    attestation_root: fromBytea(row.attestation_root),
    slash_tx: fromBytea(row.slash_tx),
    log_index: row.log_index,
    asked_wei: BigInt(row.asked_wei),
    amount_wei: row.amount_wei === null ? null : BigInt(row.amount_wei),
    paid_wei: BigInt(row.paid_wei),
    requested_at_ms: BigInt(row.requested_at_ms),
    filed_at_ms: row.filed_at_ms === null ? null : BigInt(row.filed_at_ms),
    finalisable_at_ms: row.finalisable_at_ms === null ? null : BigInt(row.finalisable_at_ms),
  };
}
