import { sha256, fromHex, type Hex } from '@odf/protocol';
import { responseDigest, type ResponseScheme, type ResponseTask } from '../response/response-digest.js';
import { verifyResponseSignature } from '../response/response-signature.js';
import { ResponseSubmission } from './submission.js';

/** What an AVS service knows to judge responses. */
export interface ResponseCollectorOptions {
  avs: Omit<ResponseTask, 'task_id'>;
  /** An AVS that takes responses over HTTP knows who answers only by their signature. */
  scheme: Exclude<ResponseScheme, 'none'>;
  /** The key that signs for an operator (address, or G2 key for BN254); undefined for who is no operator. */
  signerOf: (operator: Hex) => Hex | undefined;
  /** Whether the AVS asked this. */
  isTask: (taskId: Hex) => boolean;
}

/** An accepted response. */
export interface CollectedResponse {
  task_id: Hex;
  operator: Hex;
  digest: Hex;
  result: Uint8Array;
  reference: Hex;
}

/** The HTTP answer to a submitted response. */
export type CollectorAnswer =
  | { status: 200; body: { status: 'accepted'; reference: Hex } }
  | { status: 400 | 403 | 404 | 409; body: { error: string; message: string; same?: false } };

function refusal(status: 400 | 403 | 404, error: string, message: string): CollectorAnswer {
  return { status, body: { error, message } };
}

/**
 * The receiving end of an HTTP AVS: takes one response per task and operator, if its signature is that operator's over
 * this AVS's digest. The same response again gets the same answer, another one 409. Whether the result is right is for the AVS.
 */
export class ResponseCollector {
  readonly #accepted = new Map<string, CollectedResponse>();

  constructor(private readonly options: ResponseCollectorOptions) {}

  /** Judges the JSON body of a callback. */
  async receive(body: unknown): Promise<CollectorAnswer> {
    const parsed = ResponseSubmission.safeParse(body);
    if (!parsed.success) return refusal(400, 'RESPONSE_MALFORMED', parsed.error.issues.map(explain).join('; '));
    const { data } = parsed;
    const { avs, scheme, signerOf, isTask } = this.options;
    if (data.avs_id !== avs.avs_id) return refusal(404, 'AVS_UNKNOWN', 'avs_id names another AVS.');
    if (!isTask(data.task_id)) return refusal(404, 'TASK_UNKNOWN', 'This AVS asked no such task.');
    const signer = signerOf(data.operator);
    if (!signer) return refusal(403, 'OPERATOR_UNKNOWN', 'The account is no operator of this AVS.');
    const digest = responseDigest({ ...avs, task_id: data.task_id }, data.result, scheme);
    if (!(await verifyResponseSignature(digest, data.signature, signer))) {
      return refusal(400, 'SIGNATURE_INVALID', "The signature is not this operator's over the response digest.");
    }
    return this.#accept(data, digest.digest);
  }

  /** The accepted responses to a task, in the order of arrival. */
  responsesTo(taskId: Hex): CollectedResponse[] {
    return [...this.#accepted.values()].filter(({ task_id }) => task_id === taskId);
  }

  #accept({ task_id, operator, result, signature }: ResponseSubmission, digest: Hex): CollectorAnswer {
    const key = `${task_id}:${operator}`;
    const earlier = this.#accepted.get(key);
    if (earlier && earlier.digest !== digest) {
      const message = 'Another response of this operator to this task was accepted.';
      return { status: 409, body: { error: 'RESPONSE_CONFLICT', message, same: false } };
    }
    const accepted = earlier ?? { task_id, operator, digest, result, reference: sha256(fromHex(signature)) };
    this.#accepted.set(key, accepted);
    return { status: 200, body: { status: 'accepted', reference: accepted.reference } };
  }
}

function explain({ path, message }: { path: PropertyKey[]; message: string }): string {
  return `${path.join('.') || 'body'}: ${message}`;
}
