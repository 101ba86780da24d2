import { OdfError } from '@odf/protocol';
import type { z } from 'zod';

const MAX_ISSUES = 5;

/** The refusal of something that does not fit its schema, naming the offending members. */
export function malformed(error: z.ZodError, where: string): OdfError {
  const shown = error.issues
    .slice(0, MAX_ISSUES)
    .map((issue) => `${[where, ...issue.path].join('.')}: ${issue.message}`);
  const more = error.issues.length - shown.length;
  return new OdfError('REQUEST_MALFORMED', `${shown.join('; ')}${more > 0 ? ` and ${more} more` : ''}.`);
}
