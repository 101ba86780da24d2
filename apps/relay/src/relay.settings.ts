import type { Setting } from '@odf/telemetry';
import { z } from 'zod';
import { relayEnvironment } from './relay.config.js';

interface Described {
  description?: string;
  default?: string | number | boolean;
  secret?: boolean;
}

/** The relay's environment variables, in the order of their definition. */
export function relaySettings(): Setting[] {
  const schema = z.toJSONSchema(relayEnvironment, { io: 'input', unrepresentable: 'any' });
  return Object.entries(schema.properties as Record<string, Described>).map(([variable, of]) => ({
    variable,
    flag: null,
    default: of.default === undefined || of.default === '' ? null : String(of.default),
    description: of.description ?? '',
    secret: of.secret ?? false,
  }));
}

/** What `--help` prints. */
export function relayHelp(): string {
  const variables = relaySettings().map(({ variable, description, ...rest }) => {
    const preset = rest.default === null ? '' : ` (default: ${rest.default})`;
    return `  ${variable}${preset}\n      ${description}`;
  });
  return [
    'Usage: odf-relay [--help | --print-configuration]',
    '',
    'The relay of the Optimistic Delegation Framework. It is configured by its environment:',
    '',
    ...variables,
    '',
  ].join('\n');
}
