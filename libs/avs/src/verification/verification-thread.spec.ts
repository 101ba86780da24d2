import { EventEmitter } from 'node:events';
import { keccak256, toBytes } from 'viem';
import type { VerificationOrder } from './verification-order.js';
import { VerificationThread, type Thread } from './verification-thread.js';

const options = { seed: new Uint8Array(32), level: 'full' } as const;
const name = toBytes('ada');

class DeadThread extends EventEmitter {
  readonly orders: VerificationOrder[] = [];
  postMessage(order: VerificationOrder): void {
    this.orders.push(order);
  }
  async terminate(): Promise<void> {}
}

describe('VerificationThread', () => {
  it('gives the verdict of the workload, good and bad', async () => {
    const thread = new VerificationThread();
    const wrong = { result: toBytes(keccak256('0x00')), witness: new Uint8Array() };
    expect(await thread.verify('echo', name, wrong, options)).toMatchObject({ ok: false, code: 'RESULT_MISMATCH' });
    await thread.close();
  });

  it('rejects for a workload that is not there', async () => {
    const thread = new VerificationThread();
    const nothing = { result: new Uint8Array(), witness: new Uint8Array() };
    await expect(thread.verify('nothing', name, nothing, options)).rejects.toThrow(/kzg-da/);
    await thread.close();
  });

  it('rejects what a dying thread had, and goes on in a new one', async () => {
    const started: DeadThread[] = [];
    const start = (): Thread => {
      const dead = new DeadThread();
      started.push(dead);
      return dead;
    };
    const thread = new VerificationThread(start);
    const lost = thread.verify('echo', name, { result: new Uint8Array(), witness: new Uint8Array() }, options);
    started[0]!.emit('exit', 9);
    await expect(lost).rejects.toThrow(/code 9/);
    thread.warmUp('echo');
    expect(started).toHaveLength(2);
    expect(started[1]!.orders).toEqual([{ warm: 'echo' }]);
  });
});
