import { type Hex } from '@odf/protocol';
import { z } from 'zod';

const MAX_ANSWER_BYTES = 65_536;
const MAX_REASON = 300;

const Answer = z.object({
  reference: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/)
    .transform((text) => text.toLowerCase() as Hex)
    .optional()
    .catch(undefined),
  /** On 409: what is known is this very response. */
  same: z.boolean().optional().catch(undefined),
  message: z
    .string()
    .transform((text) => text.slice(0, MAX_REASON))
    .optional()
    .catch(undefined),
});

/** What an AVS answered to a response. */
export interface SinkAnswer {
  status: number;
  text: string;
  json: z.output<typeof Answer>;
  /** Of its Retry-After header in seconds, else 0. */
  retryAfterMs: number;
}

async function readText(response: Response): Promise<string> {
  if (!response.body) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new RangeError(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readJson(text: string): SinkAnswer['json'] {
  try {
    return Answer.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    // An AVS need not answer JSON: its status is enough.
    return {};
  }
}

/**
 * Reads an AVS's answer, whatever its form.
 *
 * @throws {RangeError} when it is longer than 64 KiB.
 */
export async function readAnswer(response: Response): Promise<SinkAnswer> {
  const text = await readText(response);
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return {
    status: response.status,
    text,
    json: readJson(text),
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0,
  };
}
