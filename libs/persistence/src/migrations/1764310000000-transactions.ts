import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Intents of transactions and what became of them. */
export class Transactions1764310000000 implements MigrationInterface {
  readonly name = 'Transactions1764310000000';

  private readonly statements = [
    `create table chain_transactions (
      id bigint generated always as identity unique,
      key text primary key,
      chain_id numeric(20,0) not null,
      account bytea not null,
      target bytea not null,
      data bytea not null,
      value numeric(78,0) not null,
      not_after_ms bigint,
      state text not null,
      nonce bigint,
      gas numeric(20,0),
      attempts jsonb not null,
      transaction bytea,
      block_number numeric(20,0),
      block_hash bytea,
      status text,
      reason text,
      failures integer not null,
      queued_at_ms bigint not null,
      due_at_ms bigint not null,
      changed_at_ms bigint not null,
      version integer not null
    )`,
    `create unique index chain_transactions_nonce on chain_transactions (chain_id, account, nonce) where nonce is not null`,
    `create index chain_transactions_queued on chain_transactions (chain_id, account, queued_at_ms, id) where state = 'queued'`,
    `create index chain_transactions_in_flight on chain_transactions (chain_id, account, nonce)
       where state in ('sent', 'mined')`,
  ];

  async up(query: QueryRunner): Promise<void> {
    for (const statement of this.statements) await query.query(statement);
  }

  async down(query: QueryRunner): Promise<void> {
    await query.query('drop table chain_transactions');
  }
}
