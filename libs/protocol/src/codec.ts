import {
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListCompositeType,
  UintBigintType,
  UintNumberType,
  type CompositeType,
  type Type,
} from '@chainsafe/ssz';
import { z } from 'zod';
import { fromHex, toHex, type Hex } from './hex.js';
import './hasher.js';

/**
 * One definition of a protocol value: its strict JSON form, its SSZ form and its root.
 *
 * `json` is a zod codec (`decode` parses the wire form, `encode` writes it), so that validation, OpenAPI and clients share it.
 */
export interface Codec<V> {
  /** Wire JSON ↔ value; unknown members, JSON numbers and non-canonical integers are refused. */
  readonly json: z.ZodType<V, unknown>;
  /** The SSZ type, over the library's own value representation. */
  readonly sszType: Type<unknown>;
  /** Value → what `sszType` works on. */
  toSszValue(this: void, value: V): unknown;
  /** What `sszType` works on → value. */
  fromSszValue(this: void, raw: unknown): V;
}

/** The value type of a codec. */
export type ValueOf<C> = C extends Codec<infer V> ? V : never;

/** A codec of a named container, with the operations that messages need. */
export interface Container<V> extends Codec<V> {
  readonly name: string;
  /** Member names in wire order. */
  readonly fields: readonly string[];
  /** SSZ hash_tree_root, 32 bytes. */
  root(this: void, value: V): Hex;
  /** SSZ bytes. */
  serialize(this: void, value: V): Uint8Array;
  /**
   * Reads SSZ bytes strictly: every byte is used, offsets are exact, limits hold.
   *
   * @throws {RangeError} when the bytes are not one value of this container.
   */
  deserialize(this: void, bytes: Uint8Array): V;
  /** Writes wire JSON. */
  toJson(this: void, value: V): unknown;
  /**
   * Reads wire JSON strictly.
   *
   * @throws {z.ZodError} naming every offending member.
   */
  fromJson(this: void, json: unknown): V;
}

const decimal = /^(?:0|[1-9][0-9]*)$/;

function uintNumber(bytes: 1 | 2 | 4): Codec<number> {
  const bits = bytes * 8;
  const max = 2 ** bits - 1;
  return {
    json: z
      .codec(
        z
          .string()
          .regex(decimal, 'expected a decimal string without sign or leading zero')
          .max(max.toString().length)
          .refine((text) => Number(text) <= max, `expected at most ${max}`),
        z.number(),
        { decode: (text) => Number(text), encode: (value) => value.toString() },
      )
      .meta({ id: `Uint${bits}` }),
    sszType: new UintNumberType(bytes),
    toSszValue: (value) => value,
    fromSszValue: (raw) => raw as number,
  };
}

function uintBigint(bytes: 8 | 32): Codec<bigint> {
  const bits = bytes * 8;
  const max = 2n ** BigInt(bits) - 1n;
  return {
    json: z
      .codec(
        z
          .string()
          // Aborts, because reading a long number takes time that grows faster than its length.
          .max(max.toString().length, { abort: true })
          .regex(decimal, { error: 'expected a decimal string without sign or leading zero', abort: true })
          .refine((text) => BigInt(text) <= max, `expected at most 2^${bits} - 1`),
        z.bigint(),
        { decode: (text) => BigInt(text), encode: (value) => value.toString() },
      )
      .meta({ id: `Uint${bits}` }),
    sszType: new UintBigintType(bytes),
    toSszValue: (value) => value,
    fromSszValue: (raw) => raw as bigint,
  };
}

function hexJson(pattern: RegExp, what: string): z.ZodType<Hex, string> {
  return z.codec(z.string().regex(pattern, `expected ${what}`), z.custom<Hex>(), {
    decode: (text) => text.toLowerCase() as Hex,
    encode: (value) => value,
  });
}

function byteVector(length: number): Codec<Hex> {
  return {
    json: hexJson(new RegExp(`^0x[0-9a-fA-F]{${length * 2}}$`), `0x and ${length * 2} hex digits`).meta({
      id: `Bytes${length}`,
    }),
    sszType: new ByteVectorType(length),
    toSszValue: fromHex,
    fromSszValue: (raw) => toHex(raw as Uint8Array),
  };
}

