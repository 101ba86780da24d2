import { ErrorAnswer } from '@odf/protocol';
import { z } from 'zod';
import { chunksOf, type Cancellation } from './cancellation.js';
import { RelayError } from './relay-error.js';
import type { AnyRoute } from './request.js';

const envelope = z.strictObject({ version: z.literal('odf/1'), data: z.unknown() });

/** Milliseconds of a `Retry-After` in seconds; undefined for none or the date form, which needs a shared clock. */
export function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get('retry-after');
  return text !== null && /^[0-9]{1,6}(\.[0-9]{1,3})?$/.test(text) ? Number(text) * 1000 : undefined;
}

/**
 * Reads a body of at most `limit` bytes.
 *
 * @throws {RelayError} ANSWER_TOO_LARGE.
 */
export async function readBytes(response: Response, limit: number, cancellation: Cancellation): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of chunksOf(response, cancellation)) {
    size += part.length;
    if (size > limit) throw new RelayError('ANSWER_TOO_LARGE', `The relay answered more than ${limit} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The refusal that an answer carries, whether or not it is written as the protocol has it. */
export function refusalOf(route: AnyRoute, response: Response, bytes: Buffer): RelayError {
  const details = {
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? undefined,
    retryAfterMs: retryAfterMs(response.headers),
  };
  const parsed = ErrorAnswer.safeParse(parseJson(bytes));
  if (!parsed.success) {
    return new RelayError('ANSWER_INVALID', `${route.name} was answered ${response.status} without a reason.`, details);
  }
  const { error, message, failures, data } = parsed.data;
  return new RelayError(error, message, { ...details, failures, data: data?.map((item) => decodeItem(route, item)) });
}

function decodeItem(route: AnyRoute, item: unknown): unknown {
  if (item === null || !route.answer.schema) return item;
  const parsed = z.safeDecode(route.answer.schema, [item]);
  return parsed.success ? (parsed.data as unknown[])[0] : null;
}

/**
 * The answer of a route, strictly as its schema has it; null where there is none.
 *
 * @throws {RelayError} ANSWER_INVALID naming what is wrong.
 */
export function readAnswer(route: AnyRoute, response: Response, bytes: Buffer): unknown {
  const { kind, schema, ssz } = route.answer;
  if (!route.answer.statuses.includes(response.status)) {
    throw invalid(route, response, `status ${response.status} is none of its own`);
  }
  if (response.status === 204 || kind === 'empty') return null;
  if (kind === 'bytes') return new Uint8Array(bytes);
  try {
    if (ssz && response.headers.get('content-type') === 'application/octet-stream') return ssz.deserialize(bytes);
    const json = parseJson(bytes);
    const data = kind === 'object' && !Array.isArray(json) ? envelope.parse(json).data : json;
    return schema ? z.decode(schema, data) : data;
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw invalid(route, response, why, cause);
  }
}

function invalid(route: AnyRoute, response: Response, why: string, cause?: unknown): RelayError {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  return new RelayError('ANSWER_INVALID', `The answer to ${route.name} is not odf/1: ${why}`, { requestId, cause });
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    // What is no JSON fits no schema; undefined makes the caller say so.
    return undefined;
  }
}
