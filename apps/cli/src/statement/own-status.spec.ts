import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bytes } from '../../test/statement-records.js';
import { askStatus, readStatus } from './own-status.js';

const sidecar = { relays: [], tasks: [], vouchers: [], fees: { exposed: 0, differences: [] }, claims: [] };

it('tells a sidecar from a coprocessor', () => {
  expect(readStatus(JSON.stringify(sidecar), 'here')).toMatchObject({ kind: 'sidecar', claims: [] });
  const relays = [{ url: 'http://relay', state: 'waiting' }];
  const coprocessor = { coprocessor: bytes(48, 1), settlement: null, relays };
  expect(readStatus(JSON.stringify(coprocessor), 'here')).toMatchObject({
    kind: 'coprocessor',
    relays: [{ awards: [] }],
  });
});

it.each(['{}', 'no JSON', '{"vouchers": 5}'])('refuses %s', (text) => {
  expect(() => readStatus(text, 'here')).toThrow('here is the status of neither odf-boost nor odf-coprocessor');
});

describe('over HTTP', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      response.statusCode = request.url === '/status' ? 200 : 404;
      response.end(JSON.stringify(sidecar));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  it.each(['', '/', '/status'])('asks for /status at the address, written with %p', async (path) => {
    expect(await askStatus(`${url}${path}`)).toMatchObject({ kind: 'sidecar' });
  });

  it('says what to do when nobody answers so', async () => {
    await expect(askStatus(`${url}/other`)).rejects.toThrow('answered 404): give what --addr');
    await new Promise((closed) => server.close(closed));
    // A socket kept alive may notice before a new one is refused.
    await expect(askStatus(url)).rejects.toThrow(/cannot be read \((ECONNREFUSED|UND_ERR_SOCKET)\)/);
  });
});
