import {
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListCompositeType,
  UintBigintType,
  UintNumberType,
  type Type,
} from '@chainsafe/ssz';
import fc from 'fast-check';
import {
  byteList,
  bytes20,
  hexBytes,
  uint16,
  uint256,
  uint32,
  uint64,
  uint8,
  type Codec,
  type Container,
} from './codec.js';
import * as containers from './containers.js';

const all = Object.values(containers as Record<string, unknown>).filter(
  (value): value is Container<object> => typeof value === 'object' && value !== null && 'serialize' in value,
);

/** Any value of an SSZ type, as the SSZ library represents it. */
function rawOf(type: Type<unknown>): fc.Arbitrary<unknown> {
  if (type instanceof UintNumberType) return fc.integer({ min: 0, max: 2 ** (8 * type.byteLength) - 1 });
  if (type instanceof UintBigintType) return fc.bigInt({ min: 0n, max: 2n ** BigInt(8 * type.byteLength) - 1n });
  if (type instanceof ByteVectorType) {
    return fc.uint8Array({ minLength: type.lengthBytes, maxLength: type.lengthBytes });
  }
  if (type instanceof ByteListType) return fc.uint8Array({ maxLength: Math.min(type.limitBytes, 70) });
  if (type instanceof ListCompositeType) return fc.array(rawOf(type.elementType), { maxLength: type.limit });
  if (!(type instanceof ContainerType)) throw new TypeError(`no arbitrary for ${type.typeName}`);
  const fields = type.fields as Record<string, Type<unknown>>;
  return fc.record(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, rawOf(field)])));
}

/** Any value of a container. */
const valueOf = <V>(container: Container<V>): fc.Arbitrary<V> =>
  rawOf(container.sszType).map((raw) => container.fromSszValue(raw));
const overTheWire = (json: unknown): unknown => JSON.parse(JSON.stringify(json));
const RUNS = { numRuns: 15 };

describe('every container', () => {
  it('is found', () => expect(all.length).toBeGreaterThan(30));

  it.each(all.map((container) => [container.name, container] as const))('%s survives JSON and SSZ', (_, container) => {
    fc.assert(
      fc.property(valueOf(container), (value) => {
        expect(container.fromJson(overTheWire(container.toJson(value)))).toEqual(value);
        const bytes = container.serialize(value);
        expect(container.deserialize(bytes)).toEqual(value);
        expect(container.root(container.deserialize(bytes))).toBe(container.root(value));
      }),
      RUNS,
    );
  });

  it.each(all.map((container) => [container.name, container] as const))(
    '%s refuses missing, unknown and unquoted members, and bytes cut or added',
    (_, container) => {
      fc.assert(
        fc.property(valueOf(container), fc.nat(), (value, at) => {
          const json = container.toJson(value) as Record<string, unknown>;
          const field = container.fields[at % container.fields.length]!;
          expect(() => container.fromJson({ ...json, unknown: '1' })).toThrow();
          expect(() => container.fromJson({ ...json, [field]: undefined })).toThrow();
          expect(() => container.fromJson({ ...json, [field]: 1 })).toThrow();
          const bytes = container.serialize(value);
          expectOtherOrRefused(container, value, bytes.subarray(0, at % bytes.length));
          expectOtherOrRefused(container, value, new Uint8Array([...bytes, at % 256]));
        }),
        RUNS,
      );
    },
  );
});

