import { types } from 'node:util';
import { stdSerializers } from 'pino';
import { REDACTED } from './secret.js';

/**
 * Members that no log line shows, whatever object they stand in: keys and tokens, and everything that a payload is made of or
 * could be guessed from before a commitment (promise P1).
 */
export const redactedMembers: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'escrow_key',
  'key',
  'password',
  'payload',
  'plaintext',
  'private_key',
  'response_digest',
  'result',
  'result_root',
  'salt',
  'secret',
  'secret_key',
  'token',
  'witness',
  'witness_root',
]);

/** Deeper than any object of ours; what lies below is left out rather than followed. */
const DEEPEST = 8;

/** `responseDigest` and `response-digest` are the member `response_digest`. */
function memberName(name: string): string {
  return name
    .replace(/(?<=[a-z0-9])[A-Z]/g, '_$&')
    .replaceAll('-', '_')
    .toLowerCase();
}

/**
 * A copy of a value that may be logged: redacted members by name at any depth, bytes as their length, bigints as decimal text,
 * errors with type, message, stack and their own members.
 *
 * Types that hide themselves (`Secret`, `BlsKey`) do so through their `toJSON`.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= DEEPEST) return '[too deep]';
  if (value instanceof Error || types.isNativeError(value)) return redactMembers(stdSerializers.err(value), depth);
  if (hidesItself(value)) return redact(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return redactMembers(value, depth);
}

function hidesItself(value: object): value is { toJSON: () => unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** {@link redact} for an object of which the members themselves are wanted. */
export function redactMembers(value: object, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      redactedMembers.has(memberName(name)) ? REDACTED : redact(member, depth + 1),
    ]),
  );
}
