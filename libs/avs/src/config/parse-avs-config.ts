import { avsId, sha256, type Hex } from '@odf/protocol';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { avsEntry, type AvsConfig, type AvsEntry, type AvsSource } from './avs-config.js';

/** ODF_AVS_CONFIG is not usable; the message names every offending entry and field. */
export class AvsConfigError extends Error {
  override readonly name = 'AvsConfigError';
}

/** Reads YAML without losing digits: large integers stay whole, and `0x…` stays text although YAML would make it a number. */
function readYaml(text: string): unknown {
  const document = parseDocument(text, {
    intAsBigInt: true,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.format !== 'HEX'),
  });
  const [problem] = document.errors;
  if (problem) throw new AvsConfigError(`not YAML: ${problem.message}`);
  return document.toJS({
    reviver: (_key: unknown, value: unknown) =>
      typeof value === 'bigint' && value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
        ? Number(value)
        : value,
  });
}

function nameOf(entry: unknown, index: number): string {
  const name = typeof entry === 'object' && entry !== null && 'name' in entry ? ` ("${String(entry.name)}")` : '';
  return `entry ${index + 1}${name}`;
}

function explain(where: string, error: z.ZodError): string[] {
  return error.issues.map(({ path, message }) => `${where}: ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`);
}

type Environment = Readonly<Record<string, string | undefined>>;

function tokenHash(source: Extract<AvsEntry['source'], { kind: 'http' }>, env: Environment): Hex {
  if (source.token_sha256 !== undefined) return source.token_sha256;
  const token = source.token ?? env[source.token_env!];
  if (!token) throw new AvsConfigError(`source.token_env: the variable ${source.token_env} is not set`);
  return sha256(Buffer.from(token));
}

function sourceOf({ source, avs }: AvsEntry, env: Environment): AvsSource {
  if (source.kind === 'task-manager') return { ...source, address: source.address ?? avs };
  const { kind, callback_url, signature } = source;
  return { kind, callback_url, signature, token_sha256: tokenHash(source, env) };
}

function complete(entry: AvsEntry, env: Environment): AvsConfig {
  const { windows_ms } = entry;
  return {
    ...entry,
    avs_id: avsId(entry.chain_id, entry.avs, entry.operator_set_id),
    windows_ms: { ...windows_ms, grace: windows_ms.grace ?? Math.floor(windows_ms.commit / 4) },
    source: sourceOf(entry, env),
  };
}

function duplicates(configs: readonly AvsConfig[]): string[] {
  const problems: string[] = [];
  configs.forEach((config, index) => {
    const earlier = configs.slice(0, index);
    if (earlier.some(({ name }) => name === config.name)) {
      problems.push(`${nameOf(config, index)}: name: another entry has it`);
    }
    const twin = earlier.find(({ avs_id }) => avs_id === config.avs_id);
    if (twin) {
      problems.push(`${nameOf(config, index)}: chain_id, avs, operator_set_id: the same as of "${twin.name}"`);
    }
  });
  return problems;
}

/**
 * Reads ODF_AVS_CONFIG: a YAML (or JSON) list of AVSs, see `avsEntry`.
 *
 * @param env where `source.token_env` is looked up.
 * @throws {AvsConfigError} naming each entry and field that is wrong, and duplicates of name or of (chain_id, avs, operator_set_id).
 */
export function parseAvsConfig(text: string, env: Environment = {}): AvsConfig[] {
  const entries = readYaml(text);
  if (!Array.isArray(entries)) throw new AvsConfigError('expected a list of AVSs, each starting with "- name: …"');
  const problems: string[] = [];
  const configs: AvsConfig[] = [];
  entries.forEach((given: unknown, index) => {
    const where = nameOf(given, index);
    const parsed = avsEntry.safeParse(given);
    if (!parsed.success) return problems.push(...explain(where, parsed.error));
    try {
      configs.push(complete(parsed.data, env));
    } catch (error) {
      if (!(error instanceof AvsConfigError)) throw error;
      problems.push(`${where}: ${error.message}`);
    }
  });
  problems.push(...duplicates(configs));
  if (problems.length > 0) throw new AvsConfigError(problems.join('\n'));
  return configs;
}
