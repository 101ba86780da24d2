import type { Route } from '@odf/protocol';
import fc from 'fast-check';
import type { RelayProcess } from './relay-process.js';

/** What is fuzzed, and good bodies by route name to start from. */
export interface Fuzzing {
  routes: readonly Route[];
  pathOf(route: Route, change?: Record<string, string>): string;
  tokenFor(route: Route): Record<string, string>;
  good: Readonly<Record<string, unknown>>;
  ssz: Readonly<Record<string, Uint8Array>>;
  forMs: number;
}

interface Request {
  route: Route;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array | undefined;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const SSZ_TYPE = { 'content-type': 'application/octet-stream' };

/** All places in a JSON value, as paths of member names and indexes. */
function placesIn(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([name, member]) =>
    placesIn(member, [...path, Array.isArray(value) ? Number(name) : name]),
  );
  return [path, ...inner];
}

function replaced(value: unknown, [first, ...rest]: (string | number)[], by: unknown): unknown {
  if (first === undefined) return by;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  if (by === undefined && rest.length === 0) delete copy[first];
  else copy[first] = replaced(copy[first], rest, by);
  return copy;
}

/** Texts that parsers and databases stumble over. */
const awkward = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.bigInt({ min: 0n, max: 2n ** 257n }).map(String),
  fc.uint8Array({ maxLength: 130 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
  fc.constantFrom<unknown>(undefined, '\u0000', '0x', '-0', '1e400', 1e308, [], {}, '__proto__', '\ud800'),
);

function mutated(good: unknown): fc.Arbitrary<string> {
  const change = fc.tuple(fc.constantFrom(...placesIn(good)), awkward);
  return change.map(([place, by]) => JSON.stringify(replaced(good, place, by)) ?? '');
}

function bytesNear(good: Uint8Array): fc.Arbitrary<Uint8Array> {
  const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 });
  const flipped = flips.map((places) => {
    const copy = Uint8Array.from(good);
    for (const [at, byte] of places) copy[at] = byte;
    return copy;
  });
  return fc.oneof(
    flipped,
    fc.nat(good.length).map((length) => good.subarray(0, length)),
    fc.uint8Array({ maxLength: 1_000 }),
  );
}

function bodies(route: Route, { good, ssz }: Fuzzing): fc.Arbitrary<Pick<Request, 'body' | 'headers'>> {
  const json = [fc.json(), fc.string({ unit: 'binary' })];
  if (good[route.name] !== undefined) json.push(mutated(good[route.name]), mutated(good[route.name]));
  const asJson = fc.oneof(...json).map((body) => ({ body, headers: JSON_TYPE }));
  const bytes = ssz[route.name] ? bytesNear(ssz[route.name]!) : fc.uint8Array({ maxLength: 300 });
  return fc.oneof(
    { weight: 3, arbitrary: asJson },
    { weight: 1, arbitrary: bytes.map((body) => ({ body, headers: SSZ_TYPE })) },
  );
}

function pathsOf(route: Route, { pathOf }: Fuzzing): fc.Arbitrary<string> {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const text = fc.oneof(
    fc.string({ unit: 'binary-ascii', minLength: 1 }),
    fc.uint8Array({ minLength: 32, maxLength: 48 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
  );
  const change = fc.dictionary(fc.constantFrom(...names, 'none'), text.map(encodeURIComponent));
  // Long polls and streams would only slow it down.
  const queries = ['limit', 'cursor', 'order_by', 'avs_id', 'pubkey', 'task_id', 'status', 'leaves', 'topics', 'other'];
  const query = fc.dictionary(fc.constantFrom(...queries), fc.string({ unit: 'binary-ascii' }), { maxKeys: 3 });
  return fc
    .tuple(change, query)
    .map(([changes, values]) => `${pathOf(route, changes)}?${new URLSearchParams(values).toString()}`);
}

function requests(fuzzing: Fuzzing): fc.Arbitrary<Request> {
  const perRoute = fuzzing.routes.map((route) => {
    const content = route.body ? bodies(route, fuzzing) : fc.constant({ body: undefined, headers: {} });
    return fc.tuple(pathsOf(route, fuzzing), content).map(([path, { body, headers }]) => ({
      route,
      path,
      body,
      headers: { ...headers, ...fuzzing.tokenFor(route) },
    }));
  });
  return fc.oneof(...perRoute);
}

/**
 * Sends arbitrary and mutated requests to all routes for a while.
 *
 * @returns how many.
 * @throws {Error} with the smallest request that was answered 5xx (503 of claims aside) or not at all.
 */
export async function fuzzRoutes(relay: RelayProcess, fuzzing: Fuzzing): Promise<number> {
  let sent = 0;
  const property = fc.asyncProperty(requests(fuzzing), async ({ route, path, headers, body }) => {
    const response = await fetch(relay.origin + path, {
      method: route.method,
      headers,
      signal: AbortSignal.timeout(20_000),
      ...(body !== undefined && { body: body as string }),
    });
    // A stream has no end: the head is what counts.
    if (route.answer.kind === 'events') await response.body?.cancel();
    else await response.arrayBuffer();
    sent += 1;
    return response.status < 500 || (response.status === 503 && route.tag === 'validator' && path.includes('/claims'));
  });
  await fc.assert(property, {
    numRuns: 100_000,
    interruptAfterTimeLimit: fuzzing.forMs,
    markInterruptAsFailure: false,
  });
  return sent;
}