/** Bytes cut or added are refused, or are another list at the end: never the same value. */
function expectOtherOrRefused<V>(container: Container<V>, value: V, bytes: Uint8Array): void {
  let read: V;
  try {
    read = container.deserialize(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return;
  }
  expect(container.root(read)).not.toBe(container.root(value));
}

describe('SSZ of a container', () => {
  const { PriceStep, Bid, Payload } = containers;

  it('has one encoding: shifted offsets and bytes between them are refused', () => {
    const bytes = Payload.serialize({ result: new Uint8Array([1]), witness: new Uint8Array([2]) });
    const shifted = new Uint8Array([9, 0, 0, 0, 10, 0, 0, 0, 0, 1, 2]);
    expect([...bytes]).toEqual([8, 0, 0, 0, 9, 0, 0, 0, 1, 2]);
    expect(() => Payload.deserialize(shifted)).toThrow(RangeError);
    expect(() => Payload.deserialize(new Uint8Array([8, 0, 0, 0, 7, 0, 0, 0, 1, 2]))).toThrow(RangeError);
    expect(() => Payload.deserialize(new Uint8Array(0))).toThrow(RangeError);
  });

  it('refuses a list past its limit', () => {
    const step = { fee_share_bps: 1, units: 1 };
    fc.assert(
      fc.property(valueOf(Bid), (bid) => {
        const four = Bid.serialize({ ...bid, steps: [step, step, step, step] });
        const five = new Uint8Array([...four, ...PriceStep.serialize(step)]);
        expect(Bid.deserialize(four).steps).toHaveLength(4);
        expect(() => Bid.deserialize(five)).toThrow(RangeError);
        expect(() =>
          Bid.fromJson({ ...(Bid.toJson(bid) as object), steps: Array(5).fill(PriceStep.toJson(step)) }),
        ).toThrow();
      }),
      RUNS,
    );
  });
});

describe('integers', () => {
  const accepts = (codec: Codec<unknown>, json: unknown): boolean => codec.json.safeParse(json).success;

  it.each<[string, Codec<unknown>, bigint]>([
    ['uint8', uint8, 2n ** 8n],
    ['uint16', uint16, 2n ** 16n],
    ['uint32', uint32, 2n ** 32n],
    ['uint64', uint64, 2n ** 64n],
    ['uint256', uint256, 2n ** 256n],
  ])('%s takes 0 to its maximum as canonical decimal strings, and nothing else', (_, codec, end) => {
    for (const good of ['0', '7', String(end - 1n)]) expect(accepts(codec, good)).toBe(true);
    const bad = [
      String(end),
      String(end * 10n),
      '-1',
      '+1',
      '01',
      '00',
      '',
      ' 1',
      '1 ',
      '1.0',
      '1e1',
      '0x1',
      '١',
      1,
      1n,
      null,
    ];
    expect(bad.filter((json) => accepts(codec, json))).toEqual([]);
  });

  it('reads no number that is too long to be one: that would take seconds of a megabyte', () => {
    const issues = uint64.json.safeParse('9'.repeat(50_000)).error!.issues;
    expect(issues.map(({ code }) => code)).toEqual(['too_big']);
  });
});

describe('bytes', () => {
  it('are read in either case and written in lower case, with 0x and exactly their length', () => {
    const hex = `0x${'aB'.repeat(20)}`;
    expect(bytes20.json.parse(hex)).toBe(hex.toLowerCase());
    for (const bad of [
      hex.slice(2),
      hex.replace('0x', '0X'),
      `${hex}0`,
      `${hex}00`,
      hex.slice(0, -1),
      `0x${'zz'.repeat(20)}`,
      1,
    ]) {
      expect(bytes20.json.safeParse(bad).success).toBe(false);
    }
  });

  it('of a list may be none, and at most their limit', () => {
    const codec = byteList(3);
    const lengthOf = (json: string) => codec.json.safeParse(json).data?.length;
    expect(['0x', '0x010203', '0x01020304', '0x0', '0X01', ''].map(lengthOf)).toEqual([
      0,
      3,
      ...Array(4).fill(undefined),
    ]);
  });

  it('that stay hex have a least length too', () => {
    const codec = hexBytes(3, 1);
    const read = (json: string) => codec.json.safeParse(json).data;
    expect(['0xAA', '0x010203', '0x', '0x01020304', '0xa'].map(read)).toEqual([
      '0xaa',
      '0x010203',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

it('takes the scheme of a signed object when it is ours, keeps it out of the value, and refuses others', () => {
  const { SignedBid } = containers;
  const [value] = fc.sample(valueOf(SignedBid), { numRuns: 1, seed: 1 });
  const json = SignedBid.toJson(value!) as object;
  expect(json).not.toHaveProperty('scheme');
  expect(SignedBid.fromJson({ ...json, scheme: 'odf' })).toEqual(value);
  expect(() => SignedBid.fromJson({ ...json, scheme: 'commit_boost' })).toThrow();
});
