import { bytes20, bytes32, bytes48, uint256 } from '@odf/protocol';
import { z } from 'zod';

/** What of `odf-boost`'s status a statement is held against. */
const SidecarStatus = z.object({
  tasks: z.array(
    z.object({
      validator: bytes48.json,
      task_id: bytes32.json,
      relay: bytes48.json.nullable(),
      fee_wei: uint256.json.nullable(),
      answer: z.object({ status: z.string() }).nullable(),
    }),
  ),
  vouchers: z.array(
    z.object({
      operator: bytes20.json,
      owner: bytes20.json,
      cumulative_wei: uint256.json,
      posted: z.record(z.string(), uint256.json),
    }),
  ),
  fees: z.object({
    differences: z.array(
      z.object({
        relay: bytes48.json,
        task_id: bytes32.json,
        validator: bytes48.json,
        ours: z.string(),
        theirs: z.string(),
      }),
    ),
  }),
  claims: z.array(
    z.object({
      relay: bytes48.json,
      validator: bytes48.json,
      task_id: bytes32.json,
      step: z.string(),
      via: z.string().nullable(),
      claim_id: bytes32.json.nullable(),
      held_wei: uint256.json.nullable(),
    }),
  ),
});

/** What of `odf-coprocessor`'s status a statement is held against. */
const CoprocessorStatus = z.object({
  coprocessor: bytes48.json,
  relays: z.array(
    z.object({
      pubkey: bytes48.json.optional(),
      awards: z
        .array(z.object({ auction_id: bytes32.json, state: z.string(), fee_per_task_wei: uint256.json }))
        .default([]),
    }),
  ),
});

export type SidecarStatus = z.output<typeof SidecarStatus>;

export type CoprocessorStatus = z.output<typeof CoprocessorStatus>;

/** What the subject's own program says. */
export type OwnStatus = ({ kind: 'sidecar' } & SidecarStatus) | ({ kind: 'coprocessor' } & CoprocessorStatus);

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 << 20;

/**
 * Asks a sidecar or a coprocessor for its status.
 *
 * @throws {Error} when it does not answer, or with something else.
 */
export async function askStatus(url: string): Promise<OwnStatus> {
  const place = url.endsWith('/status') ? url : `${url.replace(/\/$/, '')}/status`;
  const text = await readText(place).catch((cause: unknown) => {
    const { message, cause: inner } = cause as Error & { cause?: Error & { code?: string } };
    const why = inner?.code ?? inner?.message ?? message;
    throw new Error(`${place} cannot be read (${why}): give what --addr of odf-boost or odf-coprocessor says`, {
      cause,
    });
  });
  return readStatus(text, place);
}

/**
 * Reads a status.
 *
 * @throws {Error} when it is neither program's.
 */
export function readStatus(text: string, from: string): OwnStatus {
  const json = parsed(text);
  const sidecar = SidecarStatus.safeParse(json);
  if (sidecar.success) return { kind: 'sidecar', ...sidecar.data };
  const coprocessor = CoprocessorStatus.safeParse(json);
  if (!coprocessor.success) throw new Error(`${from} is the status of neither odf-boost nor odf-coprocessor`);
  return { kind: 'coprocessor', ...coprocessor.data };
}

async function readText(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
  if (!response.ok || !response.body) throw new Error(`it answered ${response.status}`);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body as ReadableStream<Uint8Array>) {
    size += part.length;
    if (size > MAX_BYTES) throw new Error(`its answer exceeds ${MAX_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON fits neither schema.
    return undefined;
  }
}
