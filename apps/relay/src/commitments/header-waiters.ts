import { Injectable } from '@nestjs/common';
import { LiveStore, type Unsubscribe } from '@odf/live-store';
import { OdfError, type Hex } from '@odf/protocol';
import { headerTopic } from '../core/header.js';
import { RelayMetrics } from '../relay.metrics.js';

/** Most requests that wait at once in this process. */
const MAX_WAITING = 20_000;
/** A lost wake-up costs no more than this many ms. */
const POLL_MS = 1000;

interface Room {
  wake: () => void;
  news: Promise<void>;
  guests: number;
  subscription: Promise<Unsubscribe>;
}

/** All requests that wait for one task's headers share one subscription. */
@Injectable()
export class HeaderWaiters {
  readonly #rooms = new Map<Hex, Room>();
  #waiting = 0;
  #closed = false;

  constructor(
    private readonly liveStore: LiveStore,
    private readonly metrics: RelayMetrics,
  ) {}

  /**
   * Waits for news of a task's headers, at most `waitMs`; the caller looks again.
   *
   * @throws {OdfError} UNAVAILABLE when too many wait.
   */
  async wait(taskId: Hex, waitMs: number): Promise<void> {
    if (this.#waiting >= MAX_WAITING) throw new OdfError('UNAVAILABLE', 'Too many requests wait for headers.', 1);
    const room = this.#enter(taskId);
    this.metrics.headerWaiters.set((this.#waiting += 1));
    let timer: NodeJS.Timeout | undefined;
    try {
      await room.subscription;
      const timeout = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, Math.min(waitMs, POLL_MS));
      });
      await Promise.race([room.news, timeout]);
    } finally {
      clearTimeout(timer);
      this.metrics.headerWaiters.set((this.#waiting -= 1));
      this.#leave(taskId, room);
    }
  }

  /** Whether this process drains: nobody should wait any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Wakes everybody, so that a draining process answers at once. */
  close(): void {
    this.#closed = true;
    for (const room of this.#rooms.values()) room.wake();
  }

  #enter(taskId: Hex): Room {
    const known = this.#rooms.get(taskId);
    if (known) {
      known.guests += 1;
      return known;
    }
    let wake: () => void = () => undefined;
    const news = new Promise<void>((resolve) => (wake = resolve));
    const room: Room = {
      wake: () => {
        if (this.#rooms.get(taskId) === room) this.#rooms.delete(taskId);
        wake();
      },
      news,
      guests: 1,
      subscription: this.liveStore.subscribe(headerTopic(taskId), () => room.wake()),
    };
    this.#rooms.set(taskId, room);
    return room;
  }

  #leave(taskId: Hex, room: Room): void {
    room.guests -= 1;
    if (room.guests > 0) return;
    if (this.#rooms.get(taskId) === room) this.#rooms.delete(taskId);
    // A subscription that failed has told its guests already.
    room.subscription.then(
      (unsubscribe) => unsubscribe(),
      () => undefined,
    );
  }
}
