import { paginate, RelayError } from '@odf/client';
import { bytes20, bytes32, bytes48, routes, type Hex } from '@odf/protocol';
import { InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import type { AskedRelay } from '../audit/fetch-bundle.js';
import type { TermFilter } from './collect.js';
import type { Subject } from './records.js';

/** What `odf statement` is told. */
export interface StatementOptions {
  relay: string;
  operator?: Hex;
  owner?: Hex;
  validator?: Hex;
  coprocessor?: Hex;
  avs?: Hex;
  term?: Hex;
  from?: bigint;
  to?: bigint;
  chainRpcUrl?: string;
  status?: string;
  json: boolean;
  csv: boolean;
}

const reader =
  (schema: z.ZodType<Hex, unknown>, bytes: number) =>
  (text: string): Hex => {
    const value = schema.safeParse(text.toLowerCase());
    if (!value.success) throw new InvalidArgumentError(`expected 0x and ${2 * bytes} hex digits`);
    return value.data;
  };

/** Read an account, an id and a BLS key. */
export const account = reader(bytes20.json, 20);
export const id = reader(bytes32.json, 32);
export const key = reader(bytes48.json, 48);

/** Reads a moment as ISO 8601; a date alone is its start in UTC. */
export function moment(text: string): bigint {
  const ms = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('expected a date or time as ISO 8601, e.g. 2026-11-01');
  return BigInt(ms);
}

/** Which terms are meant. */
export function filterOf({ term, avs, from, to }: StatementOptions): TermFilter {
  if (from !== undefined && to !== undefined && from >= to) throw new Error('--from must lie before --to');
  return { auction_id: term, avs_id: avs, from_ms: from, to_ms: to };
}

/**
 * Whose statement is meant: keys are looked up at the relay.
 *
 * @throws {Error} when not exactly one is named, or the relay does not know it.
 */
export async function subjectOf(
  { operator, owner, validator, coprocessor }: StatementOptions,
  { client }: AskedRelay,
): Promise<Subject> {
  if ([operator, owner, validator, coprocessor].filter((one) => one !== undefined).length !== 1) {
    throw new Error('name one of --operator, --validator, --owner and --coprocessor');
  }
  if (operator) return { side: 'operator', accounts: [operator] };
  if (owner) return { side: 'owner', accounts: [owner] };
  if (validator) return { side: 'operator', accounts: await operatorsOf(validator, client), validator };
  const info = await client.data(routes.getCoprocessor, { params: { pubkey: coprocessor! } });
  return { side: 'owner', accounts: [info.owner], coprocessor: coprocessor! };
}

/** The accounts that a validator's fees and claims name; more than one where its operator changed. */
async function operatorsOf(validator: Hex, client: AskedRelay['client']): Promise<Hex[]> {
  const operators = new Set<Hex>();
  const params = { pubkey: validator };
  try {
    for await (const { operator } of paginate(client, routes.validatorFees, { params })) operators.add(operator);
  } catch (error) {
    if (!(error instanceof RelayError) || error.code !== 'VALIDATOR_UNKNOWN') throw error;
    throw new Error(`the relay never enrolled the validator ${validator}: is it another relay's?`, { cause: error });
  }
  for await (const { operator } of paginate(client, routes.dataClaims, { query: { validator } }))
    operators.add(operator);
  return [...operators];
}
