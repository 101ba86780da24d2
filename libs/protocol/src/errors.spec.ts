import { errorCodes, OdfError, type ErrorCode } from './errors.js';

const STATUSES = [400, 401, 403, 404, 405, 406, 409, 413, 415, 416, 422, 429, 500, 503];
const rows = Object.entries(errorCodes) as [ErrorCode, readonly [number, string, string]][];

it.each(rows)('%s has a status of the protocol, a meaning and a hint', (code, [status, meaning, hint]) => {
  expect(code).toMatch(/^[A-Z]+(?:_[A-Z]+)*$/);
  expect(STATUSES).toContain(status);
  expect(meaning).toMatch(/^\S.+\.$/);
  expect(hint).toMatch(/^\S.+\.$/);
});

describe('OdfError', () => {
  it('says what happened and what to do, in general or in this case', () => {
    const [, meaning, hint] = errorCodes.BID_NONCE_STALE;
    expect(new OdfError('BID_NONCE_STALE').toJson()).toEqual({
      code: 409,
      error: 'BID_NONCE_STALE',
      message: `${meaning} ${hint}`,
    });
    expect(new OdfError('BID_NONCE_STALE', 'The nonce 3 is below 4.').message).toBe(`The nonce 3 is below 4. ${hint}`);
  });

  it('carries the time to wait beside the wire form', () => {
    const error = new OdfError('UNAVAILABLE', undefined, 7);
    expect([error.status, error.retryAfterSeconds, 'retryAfterSeconds' in error.toJson()]).toEqual([503, 7, false]);
  });
});
