import type { ExecutionContext } from '@nestjs/common';
import { OdfError, routes, type Route } from '@odf/protocol';
import { testAvs } from '../../test/instance.js';
import { AvsRegistry } from '../core/avs-registry.js';
import { readRelayConfig } from '../relay.config.js';
import { AccessGuard } from './access.guard.js';
import { ROUTE } from './route-metadata.js';

const [avs, otherAvs] = [testAvs(1, source('a token of the first AVS')), testAvs(2, source('a token of the second'))];

function source(token: string) {
  return { source: { kind: 'http', token: token.replaceAll(' ', '-') } };
}

const tokens = 'viewer:viewer-token,operator:operator-token';
const guardOf = (more: Record<string, string> = {}) =>
  new AccessGuard(
    readRelayConfig({ ODF_ADMIN_TOKENS: tokens, ODF_DEV: '1', ...more }),
    new AvsRegistry([avs, otherAvs]),
  );

const admin = (access: Route['access']): Route => ({ ...(routes.info as Route), access });
const task = routes.createTask as Route;
const dev = routes.registerDevCoprocessor as Route;

interface Asked {
  authorization?: string;
  accept?: string;
  avs_id?: string;
}

function contextOf(route: Route, { avs_id, ...headers }: Asked, answered: Record<string, string> = {}) {
  const handler = () => undefined;
  Reflect.defineMetadata(ROUTE, route, handler);
  const reply = { header: (name: string, value: string) => (answered[name] = value) };
  const http = { getRequest: () => ({ headers, params: { avs_id } }), getResponse: () => reply };
  return { getHandler: () => handler, switchToHttp: () => http } as unknown as ExecutionContext;
}

function verdictOn(route: Route, asked: Asked, guard = guardOf()): string {
  try {
    return guard.canActivate(contextOf(route, asked)) ? 'allowed' : 'denied';
  } catch (error) {
    if (error instanceof OdfError) return error.code;
    throw error;
  }
}

const bearer = (token: string): Asked => ({ authorization: `Bearer ${token}` });

it('lets anyone in where anyone may, whatever token comes along', () => {
  expect([verdictOn(admin('anyone'), {}), verdictOn(admin('anyone'), bearer('nonsense'))]).toEqual([
    'allowed',
    'allowed',
  ]);
});

it.each<[Asked, string, string]>([
  [bearer('viewer-token'), 'allowed', 'AUTH_FORBIDDEN'],
  [bearer('operator-token'), 'allowed', 'allowed'],
  [{ authorization: 'bearer operator-token' }, 'allowed', 'allowed'],
  [bearer('operator-toke'), 'AUTH_REQUIRED', 'AUTH_REQUIRED'],
  [bearer('operator-token '), 'AUTH_REQUIRED', 'AUTH_REQUIRED'],
  [bearer(''), 'AUTH_REQUIRED', 'AUTH_REQUIRED'],
  [bearer('x'.repeat(513)), 'AUTH_REQUIRED', 'AUTH_REQUIRED'],
  [{ authorization: 'Basic operator-token' }, 'AUTH_REQUIRED', 'AUTH_REQUIRED'],
  [{}, 'AUTH_REQUIRED', 'AUTH_REQUIRED'],
])('judges %j as viewer and as operator', (asked, asViewer, asOperator) => {
  expect([verdictOn(admin('viewer'), asked), verdictOn(admin('operator'), asked)]).toEqual([asViewer, asOperator]);
});

it('lets nobody in when there are no tokens', () => {
  const guard = guardOf({ ODF_ADMIN_TOKENS: '' });
  expect(verdictOn(admin('viewer'), bearer('viewer-token'), guard)).toBe('AUTH_REQUIRED');
});

it('lets each AVS post its own tasks only, and administrators none', () => {
  const of = (avs_id: string, token: string) => verdictOn(task, { ...bearer(token), avs_id });
  expect(of(avs.avs_id, 'a-token-of-the-first-AVS')).toBe('allowed');
  expect(
    of(
      avs.avs_id.replace(/[a-f]/g, (digit) => digit.toUpperCase()),
      'a-token-of-the-first-AVS',
    ),
  ).toBe('allowed');
  expect(of(otherAvs.avs_id, 'a-token-of-the-first-AVS')).toBe('AUTH_FORBIDDEN');
  expect(of(avs.avs_id, 'operator-token')).toBe('AUTH_FORBIDDEN');
  expect(of(`0x${'00'.repeat(32)}`, 'a-token-of-the-first-AVS')).toBe('AVS_UNKNOWN');
  expect(verdictOn(task, { avs_id: avs.avs_id })).toBe('AUTH_REQUIRED');
});

it('hides the development routes unless they are opened', () => {
  expect(verdictOn(dev, bearer('operator-token'))).toBe('allowed');
  expect(verdictOn(dev, bearer('operator-token'), guardOf({ ODF_DEV: '0' }))).toBe('DEV_DISABLED');
});

it('asks for a token in the way of HTTP, and refuses a media type before anything else', () => {
  const answered: Record<string, string> = {};
  expect(() => guardOf().canActivate(contextOf(admin('viewer'), {}, answered))).toThrow(OdfError);
  expect(answered).toEqual({ 'www-authenticate': 'Bearer' });
  expect(verdictOn(admin('viewer'), { accept: 'image/png' })).toBe('NOT_ACCEPTABLE');
});
