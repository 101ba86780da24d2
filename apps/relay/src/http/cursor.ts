import { OdfError } from '@odf/protocol';

/**
 * Reads a cursor that is a row's id.
 *
 * @throws {OdfError} CURSOR_INVALID.
 */
export function pageBefore(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  if (!/^[1-9][0-9]{0,17}$/.test(cursor)) throw new OdfError('CURSOR_INVALID');
  return cursor;
}
