import type { Hex } from '@odf/protocol';
import type { FeeEscrowAccount } from '../settlement.js';

/** A coprocessor was given development cover, or its cap was set anew. */
export interface DevCoverSet {
  type: 'dev_cover_set';
  pubkey: Hex;
  owner: Hex;
  cap_wei: bigint;
  /** Unix ms. */
  at_ms: bigint;
}

/** A coprocessor's standing was set, as governance and owners do on the chain. */
export interface StandingSet {
  type: 'standing_set';
  pubkey: Hex;
  suspended: boolean;
  revoked: boolean;
  /** Unix ms. */
  at_ms: bigint;
}

/** An operator's fee escrow was set, as deposits, withdrawals and payments do on the chain; wei. */
export interface EscrowSet extends FeeEscrowAccount {
  type: 'escrow_set';
  operator: Hex;
}

/** What happened on the in-memory settlement; its order is its block number, from 1. */
export type SettlementEvent = DevCoverSet | StandingSet | EscrowSet;

/** Where the in-memory settlement keeps its events, so that it survives a restart. */
export interface SettlementJournal {
  /** All events, in the order in which they were appended. */
  load(): Promise<SettlementEvent[]>;
  /** Resolves once the event is durable. */
  append(event: SettlementEvent): Promise<void>;
}

/** A journal for tests, as durable as the object itself: hand it to a second settlement to restart the first. */
export class MemoryJournal implements SettlementJournal {
  readonly #events: SettlementEvent[] = [];

  async load(): Promise<SettlementEvent[]> {
    return [...this.#events];
  }

  async append(event: SettlementEvent): Promise<void> {
    this.#events.push(event);
  }
}
