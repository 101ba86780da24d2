import { fastify, type FastifyInstance } from 'fastify';
import { refuseBlocksAtOnce } from './refuse-blocks.js';

describe('refuseBlocksAtOnce', () => {
  let server: FastifyInstance;

  beforeEach(() => {
    server = fastify();
    refuseBlocksAtOnce(server);
    for (const url of ['/eth/v1/builder/blinded_blocks', '/eth/v2/builder/blinded_blocks', '/other']) {
      server.post(url, async () => 'taken');
    }
  });
  afterEach(() => server.close());

  it.each([
    ['a JSON body', 'application/json', '{}'],
    ['a malformed body', 'application/json', '{"'],
    ['an SSZ body', 'application/octet-stream', 'x'],
    ['an unknown media type', 'text/nonsense', 'x'],
    ['a huge body', 'application/json', ' '.repeat(2 ** 22)],
    ['no body', 'application/json', ''],
  ])('answers 400 to %s', async (_, type, payload) => {
    for (const version of ['v1', 'v2']) {
      const url = `/eth/${version}/builder/blinded_blocks?x=1`;
      const headers = { 'content-type': type, accept: 'image/png', 'content-encoding': 'br' };
      const answer = await server.inject({ method: 'POST', url, headers, payload });
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ code: 400, error: 'BLOCKS_UNSUPPORTED' });
    }
  });

  it('leaves other routes alone', async () => {
    expect((await server.inject({ method: 'POST', url: '/other' })).body).toBe('taken');
  });
});
