import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Slashes of awarded operators with the cover that each holds back, and which transactions serve which slash or claim. */
export class Slashes1764400000000 implements MigrationInterface {
  readonly name = 'Slashes1764400000000';

  private readonly statements = [
    `create table slashes (
      id bigint generated always as identity unique,
      transaction bytea not null,
      log_index integer not null,
      line_id bytea not null,
      operator bytea not null,
      task_id bytea not null,
      avs_id bytea not null,
      block_number bigint not null,
      slashed_at_ms bigint not null,
      liability_wei numeric(78,0) not null,
      reserved_until_ms bigint not null,
      anchor text not null,
      over_at_ms bigint,
      primary key (transaction, log_index, line_id)
    )`,
    `create index slashes_held on slashes (line_id) where over_at_ms is null`,
    `create index slashes_open on slashes (slashed_at_ms) where over_at_ms is null`,
    `create index slashes_unanchored on slashes (slashed_at_ms) where anchor = 'wanted'`,
    `create index slashes_block on slashes (line_id, block_number)`,
    `create index slashes_response on slashes (task_id, operator)`,
    `create table claim_transactions (
      subject bytea not null,
      kind text not null,
      attempt integer not null,
      key text not null,
      primary key (subject, kind, attempt)
    )`,
  ];

  async up(query: QueryRunner): Promise<void> {
    for (const statement of this.statements) await query.query(statement);
  }

  async down(query: QueryRunner): Promise<void> {
    for (const table of ['claim_transactions', 'slashes']) await query.query(`drop table ${table}`);
  }
}
