import { Injectable } from '@nestjs/common';
import type { Hex, SignedValidatorRegistrationV1, ValidatorRegistrationV1 } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { insertMany, toBytea } from './columns.js';
import { RegistrationRow } from './rows/registration.row.js';

/** Builder registrations, one a validator. */
@Injectable()
export class RegistrationsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The stored registrations of these validators, by key. */
  async find(pubkeys: readonly Hex[]): Promise<Map<Hex, ValidatorRegistrationV1>> {
    const rows = await this.dataSource
      .getRepository(RegistrationRow)
      .createQueryBuilder('row')
      .select(['row.pubkey', 'row.fee_recipient', 'row.gas_limit', 'row.timestamp'])
      .where('row.pubkey = any(:pubkeys)', { pubkeys: pubkeys.map(toBytea) })
      .getMany();
    return new Map(
      rows.map(({ pubkey, fee_recipient, gas_limit, timestamp }) => [
        pubkey,
        { pubkey, fee_recipient, gas_limit, timestamp },
      ]),
    );
  }

  /** Writes registrations of different validators; one that meets a newer one of another request gives way to it. */
  async save(registrations: readonly SignedValidatorRegistrationV1[]): Promise<void> {
    const messages = registrations.map(({ message }) => message);
    await insertMany(
      this.dataSource,
      'registrations',
      {
        pubkey: { type: 'bytea', values: messages.map(({ pubkey }) => pubkey) },
        fee_recipient: { type: 'bytea', values: messages.map(({ fee_recipient }) => fee_recipient) },
        gas_limit: { type: 'numeric', values: messages.map(({ gas_limit }) => gas_limit) },
        timestamp: { type: 'numeric', values: messages.map(({ timestamp }) => timestamp) },
        signature: { type: 'bytea', values: registrations.map(({ signature }) => signature) },
      },
      {
        onConflict: `(pubkey) do update set fee_recipient = excluded.fee_recipient, gas_limit = excluded.gas_limit,
          timestamp = excluded.timestamp, signature = excluded.signature
          where excluded.timestamp >= registrations.timestamp`,
      },
    );
  }
}
