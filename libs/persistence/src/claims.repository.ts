import { Injectable } from '@nestjs/common';
import type { ClaimState, DataClaim, Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import type { ClaimTransactionKind } from './claim-transactions.repository.js';
import { fromBytea, toBytea, type QueryRunnerLike } from './columns.js';
import type { StoredTransaction } from './transaction.columns.js';

/** A fraud claim as the relay keeps it; wei, Unix ms. */
export interface StoredClaim extends DataClaim {
  auction_id: Hex;
  avs_id: Hex;
  slash_block: bigint;
  /** The time of the slash's block. */
  slashed_at_ms: bigint;
  reason: string | null;
}

/** A claim that is to be filed. */
export interface NewClaim extends Omit<
  StoredClaim,
  'id' | 'state' | 'amount_wei' | 'paid_wei' | 'filed_at_ms' | 'finalisable_at_ms' | 'reason'
> {
  /** JSON of its evidence. */
  evidence: string;
}

/** What the contract says of a claim. */
export type ClaimProgress = Pick<
  StoredClaim,
  'state' | 'amount_wei' | 'paid_wei' | 'filed_at_ms' | 'finalisable_at_ms' | 'reason'
>;

/** Who asked for which slash and attestation: the same request is the same claim. */
export type ClaimRequestPlace = Pick<
  StoredClaim,
  'task_id' | 'validator' | 'attestation_root' | 'slash_tx' | 'log_index'
>;

/** A claim that may still change, and how its newest transactions stand; null before the first. */
export interface OpenClaim extends StoredClaim {
  filing: StoredTransaction['state'] | null;
  finalising: StoredTransaction['state'] | null;
}

/** Claims that this relay was asked to file. */
@Injectable()
export class ClaimsRepository {
  constructor(private readonly database: DataSource) {}

  /** Stores a claim as queued; returns whether it was new. */
  async insert(runner: QueryRunnerLike, claim: NewClaim): Promise<boolean> {
    const rows = (await runner.query(
      `insert into claims (claim_id, task_id, auction_id, avs_id, validator, operator, coprocessor, line_id,
         attestation_root, slash_tx, log_index, slash_block, slashed_at_ms, evidence, asked_wei, state, requested_at_ms)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'queued', $16)
       on conflict (claim_id) do nothing returning id`,
      [
        ...[claim.claim_id, claim.task_id, claim.auction_id, claim.avs_id, claim.validator, claim.operator].map(
          toBytea,
        ),
        ...[claim.coprocessor, claim.line_id, claim.attestation_root, claim.slash_tx].map(toBytea),
        claim.log_index,
        claim.slash_block.toString(),
        claim.slashed_at_ms.toString(),
        claim.evidence,
        claim.asked_wei.toString(),
        claim.requested_at_ms.toString(),
      ],
    )) as unknown[];
    return rows.length > 0;
  }

  /** A claim, or null; locked until the end of the caller's transaction if one is given. */
  async find(claimId: Hex, runner?: QueryRunnerLike): Promise<StoredClaim | null> {
    const sql = `select ${COLUMNS} from claims where claim_id = $1${runner ? ' for update' : ''}`;
    const [row] = (await (runner ?? this.database).query(sql, [toBytea(claimId)])) as Row[];
    return row ? claimOf(row) : null;
  }

  /** The claim that such a request made, or null. */
  async requestedAs(place: ClaimRequestPlace): Promise<StoredClaim | null> {
    const [row]: Row[] = await this.database.query(
      `select ${COLUMNS} from claims where task_id = $1 and validator = $2 and attestation_root = $3 and slash_tx = $4
         and log_index = $5`,
      [...[place.task_id, place.validator, place.attestation_root, place.slash_tx].map(toBytea), place.log_index],
    );
    return row ? claimOf(row) : null;
  }

  /** JSON of a claim's evidence; null where there is no such claim. */
  async evidenceOf(claimId: Hex): Promise<string | null> {
    const [row]: { evidence: string }[] = await this.database.query('select evidence from claims where claim_id = $1', [
      toBytea(claimId),
    ]);
    return row?.evidence ?? null;
  }

  /** Claims that may still change, from behind an id on, oldest first. */
  async open(after: string, limit: number): Promise<OpenClaim[]> {
    const rows: (Row & Pick<OpenClaim, 'filing' | 'finalising'>)[] = await this.database.query(
      `select ${COLUMNS}, (${newestOf('file')}) as filing, (${newestOf('finalise')}) as finalising
       from claims where state not in ('finalised', 'rejected', 'failed') and id > $1 order by id limit $2`,
      [after, limit],
    );
    return rows.map((row) => ({ ...claimOf(row), filing: row.filing, finalising: row.finalising }));
  }

  /** Whether a claim of an operator's response may still change. */
  async isOpen({ task_id, operator }: Pick<StoredClaim, 'task_id' | 'operator'>): Promise<boolean> {
    const rows: unknown[] = await this.database.query(
      `select from claims where task_id = $1 and operator = $2 and state not in ('finalised', 'rejected', 'failed')
       limit 1`,
      [task_id, operator].map(toBytea),
    );
    return rows.length > 0;
  }

  /** How many claims stand in each state. */
  async tally(): Promise<Map<ClaimState, number>> {
    const rows: { state: ClaimState; count: string }[] = await this.database.query(
      'select state, count(*) as count from claims group by state',
    );
    return new Map(rows.map(({ state, count }) => [state, Number(count)]));
  }

  /** Writes down what a claim that is not filed waits for. */
  async setReason(claimId: Hex, reason: string): Promise<void> {
    await this.database.query(`update claims set reason = $2 where claim_id = $1 and state = 'queued'`, [
      toBytea(claimId),
      reason,
    ]);
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

/** Everything but the evidence. */
const COLUMNS = `id, claim_id, task_id, auction_id, avs_id, validator, operator, coprocessor, line_id, attestation_root,
  slash_tx, log_index, slash_block, slashed_at_ms, asked_wei, state, amount_wei, paid_wei, requested_at_ms, filed_at_ms,
  finalisable_at_ms, reason`;

const newestOf = (kind: ClaimTransactionKind): string =>
  `select sent.state from claim_transactions own join chain_transactions sent on sent.key = own.key
   where own.subject = claims.claim_id and own.kind = '${kind}' order by own.attempt desc limit 1`;

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
  slash_block: string;
  slashed_at_ms: string;
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
    slash_block: BigInt(row.slash_block),
    slashed_at_ms: BigInt(row.slashed_at_ms),
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
