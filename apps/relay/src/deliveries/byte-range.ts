import { OdfError } from '@odf/protocol';

/**
 * Reads a Range header of one byte range (RFC 9110, 14.1.2); undefined where the whole is to be sent.
 *
 * Several ranges at once are answered with the whole, as a server may.
 *
 * @throws {OdfError} RANGE_NOT_SATISFIABLE.
 */
export function byteRange(header: string | undefined, size: number): { from: number; to: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.replaceAll(/\s/g, '') ?? '');
  if (!match) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (from >= size || (first === '' && Number(last) === 0)) throw new OdfError('RANGE_NOT_SATISFIABLE');
  return { from, to };
}
