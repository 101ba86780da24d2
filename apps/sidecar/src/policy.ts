import { dirname, resolve } from 'node:path';
import { readFile } from 'node:fs/promises';
import { isPluginName, pluginNames, type PluginName } from '@odf/avs';
import { type Hex, type TrustPolicy } from '@odf/protocol';
import { parseDocument } from 'yaml';
import { z } from 'zod';

/** The policy file is not usable; the message names every offending member. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

const hex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${bytes * 2}}$`), `expected 0x and ${bytes * 2} hex digits`)
    .transform((text) => text.toLowerCase() as Hex);
const wei = z
  .union([z.int().min(0), z.bigint().min(0n), z.string().regex(/^(?:0|[1-9][0-9]*)$/)], {
    error: 'expected an amount of wei as a whole number',
  })
  .transform(BigInt)
  .refine((value) => value < 2n ** 256n, 'expected at most 2^256 - 1');
const bps = (most: number) => z.int().min(0).max(most);
const url = z.url({ protocol: /^https?$/, error: 'expected an http(s) URL' });

const collateralKinds = { none: 0, posted: 1, restaked: 2, either: 3 } as const;
const assuranceBits = { zk: 1, tee: 2 } as const;

const tier = z
  .strictObject({
    collateral: z.strictObject({
      kind: z.enum(['none', 'posted', 'restaked', 'either']).default('either'),
      cover_bps: bps(9_000),
      assets: z.array(hex(20)).max(8).default([]),
    }),
    min_reputation_bps: bps(10_000).default(0),
    assurance: z.array(z.enum(['zk', 'tee'])).default([]),
    discount_bps: bps(9_000).default(0),
  })
  .transform(({ collateral: { kind, cover_bps, assets }, assurance, ...rest }) => ({
    collateral: { kind: collateralKinds[kind], assets, cover_bps },
    ...rest,
    assurance: assurance.reduce((bits, name) => bits | assuranceBits[name], 0),
  }));

const trust = z.strictObject({
  max_fee_share_bps: bps(10_000),
  max_fee_wei: wei,
  slashable_wei: wei,
  tiers: z.array(tier).min(1, 'give one or two alternatives of what you demand').max(2),
  allow: z.array(hex(48)).max(8).default([]),
  deny: z.array(hex(48)).max(8).default([]),
}) satisfies z.ZodType<TrustPolicy, unknown>;

const avsChoice = z.strictObject({
  avs_id: hex(32),
  plugin: z
    .string()
    .refine(isPluginName, `expected one of ${pluginNames.join(', ')}`)
    .transform((name) => name),
  enabled: z.boolean().default(true),
  verify: z.enum(['full', 'sample', 'none']).default('full'),
  trust: trust.optional(),
  vouchers: z.enum(['issue', 'off']).default('issue'),
  response_url: url.optional(),
  input_url: url.optional(),
});

const avsList = z
  .array(avsChoice)
  .refine((list) => new Set(list.map(({ avs_id }) => avs_id)).size === list.length, 'an AVS is named twice');

const policyFile = z.strictObject({
  chain_id: z.int().positive().transform(BigInt).optional(),
  settlement: hex(20).optional(),
  enrollment_days: z.int().min(1).max(3650).default(90),
  keep_payloads: z.boolean().default(false),
  avs: avsList.default([]),
  validators: z
    .array(
      z.strictObject({
        validator_key_file: z.string().min(1),
        operator_key_file: z.string().min(1),
        bn254_key_file: z.string().min(1).optional(),
        avs: avsList.optional(),
      }),
    )
    .min(1, 'name at least one validator'),
});

/** What the owner decided for one AVS. */
export type AvsChoice = z.output<typeof avsChoice>;
/** How much of a payload is checked before it is signed. */
export type VerifyLevel = AvsChoice['verify'];

/** One validator, its key files and its AVSs. */
export interface ValidatorChoice {
  validator_key_file: string;
  operator_key_file: string;
  bn254_key_file?: string | undefined;
  avs: AvsChoice[];
}

/** The owner's policy, defaults filled in and paths resolved. */
export interface SidecarPolicy {
  chain_id?: bigint | undefined;
  settlement?: Hex | undefined;
  enrollment_days: number;
  /** Whether bought payloads are kept as long as the evidence about them. */
  keep_payloads: boolean;
  validators: ValidatorChoice[];
}

/** Keeps every digit of large integers, and `0x…` as text although YAML would make it a number. */
function readYaml(text: string): unknown {
  const document = parseDocument(text, {
    intAsBigInt: true,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.format !== 'HEX'),
  });
  const [problem] = document.errors;
  if (problem) throw new PolicyError(`not YAML: ${problem.message}`);
  return document.toJS({
    reviver: (_key: unknown, value: unknown) =>
      typeof value === 'bigint' && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value,
  });
}

/** A trust policy says nothing about an AVS that the sidecar runs itself, and everything about one that it buys. */
function missingTrust({ validators }: SidecarPolicy, isIntensive: (plugin: PluginName) => boolean): string[] {
  return validators.flatMap(({ avs }, index) =>
    avs
      .filter(({ enabled, plugin, trust: given }) => enabled && isIntensive(plugin) && !given)
      .map(
        ({ avs_id }) => `validators.${index}: the AVS ${avs_id} is bought from coprocessors and needs a "trust" policy`,
      ),
  );
}

/**
 * Reads a policy file's text; relative paths start at `folder`.
 *
 * @throws {PolicyError} naming every offending member.
 */
export function parsePolicy(text: string, folder: string, isIntensive: (plugin: PluginName) => boolean): SidecarPolicy {
  const parsed = policyFile.safeParse(readYaml(text));
  if (!parsed.success) {
    throw new PolicyError(
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'policy'}: ${message}`).join('\n'),
    );
  }
  const { avs: common, validators, ...rest } = parsed.data;
  const policy: SidecarPolicy = {
    ...rest,
    validators: validators.map((one) => ({
      avs: one.avs ?? common,
      validator_key_file: resolve(folder, one.validator_key_file),
      operator_key_file: resolve(folder, one.operator_key_file),
      ...(one.bn254_key_file && { bn254_key_file: resolve(folder, one.bn254_key_file) }),
    })),
  };
  const problems = missingTrust(policy, isIntensive);
  if (problems.length > 0) throw new PolicyError(problems.join('\n'));
  return policy;
}

/**
 * Reads the policy file.
 *
 * @throws {PolicyError} when it is missing or wrong.
 */
export async function loadPolicy(file: string, isIntensive: (plugin: PluginName) => boolean): Promise<SidecarPolicy> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new PolicyError(`the policy file ${file} cannot be read: ${cause.message}`);
  });
  return parsePolicy(text, dirname(resolve(file)), isIntensive);
}
