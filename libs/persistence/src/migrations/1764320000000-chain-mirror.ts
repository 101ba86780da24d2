import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The mirror of the settlement's contracts: blocks near the head, and each subject after each block in which it changed. */
export class ChainMirror1764320000000 implements MigrationInterface {
  readonly name = 'ChainMirror1764320000000';

  private readonly statements = [
    `create table chain_mirror (
      one boolean primary key default true check (one),
      source text not null
    )`,
    `create table chain_blocks (
      number bigint primary key,
      hash bytea not null,
      parent bytea not null
    )`,
    `create table chain_states (
      seq bigint generated always as identity,
      kind text not null,
      id bytea not null,
      group_id bytea not null,
      block_number bigint not null,
      state jsonb not null,
      primary key (kind, id, block_number)
    )`,
    `create index chain_states_group on chain_states (kind, group_id)`,
    `create index chain_states_block on chain_states (block_number)`,
  ];

  async up(query: QueryRunner): Promise<void> {
    for (const statement of this.statements) await query.query(statement);
  }

  async down(query: QueryRunner): Promise<void> {
    for (const table of ['chain_states', 'chain_blocks', 'chain_mirror']) await query.query(`drop table ${table}`);
  }
}
