import type { Hex } from '@odf/protocol';
import { z } from 'zod';
import { PolicyError } from './policy.js';

const milliseconds = z
  .string()
  .regex(/^[1-9][0-9]{0,6}$/, 'expected milliseconds as a whole number')
  .transform(Number);
const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):[0-9]{1,5}$/, 'expected host:port')
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, 'expected a port up to 65535');
const contract = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hex digits')
  .transform((text) => text.toLowerCase() as Hex);
const relays = z
  .array(z.string())
  .transform((given) => given.flatMap((list) => list.split(',')).map((one) => one.trim()))
  .transform((list) => list.filter((one) => one !== ''));

const options = z.object({
  relays: relays.refine((list) => list.length > 0, 'name at least one: --relay https://0x<pubkey>@host'),
  policy: z.string({ error: 'name the policy file: --policy policy.yaml' }).min(1),
  addr: address,
  dataDir: z.string().min(1),
  loglevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  requestTimeoutGetheader: milliseconds.pipe(z.number().max(10_000, 'a relay holds a request for 10000 at most')),
  requestTimeout: milliseconds,
  chainRpcUrl: z
    .string()
    .regex(/^https?:\/\/\S+$/, 'expected an http or https URL')
    .optional(),
  settlement: contract.optional(),
  allocationManager: contract.optional(),
  chainConfirmations: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/, 'expected 1 to 999 blocks')
    .transform(Number),
  chainAccountKey: z.string().min(1).optional(),
  claimRelayPatience: milliseconds,
  relayCheck: z.boolean(),
  json: z.boolean(),
});

/** The command line and environment, checked. */
export type BoostOptions = z.output<typeof options>;

/**
 * Checks what the command line gave, with the environment already folded in.
 *
 * @throws {PolicyError} naming every flag that is wrong.
 */
export function parseOptions(given: Record<string, unknown>): BoostOptions {
  const parsed = options.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new PolicyError(parsed.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`).join('\n'));
}
