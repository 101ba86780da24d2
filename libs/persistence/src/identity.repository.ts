import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, toBytea } from './columns.js';

/** Things of which a database has one: the relay's key, and the journal of a settlement kept in memory. */
@Injectable()
export class IdentityRepository {
  constructor(private readonly database: DataSource) {}

  /** The relay key that this database belongs to; the first one to ask becomes it. */
  async pin(pubkey: Hex): Promise<Hex> {
    await this.database.query('insert into relay_identity (pubkey) values ($1) on conflict do nothing', [
      toBytea(pubkey),
    ]);
    const [row] = await this.database.query<[{ pubkey: Buffer }]>('select pubkey from relay_identity');
    return fromBytea(row.pubkey);
  }

  /** The journal's events in order. */
  async loadJournal(): Promise<unknown[]> {
    const rows = await this.database.query<{ event: unknown }[]>('select event from settlement_journal order by id');
    return rows.map(({ event }) => event);
  }

  /** Appends to the journal durably. */
  async appendJournal(event: unknown): Promise<void> {
    await this.database.query('insert into settlement_journal (event) values ($1)', [JSON.stringify(event)]);
  }
}
