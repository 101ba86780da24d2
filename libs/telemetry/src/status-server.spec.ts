import { metricsRegistry } from './metrics.js';
import { Secret } from './secret.js';
import { statusServer, type StatusRoutes, type StatusServer } from './status-server.js';

const running: StatusServer[] = [];
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())));

async function serve(routes: Partial<StatusRoutes> = {}) {
  const failures: object[] = [];
  const server = await statusServer({
    host: '127.0.0.1',
    port: 0,
    routes: {
      status: () => ({ earned_wei: 10n ** 20n, token: 'abc', held: new Secret('abc') }),
      metrics: metricsRegistry({ process: false }).registry,
      livez: () => true,
      readyz: () => true,
      ...routes,
    },
    log: { error: (members) => failures.push(members) },
  });
  running.push(server);
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${server.url}${path}`, init);
    return { code: response.status, type: response.headers.get('content-type'), text: await response.text(), response };
  };
  return { get, failures };
}

describe('statusServer', () => {
  it('tells its status as JSON, wei as decimal text, secrets redacted', async () => {
    const { get } = await serve();
    const { code, type, text } = await get('/status');
    expect([code, type]).toEqual([200, expect.stringContaining('application/json')]);
    expect(JSON.parse(text)).toEqual({ earned_wei: `1${'0'.repeat(20)}`, token: '[redacted]', held: '[redacted]' });
  });

  it('serves metrics as Prometheus reads them', async () => {
    const metrics = metricsRegistry({ process: false });
    metrics.counter({ name: 'odf_tasks_signed_total', help: 'Tasks signed.' }).inc();
    const { get } = await serve({ metrics: metrics.registry });
    const { code, type, text } = await get('/metrics');
    expect([code, type]).toEqual([200, metrics.registry.contentType]);
    expect(text).toContain('\nodf_tasks_signed_total 1\n');
  });

  it('is live and ready, or says why not', async () => {
    const { get } = await serve({ readyz: async () => ({ reason: 'No relay answers.' }) });
    expect(await get('/livez')).toMatchObject({ code: 200, text: '{"status":"ok"}' });
    const { code, text } = await get('/readyz');
    expect(code).toBe(503);
    expect(JSON.parse(text)).toMatchObject({
      code: 503,
      error: 'UNAVAILABLE',
      message: expect.stringContaining('No relay answers.'),
    });
  });

  it.each([
    ['/', 'GET', 404, 'ROUTE_UNKNOWN'],
    ['/statusx', 'GET', 404, 'ROUTE_UNKNOWN'],
    ['/%', 'GET', 400, 'REQUEST_MALFORMED'],
    ['/status', 'DELETE', 405, 'METHOD_NOT_ALLOWED'],
    ['/metrics?x=1', 'PUT', 405, 'METHOD_NOT_ALLOWED'],
  ])('answers %s %s with a coded JSON error', async (path, method, status, error) => {
    const { get, failures } = await serve();
    const { code, text } = await get(path, { method });
    expect([code, JSON.parse(text)]).toEqual([status, expect.objectContaining({ code: status, error })]);
    expect(failures).toEqual([]);
  });

  it('answers a failing status with INTERNAL, logs it, and tells nothing of it', async () => {
    const { get, failures } = await serve({ status: () => Promise.reject(new Error('inner detail')) });
    const { code, text } = await get('/status');
    expect([code, JSON.parse(text)]).toEqual([500, expect.objectContaining({ error: 'INTERNAL' })]);
    expect(text).not.toContain('inner detail');
    expect(failures).toMatchObject([{ err: { message: 'inner detail' } }]);
  });

  it('rejects when its port is taken', async () => {
    const { get } = await serve();
    const port = Number(new URL((await get('/livez')).response.url).port);
    const second = statusServer({
      host: '127.0.0.1',
      port,
      routes: {
        status: () => ({}),
        metrics: metricsRegistry({ process: false }).registry,
        livez: () => true,
        readyz: () => true,
      },
      log: { error: () => undefined },
    });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
