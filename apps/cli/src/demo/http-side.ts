import { retrying, type RelayClient } from '@odf/client';
import { routes, taskId as taskIdOf, toHex, type Hex } from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import type { AvsService } from './avs-service.js';
import type { AvsSide } from './avs-side.js';
import { windows, type DemoAvs } from './fleet.js';
import type { TaskArchive } from './task-archive.js';
import type { TaskSource } from './avs-side.js';

/** What the side needs. */
export interface HttpSideOptions {
  avs: DemoAvs;
  /** With the AVS's bearer token. */
  client: RelayClient;
  service: AvsService;
  archive: TaskArchive;
  clock: Clock;
  random: (length: number) => Uint8Array;
}

/** An AVS over HTTP: posts tasks to the relay, and takes responses at its service. */
export class HttpSide implements AvsSide {
  constructor(private readonly options: HttpSideOptions) {}

  async post({ label, input }: TaskSource): Promise<Hex> {
    const { avs, archive, client, clock, random, service } = this.options;
    const native_ref = toHex(random(32));
    const task_id = taskIdOf(avs.avs_id, native_ref);
    const now = BigInt(clock.nowMs());
    const input_hash = archive.keepInput(input);
    archive.keepTask({ task_id, avs_id: avs.avs_id, native_ref, input_hash, label, posted_at_ms: now });
    const body = { native_ref, input, deadline_ms: now + BigInt(windows.deliver + windows.commit + 60_000) };
    const answer = await retrying(() => client.data(routes.createTask, { params: { avs_id: avs.avs_id }, body }), {
      attempts: 20,
    });
    if (answer.task_id !== task_id) throw new Error(`the relay named the task ${answer.task_id} instead of ${task_id}`);
    archive.acknowledge(task_id);
    // The AVS begins its own computation; should it fail, whoever answers the task is told.
    service.resultOf(task_id).catch(() => undefined);
    return task_id;
  }

  isAccepted(taskId: Hex, operator: Hex): boolean {
    return this.options.service.isAccepted(taskId, operator);
  }

  refusal(taskId: Hex, operator: Hex): string | undefined {
    return this.options.service.refusal(taskId, operator);
  }

  get acceptedCount(): number {
    return this.options.service.acceptedCount;
  }
}
