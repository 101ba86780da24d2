/** What a history may be narrowed by. */
export type HistoryFilter = 'avs_id' | 'auction_id' | 'task_id' | 'coprocessor' | 'validator' | 'operator' | 'owner';

/** Where one public history is read from. */
export interface HistoryTable {
  /** A relation named `item` that has a unique, rising `id`. */
  from: string;
  select: string;
  where?: string;
  /** Columns of `item` that it may be narrowed by. */
  filters: readonly HistoryFilter[];
}

/** Where each public history is read from. */
export const historyTables = {
  auctions: {
    from: 'auctions item',
    select: `id, auction_id, avs_id, mode, round, state, opens_at_ms, closes_at_ms, term_start_ms, term_end_ms,
      bid_count, frozen_at_ms, frozen_signature, bids_root, member_count, transcript_root, transcript_signature`,
    filters: ['avs_id', 'auction_id', 'task_id'],
  },
  awards: {
    from: 'awards item',
    select: `id, auction_id, role, coprocessor, avs_id, owner, line_id, award_root, units, price_bps, term_start_ms,
      term_end_ms, signature`,
    filters: ['avs_id', 'auction_id', 'coprocessor', 'owner'],
  },
  deliveries: {
    from: 'deliveries item join tasks on tasks.task_id = item.task_id',
    select: `item.id, item.task_id, item.auction_id, item.coprocessor, item.role, item.attestation_root, item.state,
      case when tasks.state in ('closed', 'expired') then item.verdict end as verdict, item.at_ms`,
    filters: ['auction_id', 'task_id', 'coprocessor'],
  },
  outcomes: {
    // Even ids are validators' reports, odd ones the plug-ins' own observations.
    from: `(
      select 2 * id as id, task_id, validator, status, reference, at_ms from outcomes
      union all
      select 2 * id + 1, task_id, validator, case state when 'slashed' then 4 else 2 end, transaction, at_ms
      from observed_responses where validator is not null
    ) item`,
    select: 'id, task_id, validator, status, reference, at_ms',
    filters: ['task_id', 'validator'],
  },
  fees: {
    from: 'fees item',
    select: '*',
    filters: ['avs_id', 'auction_id', 'task_id', 'coprocessor', 'validator', 'operator', 'owner'],
  },
  claims: {
    from: 'claims item',
    select: `id, claim_id, state, task_id, validator, operator, coprocessor, line_id, attestation_root, slash_tx,
      log_index, asked_wei, amount_wei, paid_wei, requested_at_ms, filed_at_ms, finalisable_at_ms`,
    filters: ['avs_id', 'auction_id', 'task_id', 'coprocessor', 'validator', 'operator'],
  },
  reputation: {
    from: 'reputation_events item',
    select: 'id, coprocessor, owner, avs_id, task_id, kind, attribution, evidence, at_ms',
    filters: ['avs_id', 'task_id', 'coprocessor'],
  },
  concentration: {
    from: `auctions item left join lateral (
      select array_agg(owned.units) as units from (
        select sum(awards.units)::integer as units from awards
        where awards.auction_id = item.auction_id and awards.role = 0 group by awards.owner
      ) owned
    ) won on true`,
    select: `item.id, item.auction_id, item.avs_id, coalesce(won.units, '{}') as units`,
    where: `item.state in ('cleared', 'running', 'finished')`,
    filters: ['avs_id', 'auction_id'],
  },
} as const satisfies Record<string, HistoryTable>;

/** The name of a public history. */
export type HistoryName = keyof typeof historyTables;
