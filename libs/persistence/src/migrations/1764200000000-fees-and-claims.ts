import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Fees of commitments with what proves them, observed responses, and fraud claims. */
export class FeesAndClaims1764200000000 implements MigrationInterface {
  readonly name = 'FeesAndClaims1764200000000';

  private readonly statements = [
    `create table enrollment_history (
      enrollment_root bytea primary key,
      validator_root bytea not null,
      avs_id bytea not null,
      validator bytea not null,
      operator bytea not null,
      policy_root bytea not null,
      valid_from numeric(20,0) not null,
      valid_until numeric(20,0) not null,
      nonce numeric(20,0) not null,
      operator_signature bytea not null,
      at_ms bigint not null
    )`,
    `create index enrollment_history_place on enrollment_history (validator_root, avs_id, at_ms)`,
    `create table delegation_history (
      delegation_root bytea primary key,
      validator bytea not null,
      delegate bytea not null,
      valid_until numeric(20,0) not null,
      nonce numeric(20,0) not null,
      signature bytea not null,
      at_ms bigint not null
    )`,
    `create index delegation_history_delegate on delegation_history (delegate, nonce)`,
    `create table fees (
      id bigint generated always as identity unique,
      task_id bytea not null,
      validator bytea not null,
      role smallint not null,
      auction_id bytea not null,
      avs_id bytea not null,
      operator bytea not null,
      coprocessor bytea not null,
      owner bytea not null,
      fee_wei numeric(78,0) not null,
      escrowed boolean not null,
      state text not null,
      committed_at_ms bigint not null,
      settled_at_ms bigint,
      primary key (task_id, validator, role)
    )`,
    `create index fees_validator on fees (validator, id)`,
    `create index fees_coprocessor on fees (coprocessor, id)`,
    `create index fees_operator on fees (operator, id)`,
    `create index fees_owner on fees (owner, id)`,
    `create index fees_exposed on fees (task_id, operator) where state = 'exposed'`,
    `create table fee_accounts (
      operator bytea primary key,
      owed_wei numeric(78,0) not null check (owed_wei >= 0)
    )`,
    `create table observed_responses (
      id bigint generated always as identity unique,
      task_id bytea not null,
      operator bytea not null,
      validator bytea,
      avs_id bytea not null,
      response_digest bytea not null,
      state text not null,
      transaction bytea not null,
      block_number bigint not null,
      at_ms bigint not null,
      final_at_ms bigint not null,
      primary key (task_id, operator)
    )`,
    `create index observed_responses_open on observed_responses (final_at_ms) where state = 'responded'`,
    `create table claims (
      id bigint generated always as identity unique,
      claim_id bytea primary key,
      task_id bytea not null,
      auction_id bytea not null,
      avs_id bytea not null,
      validator bytea not null,
      operator bytea not null,
      coprocessor bytea not null,
      line_id bytea not null,
      attestation_root bytea not null,
      slash_tx bytea not null,
      log_index integer not null,
      slash_block bigint not null,
      slashed_at_ms bigint not null,
      evidence text not null,
      asked_wei numeric(78,0) not null,
      state text not null,
      amount_wei numeric(78,0),
      paid_wei numeric(78,0) not null default 0,
      requested_at_ms bigint not null,
      filed_at_ms bigint,
      finalisable_at_ms bigint,
      reason text
    )`,
    `create index claims_open on claims (id) where state not in ('finalised', 'rejected', 'failed')`,
    `create index claims_task on claims (task_id, validator)`,
    `create table quarantines (
      owner bytea not null,
      task_id bytea not null,
      operator bytea not null,
      coprocessor bytea not null,
      from_ms bigint not null,
      until_ms bigint,
      primary key (owner, task_id, operator)
    )`,
  ];

  async up(query: QueryRunner): Promise<void> {
    for (const statement of this.statements) await query.query(statement);
  }

  async down(query: QueryRunner): Promise<void> {
    for (const table of [...TABLES].reverse()) await query.query(`drop table ${table}`);
  }
}

const TABLES = [
  'enrollment_history',
  'delegation_history',
  'fees',
  'fee_accounts',
  'observed_responses',
  'claims',
  'quarantines',
];
