import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The relay's tables; each index stands with its table. */
export class Init1763800000000 implements MigrationInterface {
  readonly name = 'Init1763800000000';

  private readonly statements = [
    `create table relay_identity (
      one boolean primary key default true check (one),
      pubkey bytea not null
    )`,
    `create table registrations (
      pubkey bytea primary key,
      fee_recipient bytea not null,
      gas_limit numeric(20,0) not null,
      timestamp numeric(20,0) not null,
      signature bytea not null
    )`,
    `create table enrollments (
      validator_root bytea not null,
      avs_id bytea not null,
      validator bytea not null,
      operator bytea not null,
      policy bytea not null,
      policy_root bytea not null,
      valid_from numeric(20,0) not null,
      valid_until numeric(20,0) not null,
      nonce numeric(20,0) not null,
      signature bytea not null,
      operator_signature bytea not null,
      enrollment_root bytea not null,
      exited boolean not null,
      at_ms bigint not null,
      primary key (validator_root, avs_id)
    )`,
    `create unique index enrollments_operator on enrollments (operator, avs_id) where not exited`,
    `create index enrollments_avs on enrollments (avs_id, validator_root) where not exited`,
    `create table delegations (
      validator_root bytea primary key,
      validator bytea not null,
      delegate bytea not null,
      valid_until numeric(20,0) not null,
      nonce numeric(20,0) not null,
      delegation_root bytea not null,
      signature bytea not null,
      possession bytea not null,
      at_ms bigint not null
    )`,
    `create table delegates (
    delegate bytea primary key,
    validator_root bytea not null
  )`,
    `create table receipt_batches (
      batch_id bigint generated always as identity primary key,
      leaf_roots bytea not null,
      signature bytea not null
    )`,
    `create table auctions (
      id bigint generated always as identity unique,
      auction_id bytea primary key,
      avs_id bytea not null,
      mode text not null,
      task_id bytea,
      round integer not null,
      state text not null,
      opens_at_ms bigint not null,
      closes_at_ms bigint not null,
      term_start_ms bigint not null,
      term_end_ms bigint not null,
      parameters jsonb not null,
      bid_count integer not null default 0,
      frozen_at_ms bigint,
      frozen_signature bytea,
      bids_root bytea,
      classes jsonb,
      member_count integer not null default 0,
      members bytea,
      transcript bytea,
      transcript_root bytea,
      transcript_signature bytea,
      median_bps integer,
      screen_facts jsonb
    )`,
    `create index auctions_live on auctions (avs_id, state) where state not in ('finished', 'void')`,
    `create index auctions_by_avs on auctions (avs_id, id)`,
    `create index auctions_priced on auctions (avs_id, id) where median_bps is not null`,
    `create index auctions_by_task on auctions (task_id, id) where task_id is not null`,
    `create table bids (
      auction_id bytea not null,
      seq integer not null,
      bid_root bytea not null,
      coprocessor bytea not null,
      bid bytea not null,
      at_ms bigint not null,
      batch_id bigint not null references receipt_batches,
      batch_index integer not null,
      primary key (auction_id, seq)
    )`,
    `create index bids_root on bids (bid_root, auction_id)`,
    `create index bids_coprocessor on bids (auction_id, coprocessor)`,
    `create table bid_nonces (
      coprocessor bytea not null,
      avs_id bytea not null,
      nonce numeric(20,0) not null,
      bid_root bytea not null,
      standing_bid bytea,
      standing_root bytea,
      standing_at_ms bigint,
      batch_id bigint references receipt_batches,
      batch_index integer,
      primary key (coprocessor, avs_id)
    )`,
    `create index bid_nonces_standing on bid_nonces (avs_id) where standing_bid is not null`,
    `create table awards (
      id bigint generated always as identity unique,
      auction_id bytea not null,
      role smallint not null,
      coprocessor bytea not null,
      avs_id bytea not null,
      owner bytea not null,
      line_id bytea not null,
      award_root bytea not null,
      units integer not null,
      price_bps integer not null,
      term_start_ms bigint not null,
      term_end_ms bigint not null,
      signature bytea not null,
      primary key (auction_id, role, coprocessor)
    )`,
    `create index awards_coprocessor on awards (coprocessor, term_end_ms)`,
    `create table cover_reservations (
      auction_id bytea not null,
      line_id bytea not null,
      role smallint not null,
      amount_wei numeric(78,0) not null,
      until_ms bigint not null,
      primary key (line_id, auction_id, role)
    )`,
    `create table credit_exposures (
      auction_id bytea not null,
      owner bytea not null,
      amount_wei numeric(78,0) not null,
      until_ms bigint not null,
      primary key (owner, auction_id)
    )`,
    `create table tasks (
      id bigint generated always as identity unique,
      task_id bytea primary key,
      avs_id bytea not null,
      native_ref bytea not null,
      input bytea not null,
      input_root bytea not null,
      created_at_ms bigint not null,
      deadline_ms bigint not null,
      auction_id bytea,
      announced_at_ms bigint,
      deliver_by_ms bigint,
      switch_until_ms bigint,
      commit_by_ms bigint,
      state text not null,
      decided boolean not null default false,
      settled boolean not null default false
    )`,
    `create index tasks_unsettled on tasks (avs_id, state) where not settled`,
    `create index tasks_auction on tasks (auction_id)`,
    `create table ciphertexts (
      ciphertext_root bytea primary key,
      body bytea not null
    )`,
    `alter table ciphertexts alter column body set storage external`,
    `create table deliveries (
      id bigint generated always as identity unique,
      task_id bytea not null,
      coprocessor bytea not null,
      auction_id bytea not null,
      role smallint not null,
      seq numeric(20,0) not null,
      attestation_root bytea not null,
      sealed_attestation bytea not null,
      sealed_key bytea not null,
      ciphertext_root bytea not null references ciphertexts,
      ciphertext_size integer not null,
      key_hash bytea not null,
      state text not null,
      verdict text,
      header_signature bytea,
      at_ms bigint not null,
      verified_at_ms bigint,
      batch_id bigint not null references receipt_batches,
      batch_index integer not null,
      primary key (task_id, coprocessor, role)
    )`,
    `create index deliveries_received on deliveries (id) where state = 'received'`,
    `create index deliveries_seq on deliveries (coprocessor, seq)`,
    `create table switches (
      task_id bytea not null,
      coprocessor bytea not null,
      at_ms bigint not null,
      primary key (task_id, coprocessor)
    )`,
    `create table commitments (
      id bigint generated always as identity unique,
      task_id bytea not null,
      auction_id bytea not null,
      role smallint not null,
      validator bytea not null,
      commitment_root bytea not null,
      coprocessor bytea not null,
      fee_wei numeric(78,0) not null,
      signer bytea not null,
      signature bytea not null,
      at_ms bigint not null,
      batch_id bigint not null references receipt_batches,
      batch_index integer not null,
      primary key (task_id, validator, role)
    )`,
    `create table outcomes (
      id bigint generated always as identity unique,
      task_id bytea not null,
      validator bytea not null,
      status smallint not null,
      response_digest bytea not null,
      reference bytea not null,
      seq numeric(20,0) not null,
      outcome_root bytea not null,
      signature bytea not null,
      at_ms bigint not null,
      primary key (task_id, validator)
    )`,
    `create table vouchers (
      id bigint generated always as identity unique,
      operator bytea not null,
      owner bytea not null,
      cumulative_wei numeric(78,0) not null,
      signature bytea not null,
      at_ms bigint not null,
      primary key (owner, operator)
    )`,
    `create table reputation_events (
      id bigint generated always as identity primary key,
      coprocessor bytea not null,
      owner bytea not null,
      avs_id bytea not null,
      task_id bytea not null,
      kind text not null,
      attribution text not null,
      evidence jsonb not null,
      at_ms bigint not null
    )`,
    `create unique index reputation_events_once on reputation_events (coprocessor, task_id, kind) where kind <> 'correction'`,
    `create index reputation_events_time on reputation_events (at_ms, id)`,
    `create index reputation_events_owner on reputation_events (owner, at_ms)`,
    `create function refuse_change() returns trigger language plpgsql as $$
      begin raise exception '% is append-only: correct it by another event', tg_table_name; end $$`,
    `create trigger reputation_events_append_only before update or delete on reputation_events
      for each row execute function refuse_change()`,
    `create table reputation_days (
      day integer primary key,
      folded_at_ms bigint not null
    )`,
    `create table reputation_scores (
      owner bytea not null,
      day integer not null references reputation_days,
      live_r numeric(78,0) not null,
      live_s numeric(78,0) not null,
      safe_r numeric(78,0) not null,
      safe_s numeric(78,0) not null,
      shares jsonb,
      primary key (owner, day)
    )`,
    `create index reputation_scores_day on reputation_scores (day, owner)`,
    `create table events (
      id bigint generated always as identity primary key,
      topic text not null,
      data text not null,
      at_ms bigint not null
    )`,
    `create index events_at on events (at_ms)`,
    `create table settlement_journal (
      id bigint generated always as identity primary key,
      event jsonb not null
    )`,
  ];

  async up(query: QueryRunner): Promise<void> {
    for (const statement of this.statements) await query.query(statement);
  }

  async down(query: QueryRunner): Promise<void> {
    for (const table of [...TABLES].reverse()) await query.query(`drop table ${table}`);
    await query.query('drop function refuse_change');
  }
}

const TABLES = [
  'relay_identity',
  'registrations',
  'enrollments',
  'delegations',
  'delegates',
  'receipt_batches',
  'auctions',
  'bids',
  'bid_nonces',
  'awards',
  'cover_reservations',
  'credit_exposures',
  'tasks',
  'ciphertexts',
  'deliveries',
  'switches',
  'commitments',
  'outcomes',
  'vouchers',
  'reputation_events',
  'reputation_days',
  'reputation_scores',
  'events',
  'settlement_journal',
];
