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
export const durationMs = z
  .int()
  .min(1)
  .max(90 * 86_400_000);

const decimal = /^(?:0|[1-9][0-9]*)$/;

function isNatural(value: unknown): value is bigint | number | string {
  if (typeof value === 'string') return decimal.test(value);
  return typeof value === 'bigint' ? value >= 0n : Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A whole number as YAML may hold it: an integer, which keeps every digit, or decimal digits in quotes. */
const natural = (message: string) => z.custom<bigint | number | string>(isNatural, message).transform(BigInt);

/** A sum in wei. */
export const wei = natural('expected a whole number of wei, e.g. 1000000000000000').refine(
  (value) => value < 2n ** 256n,
  'is above 2^256 - 1',
);

/** An EVM chain. */
export const chainId = natural('expected a positive integer').refine(
  (value) => value > 0n && value < 2n ** 64n,
  'expected a positive integer',
);

/** The number of a block. */
export const blockNumber = natural('expected the number of a block');
