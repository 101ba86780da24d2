import { OdfError } from '@odf/protocol';
import type { FastifyRequest } from 'fastify';
import { assertAcceptable, prefersBytes, type Offer } from './negotiate.js';

const json: Offer = { answer: { kind: 'object' } };
const both: Offer = { answer: { kind: 'object', ssz: {} } };
const bytes: Offer = { answer: { kind: 'bytes' } };
const events: Offer = { answer: { kind: 'events' } };
const empty: Offer = { answer: { kind: 'empty' } };
const asking = (accept?: string) => ({ headers: { accept } }) as FastifyRequest;

/** What a route answers, or that it refuses. */
function answerOf(offer: Offer, accept?: string): string {
  try {
    assertAcceptable(offer, asking(accept));
  } catch (error) {
    if (error instanceof OdfError) return error.code;
    throw error;
  }
  return prefersBytes(offer, asking(accept)) ? 'bytes' : 'other';
}

const OCTETS = 'application/octet-stream';

it.each<[string | undefined, string, string]>([
  // accept, JSON only, JSON or bytes
  [undefined, 'other', 'other'],
  ['', 'other', 'other'],
  ['*/*', 'other', 'other'],
  ['application/*', 'other', 'other'],
  ['application/json', 'other', 'other'],
  ['APPLICATION/JSON; charset=utf-8', 'other', 'other'],
  [OCTETS, 'NOT_ACCEPTABLE', 'bytes'],
  [`${OCTETS}, application/json;q=0.9`, 'other', 'bytes'],
  [`${OCTETS};q=0.5, application/json`, 'other', 'other'],
  [`${OCTETS}, application/json`, 'other', 'other'],
  [`*/*;q=0.1, ${OCTETS}`, 'other', 'bytes'],
  ['application/json;q=0, */*', 'NOT_ACCEPTABLE', 'bytes'],
  ['text/html', 'NOT_ACCEPTABLE', 'NOT_ACCEPTABLE'],
  ['application/json;q=0', 'NOT_ACCEPTABLE', 'NOT_ACCEPTABLE'],
  ['application/json;q=nonsense', 'NOT_ACCEPTABLE', 'NOT_ACCEPTABLE'],
  [',;,', 'NOT_ACCEPTABLE', 'NOT_ACCEPTABLE'],
])('answers Accept: %p', (accept, jsonOnly, jsonOrBytes) => {
  expect([answerOf(json, accept), answerOf(both, accept)]).toEqual([jsonOnly, jsonOrBytes]);
});

it('answers ciphertexts and events in their own type, and what has no body to everybody', () => {
  expect([answerOf(bytes), answerOf(bytes, OCTETS), answerOf(bytes, 'application/json')]).toEqual([
    'bytes',
    'bytes',
    'NOT_ACCEPTABLE',
  ]);
  expect([answerOf(events, 'text/event-stream'), answerOf(events, 'text/*'), answerOf(events, OCTETS)]).toEqual([
    'other',
    'other',
    'NOT_ACCEPTABLE',
  ]);
  expect(answerOf(empty, 'text/html')).toBe('other');
});
