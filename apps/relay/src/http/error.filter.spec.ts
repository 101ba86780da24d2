import { HttpException, NotFoundException } from '@nestjs/common';
import { OdfError } from '@odf/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendError, toOdfError } from './error.filter.js';

const UNKNOWN = '/no/such/route';
const frameworkError = (statusCode: number) => Object.assign(new Error('x'), { code: 'FST_ERR_X', statusCode });

describe('toOdfError', () => {
  it.each<[string, unknown, string, string]>([
    ['a refusal', new OdfError('BID_EXPIRED'), UNKNOWN, 'BID_EXPIRED'],
    ['an unknown path', new NotFoundException(), UNKNOWN, 'ROUTE_UNKNOWN'],
    ['a known path by another method', new NotFoundException(), '/relay/v1/coprocessor/bids?x=1', 'METHOD_NOT_ALLOWED'],
    ['a known path with members', new NotFoundException(), '/relay/v1/coprocessor/tasks/0x01', 'METHOD_NOT_ALLOWED'],
    ['a path below a known one', new NotFoundException(), '/relay/v1/coprocessor/bids/1', 'ROUTE_UNKNOWN'],
    ['a body too large for the framework', frameworkError(413), UNKNOWN, 'BODY_TOO_LARGE'],
    ['a media type that the framework does not know', frameworkError(415), UNKNOWN, 'MEDIA_TYPE_UNSUPPORTED'],
    ['a URI too long', frameworkError(414), UNKNOWN, 'REQUEST_MALFORMED'],
    ['a status without a code', new HttpException('teapot', 418), UNKNOWN, 'INTERNAL'],
    ['a failure', new Error('secret inside'), UNKNOWN, 'INTERNAL'],
    ['a failure with a status of its own', Object.assign(new Error('x'), { statusCode: 404 }), UNKNOWN, 'INTERNAL'],
    [
      'a failure of the database',
      Object.assign(new Error('x'), { code: '23505', statusCode: 400 }),
      UNKNOWN,
      'INTERNAL',
    ],
    ['nothing', undefined, UNKNOWN, 'INTERNAL'],
    ['a text', 'oops', UNKNOWN, 'INTERNAL'],
  ])('turns %s into its code', (_, error, url, code) => {
    expect(toOdfError(error, url).code).toBe(code);
  });

  it('tells nothing of a failure to the outside', () => {
    expect(toOdfError(new Error('secret inside'), UNKNOWN).message).not.toContain('secret');
  });
});

describe('sendError', () => {
  function sent(error: unknown, url = UNKNOWN) {
    const headers: Record<string, string> = {};
    const answer = { status: 0, body: undefined as unknown, headers, logged: [] as unknown[] };
    const reply = {
      header: (name: string, value: string) => ((headers[name] = value), reply),
      status: (status: number) => ((answer.status = status), reply),
      send: (body: unknown) => ((answer.body = body), reply),
    };
    const log = { error: (what: unknown) => answer.logged.push(what) };
    sendError(error, { url, log } as unknown as FastifyRequest, reply as unknown as FastifyReply);
    return answer;
  }

  it('writes status, code and hint as JSON, and logs only failures', () => {
    const refusal = new OdfError('BID_EXPIRED');
    expect(sent(refusal)).toEqual({
      status: 422,
      body: refusal.toJson(),
      headers: { 'content-type': 'application/json; charset=utf-8' },
      logged: [],
    });
    const failure = new Error('broken');
    expect(sent(failure)).toMatchObject({ status: 500, logged: [{ err: failure }] });
  });

  it('says when to come back, and which methods there are', () => {
    const retry = (error: OdfError) => sent(error).headers['retry-after'];
    expect([
      retry(new OdfError('UNAVAILABLE')),
      retry(new OdfError('RATE_LIMITED', undefined, 9)),
      retry(new OdfError('BID_REPLACEMENTS_EXCEEDED')),
      retry(new OdfError('BID_EXPIRED')),
    ]).toEqual(['1', '9', '1', undefined]);
    expect(sent(new NotFoundException(), '/relay/v1/validator/enrollments').headers['allow']).toBe('POST');
  });
});
