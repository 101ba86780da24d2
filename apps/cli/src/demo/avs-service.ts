import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import { ResponseCollector, ResponseSubmission, type CollectorAnswer } from '@odf/avs';
import { toHex, type Hex } from '@odf/protocol';
import { z } from 'zod';
import { CHAIN_ID, echo, type DemoAvs } from './fleet.js';
import type { TaskArchive } from './task-archive.js';

const MAX_BODY = 1 << 20;

/** A response that the AVS accepted. */
export interface AcceptedResponse {
  task_id: Hex;
  operator: Hex;
}

interface Refusal {
  status: number;
  body: { error: string; message: string };
}

type Answer = CollectorAnswer | Refusal;

/** What the service needs. */
export interface AvsServiceOptions {
  archive: TaskArchive;
  /** Accounts of the operator set, lower case. */
  operators: ReadonlySet<Hex>;
  /** The one right result of an input. */
  resultOf(plugin: string, input: Uint8Array): Promise<Hex>;
}

/**
 * The demo's AVS over HTTP: takes each operator's signed response at `POST /responses`, checks the signature and computes the result
 * itself, and keeps what it accepts before it answers.
 */
export class AvsService {
  readonly #server: Server;
  readonly #collectors: ReadonlyMap<Hex, ResponseCollector>;
  readonly #results = new Map<Hex, Promise<Hex>>();
  readonly #accepted = new Map<string, AcceptedResponse>();
  readonly #refused = new Map<string, string>();

  constructor(private readonly options: AvsServiceOptions) {
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        ({ status, body }) => {
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        },
        (error: unknown) => {
          const message = error instanceof Error ? error.message : String(error);
          response
            .writeHead(500, { 'content-type': 'application/json' })
            .end(JSON.stringify({ error: 'INTERNAL', message }));
        },
      );
    });
    this.#collectors = new Map([[echo.avs_id, this.#collector(echo)]]);
  }

  /** Loads what earlier runs accepted, then listens. */
  async start(port: number): Promise<void> {
    for (const response of this.options.archive.responses()) {
      await this.#collectors.get(response.avs_id)?.receive(z.encode(ResponseSubmission, response));
      this.#note(response);
    }
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Whether an operator's response to a task was accepted. */
  isAccepted(taskId: Hex, operator: Hex): boolean {
    return this.#accepted.has(`${taskId}:${operator}`);
  }

  /** Why an operator's last response to a task was refused. */
  refusal(taskId: Hex, operator: Hex): string | undefined {
    return this.#refused.get(`${taskId}:${operator}`);
  }

  /** Responses accepted in all runs. */
  get acceptedCount(): number {
    return this.#accepted.size;
  }

  /** The right result of a task, computed once. */
  resultOf(taskId: Hex): Promise<Hex> {
    const task = this.options.archive.task(taskId);
    if (!task) return Promise.reject(new Error('there is no such task'));
    const known = this.#results.get(taskId);
    if (known) return known;
    const result = this.options.resultOf(echo.name, this.options.archive.input(task));
    this.#results.set(taskId, result);
    return result;
  }

  #collector(avs: DemoAvs): ResponseCollector {
    return new ResponseCollector({
      avs: { avs_id: avs.avs_id, avs: avs.avs, chain_id: CHAIN_ID },
      scheme: 'secp256k1-eip712',
      signerOf: (operator) => (this.options.operators.has(operator) ? operator : undefined),
      isTask: (taskId) => this.options.archive.task(taskId)?.avs_id === avs.avs_id,
    });
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'POST' || request.url !== '/responses')
      return refuse(404, 'ROUTE_UNKNOWN', 'POST /responses');
    const text = await readBody(request);
    if (text === undefined) return refuse(413, 'BODY_TOO_LARGE', `at most ${MAX_BODY} bytes`);
    const parsed = ResponseSubmission.safeParse(parseJson(text));
    if (!parsed.success) return refuse(400, 'RESPONSE_MALFORMED', z.prettifyError(parsed.error));
    const answer = await this.#judge(parsed.data);
    if ('error' in answer.body) {
      this.#refused.set(
        `${parsed.data.task_id}:${parsed.data.operator}`,
        `${answer.body.error}: ${answer.body.message}`,
      );
    }
    return answer;
  }

  async #judge(response: ResponseSubmission): Promise<Answer> {
    const collector = this.#collectors.get(response.avs_id);
    if (!collector) return refuse(404, 'AVS_UNKNOWN', 'avs_id names another AVS.');
    if (!this.options.archive.task(response.task_id))
      return refuse(404, 'TASK_UNKNOWN', 'This AVS asked no such task.');
    if (toHex(response.result) !== (await this.resultOf(response.task_id))) {
      return refuse(422, 'RESULT_WRONG', 'The AVS computed another result.');
    }
    const answer = await collector.receive(z.encode(ResponseSubmission, response));
    if (answer.status === 200) {
      this.options.archive.keepResponse(response);
      this.#note(response);
    }
    return answer;
  }

  #note({ task_id, operator }: ResponseSubmission): void {
    this.#accepted.set(`${task_id}:${operator}`, { task_id, operator });
  }
}

function refuse(status: number, error: string, message: string): Refusal {
  return { status, body: { error, message } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON fits no schema either.
    return undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
