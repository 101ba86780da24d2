import type { PolicyClass } from '@odf/market';
import { bytes32, TrustPolicy } from '@odf/protocol';
import { z } from 'zod';

const stored = z.array(
  z.strictObject({ index: z.number(), root: bytes32.json, policy: TrustPolicy.json, count: z.number() }),
);

/** The form in which an auction's classes are stored. */
export function storeClasses(classes: readonly PolicyClass[]): unknown {
  return z.encode(stored, [...classes]);
}

/** Reads back what {@link storeClasses} wrote. */
export function readClasses(json: unknown): PolicyClass[] {
  return z.decode(stored, json as z.input<typeof stored>);
}