/** A byte string of at most `limit` bytes; hex in JSON, `Uint8Array` as a value (payloads are large). */
export function byteList(limit: number): Codec<Uint8Array> {
  return {
    json: z
      .codec(
        z
          .string()
          .regex(/^0x(?:[0-9a-fA-F]{2})*$/, 'expected 0x and an even number of hex digits')
          .refine((text) => (text.length - 2) / 2 <= limit, `expected at most ${limit} bytes`),
        z.custom<Uint8Array>((value) => value instanceof Uint8Array),
        { decode: (text) => fromHex(text), encode: (value) => toHex(value) },
      )
      .meta({ id: `ByteList${limit}` }),
    sszType: new ByteListType(limit),
    toSszValue: (value) => value,
    fromSszValue: (raw) => raw as Uint8Array,
  };
}

export const uint8 = uintNumber(1);
export const uint16 = uintNumber(2);
export const uint32 = uintNumber(4);
export const uint64 = uintBigint(8);
export const uint256 = uintBigint(32);
export const bytes20 = byteVector(20);
export const bytes32 = byteVector(32);
export const bytes48 = byteVector(48);
export const bytes96 = byteVector(96);

/** `List[element, limit]`. */
export function list<V>(element: Codec<V>, limit: number): Codec<V[]> {
  return {
    json: z.array(element.json).max(limit),
    sszType: new ListCompositeType(element.sszType as CompositeType<unknown, unknown, unknown>, limit),
    toSszValue: (values) => values.map((value) => element.toSszValue(value)),
    fromSszValue: (raw) => (raw as unknown[]).map((item) => element.fromSszValue(item)),
  };
}

type Fields = Record<string, Codec<never>>;
type FieldsOf<F> = { [K in keyof F]: ValueOf<F[K]> };

/** Defines a container from its members in wire order. `alsoJson` adds members that only JSON carries and no value keeps. */
export function container<F extends { [K in keyof F]: Codec<unknown> | Codec<never> }>(
  name: string,
  fields: F,
  alsoJson: z.ZodRawShape = {},
): Container<FieldsOf<F>> {
  type V = FieldsOf<F>;
  const entries = Object.entries(fields as unknown as Fields);
  const sszType = new ContainerType(Object.fromEntries(entries.map(([key, codec]) => [key, codec.sszType])) as never, {
    typeName: name,
  }) as unknown as CompositeType<unknown, unknown, unknown>;
  const members = Object.fromEntries(entries.map(([key, codec]) => [key, codec.json]));
  const extras = Object.keys(alsoJson);
  const strict = z.strictObject({ ...members, ...alsoJson });
  const json = (extras.length === 0
    ? strict
    : z.codec(strict, z.custom<Record<string, unknown>>(), {
        decode: (parsed) => Object.fromEntries(entries.map(([key]) => [key, parsed[key]])),
        encode: (value) => value as never,
      })
  ).meta({ id: name }) as unknown as z.ZodType<V, unknown>;

  const toSszValue = (value: V): Record<string, unknown> => {
    const raw: Record<string, unknown> = {};
    for (const [key, codec] of entries) raw[key] = codec.toSszValue(value[key as keyof V] as never);
    return raw;
  };
  const fromSszValue = (raw: unknown): V => {
    const value: Record<string, unknown> = {};
    for (const [key, codec] of entries) value[key] = codec.fromSszValue((raw as Record<string, unknown>)[key]);
    return value as V;
  };
  return {
    name,
    fields: entries.map(([key]) => key),
    json,
    sszType: sszType,
    toSszValue,
    fromSszValue,
    root: (value) => toHex(sszType.hashTreeRoot(toSszValue(value))),
    serialize: (value) => sszType.serialize(toSszValue(value)),
    deserialize: (bytes) => {
      let raw: unknown;
      try {
        raw = sszType.deserialize(bytes);
      } catch (cause) {
        throw new RangeError(`not the SSZ of a ${name}: ${(cause as Error).message}`, { cause });
      }
      const value = fromSszValue(raw);
      // The library tolerates some non-canonical offsets; one value has exactly one encoding.
      if (Buffer.compare(Buffer.from(sszType.serialize(raw)), Buffer.from(bytes)) !== 0) {
        throw new RangeError(`not the canonical SSZ of a ${name}`);
      }
      return value;
    },
    toJson: (value) => z.encode(json, value),
    fromJson: (wire) => z.decode(json, wire),
  };
}

/** A byte string of at most `limit` bytes that is short enough to stay hex as a value, such as a signature or a task reference. */
export function hexBytes(limit: number, least = 0): Codec<Hex> {
  const inner = byteList(limit);
  return {
    json: hexJson(
      new RegExp(`^0x(?:[0-9a-fA-F]{2}){${least},${limit}}$`),
      `0x and ${least} to ${limit} bytes of hex digits`,
    ),
    sszType: inner.sszType,
    toSszValue: fromHex,
    fromSszValue: (raw) => toHex(raw as Uint8Array),
  };
}
