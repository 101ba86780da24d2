import { z } from 'zod';
import { zeroHex, type Hex } from '@odf/protocol';

/** A whole number of wei, as a number or text. */
export const wei = z
  .union([z.bigint().nonnegative(), z.int().nonnegative(), z.string().regex(/^(?:0|[1-9][0-9]*)$/)], {
    error: 'expected a whole number of wei, e.g. 1000000000000000 or "1000000000000000"',
  })
  .transform(BigInt)
  .refine((value) => value < 2n ** 256n, 'is above 2^256 - 1');

const address = z
  .string({ error: 'expected 0x and 40 hex digits, in quotes' })
  .regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hex digits')
  .transform((text) => text.toLowerCase() as Hex);

const line = z.strictObject({
  /** Name or avs_id, as /relay/v1/avs shows them. */
  avs: z.string().min(1),
  /** Only at the relay of this key; at every relay that serves the AVS when left out. */
  relay: z
    .string()
    .regex(/^0x[0-9a-f]{96}$/, 'expected a relay key')
    .optional(),
  /** The most that all claims on the line take together, wei of the asset; locked as long as the line can be claimed on. */
  cap_wei: wei.refine((value) => value > 0n, 'must not be zero'),
  /** The slashed strategy's token; the chain's own unless given. */
  asset: address.default(zeroHex(20)),
  /** Proves slashes: a contract that the hub allows. */
  oracle: address,
  /** Says which response was slashed; the AVS's own contract unless given. */
  attributor: address.optional(),
  /** How long a line lasts at least; the next one opens when a quarter of it is left. */
  term_days: z.int().min(1).max(3_650).default(30),
  /** How long after its end a slash still counts. */
  slash_tail_days: z.int().min(0).max(180).default(30),
  /** Part of an operator's own loss that is paid. */
  coverage_bips: z.int().min(1).max(9_000).default(9_000),
  /** Faults of the attributor that are covered; 1 is a wrong result. */
  faults: z.array(z.int().min(1).max(255)).min(1).default([1]),
  /** The only slasher whose slashes are paid; any unless given. */
  pinned_slasher: address.default(zeroHex(20)),
  /** Whether slashes are paid whose funds went to somebody. */
  allow_redistribution: z.boolean().default(false),
});

/** What to keep on chain, and when payments are worth a transaction. */
export const settlementStrategy = z.strictObject({
  /** What to keep deposited per asset, lines' locks included; never taken out by itself. */
  collateral: z
    .array(z.strictObject({ asset: address.default(zeroHex(20)), wei }))
    .default([])
    .refine((given) => new Set(given.map(({ asset }) => asset)).size === given.length, 'an asset is named twice'),
  lines: z.array(line).default([]),
  /** Vouchers, draws and payouts below this are not worth a transaction, wei. */
  redeem_above_wei: wei.default(10n ** 16n),
  /** Redeems and takes out everything at an orderly end, however little. */
  redeem_at_shutdown: z.boolean().default(false),
  /** How long a due fee may stay without a voucher before it is drawn, milliseconds. */
  draw_after_ms: z.int().min(0).default(86_400_000),
});

/** What to keep on chain; wei. */
export type SettlementStrategy = z.output<typeof settlementStrategy>;
/** One line to keep open. */
export type LineStrategy = SettlementStrategy['lines'][number];
