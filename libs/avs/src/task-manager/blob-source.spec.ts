import { toHex, type Hex } from '@odf/protocol';
import { packBlobs } from '../kzg-da/blob-packing.js';
import { trustedSetup } from '../kzg-da/trusted-setup.js';
import { BlobSource, BlobUnavailableError, versionedHash, type BlobSourceOptions } from './blob-source.js';

const [blob, other] = ['a file', 'another'].map((text) => packBlobs(Buffer.from(text))[0]!) as [Uint8Array, Uint8Array];
const block: { hash: Hex; atMs: number } = { hash: `0x${'0b'.repeat(32)}`, atMs: 1_000_000 };
let blobHash: Hex;

beforeAll(() => {
  blobHash = versionedHash(trustedSetup('verify').blobToKzgCommitment(blob));
}, 60_000);

/** A source whose API answers these bodies by path, and the paths that it asked. */
function sourceOf(answers: Record<string, unknown>, by: BlobSourceOptions['by'] = 'block-hash') {
  const asked: string[] = [];
  const fetch = async (url: unknown) => {
    const { pathname, search } = url as URL;
    asked.push(pathname + search);
    const body = answers[pathname];
    return body === undefined ? new Response('{}', { status: 404 }) : new Response(JSON.stringify(body));
  };
  return { source: new BlobSource({ url: 'http://beacon', by, fetch: fetch }), asked };
}
const at = (id: string) => `/eth/v1/beacon/blobs/${id}`;

describe('BlobSource', () => {
  it('finds the blob of the hash among those of the block', async () => {
    const { source, asked } = sourceOf({ [at(block.hash)]: { data: [toHex(other), toHex(blob)] } });
    expect(await source.blob(blobHash, block)).toEqual(blob);
    expect(asked).toEqual([`${at(block.hash)}?versioned_hashes=${blobHash}`]);
  });

  it('asks a Beacon API by slot', async () => {
    const answers = {
      '/eth/v1/beacon/genesis': { data: { genesis_time: '400' } },
      '/eth/v1/config/spec': { data: { SECONDS_PER_SLOT: '12' } },
      [at('50')]: { data: [toHex(blob)] },
    };
    const { source, asked } = sourceOf(answers, 'slot');
    for (let round = 0; round < 2; round++) expect(await source.blob(blobHash, block)).toEqual(blob);
    expect(asked).toHaveLength(4);
  });

  it.each<[string, Record<string, unknown>]>([
    ['there is none', { [at(block.hash)]: { data: [] } }],
    ['it is another one', { [at(block.hash)]: { data: [toHex(other)] } }],
    ['the API does not know the block', {}],
    ['the answer is something else', { [at(block.hash)]: { data: ['0x00'] } }],
  ])('gives nothing when %s', async (_, answers) => {
    await expect(sourceOf(answers).source.blob(blobHash, block)).rejects.toThrow(BlobUnavailableError);
  });
});
