import type { MigrationInterface } from 'typeorm';

/** Every row class and every migration, oldest first. */
export const persistenceSchema: {
  readonly entities: readonly Function[];
  readonly migrations: readonly (new () => MigrationInterface)[];
} = { entities: [], migrations: [] };
