import { OdfError, type AnswerKind } from '@odf/protocol';
import type { FastifyRequest } from 'fastify';

/** What of a route decides in which media types it can answer. */
export interface Offer {
  answer: { kind: AnswerKind; ssz?: unknown; bytes?: boolean };
}

const JSON_TYPE = 'application/json';
const BYTES_TYPE = 'application/octet-stream';
const EVENTS_TYPE = 'text/event-stream';

function offered(route: Offer): string[] {
  const { kind, ssz, bytes } = route.answer;
  if (kind === 'bytes') return [BYTES_TYPE];
  if (kind === 'events') return [EVENTS_TYPE];
  return ssz || bytes ? [JSON_TYPE, BYTES_TYPE] : [JSON_TYPE];
}

/** The quality that an Accept header gives a media type; the most specific range decides (RFC 9110, 12.5.1). */
function qualityOf(accept: string, type: string): number {
  let best = { specificity: -1, quality: 0 };
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const specificity = [`*/*`, `${type.split('/')[0]}/*`, type].indexOf(name);
    if (specificity <= best.specificity) continue;
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2));
    best = { specificity, quality: Number.isFinite(quality) ? quality : 0 };
  }
  return best.quality;
}

function chosen(route: Offer, request: FastifyRequest): string | undefined {
  const types = offered(route);
  const accept = request.headers.accept;
  if (accept === undefined || accept.trim() === '') return types[0];
  const ranked = types
    .map((type) => ({ type, quality: qualityOf(accept, type) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  return ranked[0]?.type;
}

/**
 * Refuses a request that accepts nothing that the route can answer.
 *
 * @throws {OdfError} NOT_ACCEPTABLE.
 */
export function assertAcceptable(route: Offer, request: FastifyRequest): void {
  // An answer without a body is acceptable to everybody.
  if (route.answer.kind === 'empty') return;
  if (chosen(route, request)) return;
  throw new OdfError('NOT_ACCEPTABLE', `This route answers ${offered(route).join(' or ')}.`);
}

/** Whether the request would rather have bytes than JSON. */
export function prefersBytes(route: Offer, request: FastifyRequest): boolean {
  return chosen(route, request) === BYTES_TYPE;
}
