import { EventEmitter } from 'node:events';
import { ComputePool, type ComputeOrder, type ComputeThread } from './compute-pool.js';

class FakeThread extends EventEmitter {
  readonly orders: ComputeOrder[] = [];
  terminated = false;
  postMessage(order: ComputeOrder): void {
    this.orders.push(order);
  }
  async terminate(): Promise<number> {
    this.terminated = true;
    this.emit('exit', 1);
    return 1;
  }
  finish(index: number, byte: number): void {
    const { id } = this.orders[index]!;
    this.emit('message', { id, result: new Uint8Array([byte]), witness: new Uint8Array(), ms: 1 });
  }
}

function setUp(workers: number, queueLimit = 10) {
  const threads: FakeThread[] = [];
  const start = () => {
    const thread = new FakeThread();
    threads.push(thread);
    return thread as unknown as ComputeThread;
  };
  return { threads, pool: new ComputePool({ workers, queueLimit, abortGraceMs: 0, start }) };
}

const input = new Uint8Array([1]);
const never = new AbortController().signal;

describe('ComputePool', () => {
  it('gives each thread one job at a time, in order', async () => {
    const { pool, threads } = setUp(1);
    const first = pool.compute('kzg-da', input, never);
    const second = pool.compute('kzg-da', input, never);
    expect(pool.load).toEqual({ running: 1, waiting: 1 });
    expect(threads[0]!.orders).toHaveLength(1);
    threads[0]!.finish(0, 7);
    threads[0]!.finish(1, 8);
    expect((await first).result).toEqual(new Uint8Array([7]));
    expect((await second).result).toEqual(new Uint8Array([8]));
  });

  it('is warm when every thread is, and loads once', async () => {
    const { pool, threads } = setUp(2);
    const warm = pool.warmUp('kzg-da');
    expect(pool.warmUp('kzg-da')).toBe(warm);
    let done = false;
    void warm.then(() => (done = true));
    threads[0]!.emit('message', { id: threads[0]!.orders[0]!.id, warm: true });
    await Promise.resolve();
    expect(done).toBe(false);
    threads[1]!.emit('message', { id: threads[1]!.orders[0]!.id, warm: true });
    await warm;
    expect(threads.map(({ orders }) => orders.length)).toEqual([1, 1]);
  });

  it('refuses what it cannot queue', async () => {
    const { pool } = setUp(1, 1);
    void pool.compute('kzg-da', input, never).catch(() => undefined);
    void pool.compute('kzg-da', input, never).catch(() => undefined);
    await expect(pool.compute('kzg-da', input, never)).rejects.toThrow('1 jobs wait already');
  });

  it('drops a waiting job when it is aborted', async () => {
    const { pool, threads } = setUp(1);
    const abort = new AbortController();
    const running = pool.compute('kzg-da', input, never);
    const waiting = pool.compute('kzg-da', input, abort.signal);
    abort.abort();
    await expect(waiting).rejects.toThrow('no time left');
    threads[0]!.finish(0, 1);
    await running;
    expect(threads[0]!.orders).toHaveLength(1);
  });

  it('replaces a thread that does not stop, and warms the new one up', async () => {
    const { pool, threads } = setUp(1);
    void pool.warmUp('kzg-da');
    const abort = new AbortController();
    const stuck = pool.compute('kzg-da', input, abort.signal);
    abort.abort();
    await expect(stuck).rejects.toThrow('no time left');
    await new Promise((resolve) => threads[0]!.once('exit', resolve));
    expect(threads[0]!.orders.map(({ kind }) => kind)).toEqual(['warm', 'compute', 'abort']);
    const next = pool.compute('kzg-da', input, never);
    expect(threads[1]!.orders.map(({ kind }) => kind)).toEqual(['warm', 'compute']);
    threads[1]!.finish(1, 4);
    expect((await next).result).toEqual(new Uint8Array([4]));
  });

  it('fails the job of a thread that dies and goes on with the next', async () => {
    const { pool, threads } = setUp(1);
    const first = pool.compute('kzg-da', input, never);
    const second = pool.compute('kzg-da', input, never);
    threads[0]!.emit('error', new Error('out of memory'));
    await expect(first).rejects.toThrow('out of memory');
    threads[1]!.finish(0, 5);
    expect((await second).result).toEqual(new Uint8Array([5]));
  });

  it('rejects everything when it closes', async () => {
    const { pool } = setUp(1);
    const jobs = [pool.compute('kzg-da', input, never), pool.compute('kzg-da', input, never)];
    const settled = Promise.allSettled(jobs);
    await pool.close();
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
