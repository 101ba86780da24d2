import type { AuctionsRepository, TasksRepository } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { ManualClock } from '@odf/telemetry';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { testAvs } from '../../test/instance.js';
import { AvsRegistry } from '../core/avs-registry.js';
import { RelayMetrics } from '../relay.metrics.js';
import type { TasksService } from '../tasks/tasks.service.js';
import type { AuctionClearer } from './auction-clearer.js';
import type { AuctionFreezer } from './auction-freezer.js';
import type { AuctionOpener } from './auction-opener.js';
import { AuctionsScheduler } from './auctions.scheduler.js';

it('serves the AVSs behind one whose step fails, and reports the failure', async () => {
  const [broken, good] = [testAvs(1), testAvs(2)];
  const opened: Hex[] = [];
  const auctions: Pick<AuctionsRepository, 'latest' | 'inStates'> = {
    latest: (avsId) => (avsId === broken.avs_id ? Promise.reject(new Error('broken')) : Promise.resolve(null)),
    inStates: () => Promise.resolve([]),
  };
  const opener: Pick<AuctionOpener, 'open'> = {
    open: ({ avsId }) => Promise.resolve(void opened.push(avsId)),
  };
  const tasks: Pick<TasksService, 'onArrival' | 'advance'> = {
    onArrival: () => undefined,
    advance: () => Promise.resolve(),
  };
  const scheduler = new AuctionsScheduler(
    {} as DataSource,
    new AvsRegistry([broken, good]),
    auctions as AuctionsRepository,
    {} as TasksRepository,
    tasks as TasksService,
    opener as AuctionOpener,
    {} as AuctionFreezer,
    {} as AuctionClearer,
    new RelayMetrics(),
    new ManualClock(),
    pino({ level: 'silent' }),
  );
  await expect(scheduler.pass()).rejects.toThrow('broken');
  expect(opened).toEqual([good.avs_id]);
});
