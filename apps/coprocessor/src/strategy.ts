import { parseDocument } from 'yaml';
import { z } from 'zod';
import { pluginNames } from '@odf/avs';
import type { AvsInfo, Hex, PriceStep } from '@odf/protocol';
import { settlementStrategy, wei } from './settlement/settlement-strategy.js';

const bytes32 = z
  .string({ error: 'expected 0x and 64 hex digits, in quotes' })
  .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hex digits')
  .transform((text) => text.toLowerCase() as Hex);

const step = z.strictObject({
  fee_share_bps: z.int().min(0).max(10_000),
  units: z
    .int()
    .min(1)
    .max(2 ** 20),
});

const steps = z
  .array(step)
  .min(1)
  .max(4)
  .refine((given) => given.every((one, index) => index === 0 || one.fee_share_bps > given[index - 1]!.fee_share_bps), {
    error: 'fee_share_bps must rise from step to step',
  });

const avs = z.strictObject({
  /** Name or avs_id, as /relay/v1/avs shows them. */
  avs: z.string().min(1),
  enabled: z.boolean().default(true),
  steps,
  cover_wei_per_unit: wei,
  /** One bid for every auction to come; otherwise each auction gets its own. */
  standing: z.boolean().default(true),
  /** Also willing to stand by. */
  standby: z.boolean().default(false),
  /** The cover line by relay key; otherwise the line with the most free cover. */
  line_ids: z.record(z.string().regex(/^0x[0-9a-f]{96}$/, 'expected a relay key'), bytes32).default({}),
  /** How long a bid lives before it is renewed, seconds. */
  valid_for_s: z.int().min(60).default(86_400),
  /** Load that this AVS is expected to bring while a term runs. */
  tasks_per_second: z.number().min(0).default(0),
});

const strategy = z
  .strictObject({
    /** The most that all running terms together may ask for. */
    capacity: z.strictObject({
      units: z
        .int()
        .min(0)
        .max(2 ** 20),
      tasks_per_second: z.number().positive().default(1_000),
    }),
    avs: z.array(avs).min(1),
    /** Modules of one's own that compute a plug-in's results: "compute(input, signal)" as `Prover` has it; from this file's folder. */
    provers: z.partialRecord(z.enum(pluginNames), z.string().min(1)).default({}),
    /** What to keep on chain; only with CHAIN_RPC_URL. */
    settlement: settlementStrategy.prefault({}),
  })
  .refine((given) => new Set(given.avs.map((entry) => entry.avs)).size === given.avs.length, {
    path: ['avs'],
    error: 'an AVS is named twice',
  });

/** What to bid where, and how much to take on; wei, basis points of the reward reference. */
export type Strategy = z.output<typeof strategy>;
/** The part of a strategy that is about one AVS. */
export type AvsStrategy = Strategy['avs'][number];

/** The strategy file is not usable; the message names every offending field. */
export class StrategyError extends Error {
  override readonly name = 'StrategyError';
}

/**
 * Reads a strategy file (YAML or JSON).
 *
 * @throws {StrategyError} naming each field that is wrong.
 */
export function parseStrategy(text: string): Strategy {
  const document = parseDocument(text, {
    intAsBigInt: true,
    // 0x… stays text: as a number it would lose its leading zeros.
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.format !== 'HEX'),
  });
  const [problem] = document.errors;
  if (problem) throw new StrategyError(`not YAML: ${problem.message}`);
  const given: unknown = document.toJS({
    reviver: (_key: unknown, value: unknown) =>
      typeof value === 'bigint' && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value,
  });
  const parsed = strategy.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new StrategyError(
    parsed.error.issues
      .map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`)
      .join('\n'),
  );
}

/** The strategy for an AVS, by its id or name. */
export function strategyFor(all: Strategy, info: Pick<AvsInfo, 'avs_id' | 'name'>): AvsStrategy | undefined {
  return all.avs.find((entry) => entry.avs.toLowerCase() === info.avs_id || entry.avs === info.name);
}

/** The steps cut down to `units` in all, the cheapest first; none when there is no room. */
export function stepsWithin(given: readonly PriceStep[], units: number): PriceStep[] {
  const kept: PriceStep[] = [];
  let room = units;
  for (const one of given) {
    const taken = Math.min(one.units, room);
    if (taken > 0) kept.push({ fee_share_bps: one.fee_share_bps, units: taken });
    room -= taken;
  }
  return kept;
}
