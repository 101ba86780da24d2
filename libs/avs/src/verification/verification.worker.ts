import { parentPort } from 'node:worker_threads';
import { carryOut, type VerificationOrder } from './verification-order.js';

if (!parentPort) throw new Error('verification.worker is a worker thread: it is started by VerificationThread');
const port = parentPort;

port.on('message', (order: VerificationOrder) => {
  void carryOut(order).then((answer) => {
    if (answer) port.postMessage(answer);
  });
});
