import type { MigrationInterface } from 'typeorm';
import { Init1763800000000 } from './migrations/1763800000000-init.js';
import { FeesAndClaims1764200000000 } from './migrations/1764200000000-fees-and-claims.js';
import { AvsCursors1764300000000 } from './migrations/1764300000000-avs-cursors.js';
import { Transactions1764310000000 } from './migrations/1764310000000-transactions.js';
import { ChainMirror1764320000000 } from './migrations/1764320000000-chain-mirror.js';
import { Slashes1764400000000 } from './migrations/1764400000000-slashes.js';
import { DelegateRow } from './rows/delegate.row.js';
import { DelegationRow } from './rows/delegation.row.js';
import { EnrollmentRow } from './rows/enrollment.row.js';
import { OutcomeRow } from './rows/outcome.row.js';
import { RegistrationRow } from './rows/registration.row.js';
import { VoucherRow } from './rows/voucher.row.js';

/** Every row class and every migration, oldest first. */
export const persistenceSchema: {
  readonly entities: readonly (new () => object)[];
  readonly migrations: readonly (new () => MigrationInterface)[];
} = {
  entities: [RegistrationRow, EnrollmentRow, DelegationRow, DelegateRow, OutcomeRow, VoucherRow],
  migrations: [
    Init1763800000000,
    FeesAndClaims1764200000000,
    AvsCursors1764300000000,
    Transactions1764310000000,
    ChainMirror1764320000000,
    Slashes1764400000000,
  ],
};
