import { parentPort } from 'node:worker_threads';
import { workloadOf } from '@odf/avs';
import { toHex, type Hex } from '@odf/protocol';

/** A result to be computed. */
export interface ResultOrder {
  id: number;
  plugin: string;
  input: Uint8Array;
}
/** What came out. */
export interface ResultAnswer {
  id: number;
  result?: Hex;
  error?: string;
}

async function compute({ id, plugin, input }: ResultOrder): Promise<ResultAnswer> {
  try {
    const { result } = await workloadOf(plugin).compute(input, new AbortController().signal);
    return { id, result: toHex(result) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

const port = parentPort;
if (!port) throw new Error('result-worker is a worker thread: it is started by ResultChecker');
port.on('message', (order: ResultOrder) => void compute(order).then((answer) => port.postMessage(answer)));
