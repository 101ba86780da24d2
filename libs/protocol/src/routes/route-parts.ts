import { z } from 'zod';
import { bytes20, bytes32, bytes48, type Container } from '../codec.js';
import { SignedValidatorRegistrationV1 } from '../containers.js';
import { DEFAULT_BODY_LIMIT, defineRoute, type Body } from './route.js';
import * as shapes from './shapes.js';

/** 2^20 bytes. */
export const MIB = 1 << 20;
/** Most items of a batch of enrollments, delegations, outcomes or vouchers. */
export const MAX_BATCH = 1000;
/** Most bids of one request. */
export const MAX_BIDS = 256;
/** Bytes of one `SignedValidatorRegistrationV1`. */
export const REGISTRATION_BYTES = 180;
/** Most registrations of one request: what fits 16 MiB of SSZ. */
export const MAX_REGISTRATIONS = Math.floor((16 * MIB) / REGISTRATION_BYTES);

/** A body that is one message. */
export function message<V>(codec: Container<V>, limit = DEFAULT_BODY_LIMIT): Body<V> {
  return { json: codec.json, ssz: (bytes) => codec.deserialize(bytes), limit };
}

/** A batch: an array whose items are parsed and judged one by one. */
export function batch<V>(codec: Container<V>, max: number, limit = DEFAULT_BODY_LIMIT): Body<unknown[]> {
  return {
    json: z.array(z.unknown()).max(max),
    limit,
    batch: { item: codec.json, max, one: false },
  };
}

/** Reads concatenated registration records. */
export function readRegistrations(bytes: Uint8Array): unknown[] {
  if (bytes.length % REGISTRATION_BYTES !== 0) {
    throw new RangeError(`expected whole records of ${REGISTRATION_BYTES} bytes`);
  }
  const records: unknown[] = [];
  for (let at = 0; at < bytes.length; at += REGISTRATION_BYTES) {
    records.push(SignedValidatorRegistrationV1.deserialize(bytes.subarray(at, at + REGISTRATION_BYTES)));
  }
  return records;
}

/** Path parameters. */
export const byAvs = z.strictObject({ avs_id: bytes32.json });
export const byTask = z.strictObject({ task_id: bytes32.json });
export const byPubkey = z.strictObject({ pubkey: bytes48.json });
export const byAuction = z.strictObject({ auction_id: bytes32.json });
export const byAuctionAndKey = z.strictObject({ auction_id: bytes32.json, pubkey: bytes48.json });
export const byTaskAndKey = z.strictObject({ task_id: bytes32.json, pubkey: bytes48.json });

/** Reads a query number of `least` to `most`, written as a decimal. */
export const queryInt = (least: number, most: number) =>
  z
    .string()
    .regex(/^(?:0|[1-9][0-9]{0,8})$/, 'expected a decimal number')
    .transform(Number)
    .pipe(z.number().min(least).max(most));

/** The query of a page. */
export const page = { limit: queryInt(1, 500).default(100), cursor: shapes.idText.optional() };
/** The query of public history. */
export const history = z.strictObject({
  ...page,
  order_by: z.enum(['id', '-id']).default('-id'),
  avs_id: bytes32.json.optional(),
  auction_id: bytes32.json.optional(),
  task_id: bytes32.json.optional(),
  coprocessor: bytes48.json.optional(),
  validator: bytes48.json.optional(),
  operator: bytes20.json.optional(),
  owner: bytes20.json.optional(),
});
export type HistoryQuery = z.output<typeof history>;

/** Every topic of the event stream. */
export const TOPICS = [
  'auction_opened',
  'auction_frozen',
  'auction_cleared',
  'task_announced',
  'header_available',
  'outcome',
  'claim',
] as const;
/** A topic of the event stream. */
export type Topic = (typeof TOPICS)[number];
/** The topics of a stream, joined by commas. */
export const topics = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(TOPICS)).min(1).max(TOPICS.length));

/** A route of public history. */
export const data = <A>(name: string, summary: string, item: z.ZodType<A, unknown>) =>
  defineRoute({
    name: `data${name}`,
    method: 'GET',
    path: `/relay/v1/data/${name.toLowerCase()}`,
    summary,
    tag: 'data',
    query: history,
    answer: { kind: 'list', schema: z.array(item), statuses: [200] },
    errors: ['CURSOR_INVALID'],
  });
