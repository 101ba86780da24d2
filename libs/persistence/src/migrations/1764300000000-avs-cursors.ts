import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far the chains of AVSs were followed, and in which block each of their tasks was created. */
export class AvsCursors1764300000000 implements MigrationInterface {
  readonly name = 'AvsCursors1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table avs_cursors (
      avs_id bytea primary key,
      next_block bigint not null,
      followed_ms bigint not null,
      marks jsonb not null
    )`);
    await runner.query('alter table tasks add column created_block bigint');
    await runner.query('create index tasks_created_block on tasks (avs_id, created_block) where not settled');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index tasks_created_block');
    await runner.query('alter table tasks drop column created_block');
    await runner.query('drop table avs_cursors');
  }
}
