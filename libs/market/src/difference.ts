import type { Json } from './transcript.js';

/** Where two JSON values part. */
export interface Difference {
  path: string;
  expected: string;
  found: string;
}

const MOST = 20;

/** The first places, at most twenty, where `found` differs from `expected`, in the member order of `expected`. */
export function differences(expected: Json, found: Json, path = ''): Difference[] {
  if (expected === found) return [];
  if (isTree(expected) && isTree(found) && Array.isArray(expected) === Array.isArray(found)) {
    return differencesWithin(expected, found, path);
  }
  return [{ path, expected: show(expected), found: show(found) }];
}

type Tree = Readonly<Record<string, Json | undefined>>;

function isTree(value: Json): value is Extract<Json, object> {
  return typeof value === 'object' && value !== null;
}

function differencesWithin(expected: Extract<Json, object>, found: Extract<Json, object>, path: string): Difference[] {
  const [left, right] = [expected as Tree, found as Tree];
  const list: Difference[] = [];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const at = Array.isArray(expected) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    const [a, b] = [left[key], right[key]];
    if (a === undefined || b === undefined) list.push({ path: at, expected: show(a), found: show(b) });
    else list.push(...differences(a, b, at));
    if (list.length >= MOST) return list.slice(0, MOST);
  }
  return list;
}

function show(value: Json | undefined): string {
  return value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
}
