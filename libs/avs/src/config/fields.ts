import { type Hex } from '@odf/protocol';
import { z } from 'zod';

const hexBytes = (length: number) =>
  z
    .string({ error: `expected 0x and ${2 * length} hex digits, in quotes` })
    .regex(new RegExp(`^0x[0-9a-fA-F]{${2 * length}}$`), `expected 0x and ${2 * length} hex digits`)
    .transform((text) => text.toLowerCase() as Hex);

/** An EVM account, in either case; lower-case after parsing. */
export const address = hexBytes(20);

/** 32 bytes. */
export const bytes32 = hexBytes(32);

/** A window in milliseconds, at most 90 days. */
export const durationMs = z.int().min(1).max(90 * 86_400_000);

/** A sum in wei: YAML integers keep every digit, strings are decimal. */
export const wei = z
  .union([z.bigint().nonnegative(), z.int().nonnegative(), z.string().regex(/^(?:0|[1-9][0-9]*)$/)], {
    error: 'expected a whole number of wei, e.g. 1000000000000000 or "1000000000000000"',
  })
  .transform(BigInt)
  .refine((value) => value < 2n ** 256n, 'is above 2^256 - 1');
