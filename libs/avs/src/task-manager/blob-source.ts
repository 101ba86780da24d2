import { createHash } from 'node:crypto';
import { fromHex, toHex, type Hex } from '@odf/protocol';
import { z } from 'zod';
import { isBlob } from '../kzg-da/blob.js';
import { trustedSetup } from '../kzg-da/trusted-setup.js';

const TIMEOUT_MS = 10_000;

/** The block that carried a blob. */
export interface BlobBlock {
  hash: Hex;
  /** Unix ms. */
  atMs: number;
}

/** Nobody gave the blob; it may come later, until nodes prune it (18 days). */
export class BlobUnavailableError extends Error {
  override readonly name = 'BlobUnavailableError';
}

/** How blobs are fetched. */
export interface BlobSourceOptions {
  /** A Beacon API, asked by slot; or a development chain's RPC URL, whose Beacon API takes the block's own hash. */
  url: string;
  by: 'slot' | 'block-hash';
  fetch?: typeof fetch;
}

const Blobs = z.object({ data: z.array(z.string().regex(/^0x[0-9a-fA-F]{262144}$/)).max(64) });
const Genesis = z.object({ data: z.object({ genesis_time: z.string().regex(/^\d{1,15}$/) }) });
const Spec = z.object({ data: z.object({ SECONDS_PER_SLOT: z.string().regex(/^[1-9]\d{0,5}$/) }) });

/** The EIP-4844 versioned hash of a KZG commitment. */
export function versionedHash(commitment: Uint8Array): Hex {
  const hash = createHash('sha256').update(commitment).digest();
  hash[0] = 1;
  return toHex(hash);
}

/** Whether a blob is the one of this versioned hash, whoever gave it. */
export async function isBlobOf(blob: Uint8Array, blobHash: Hex): Promise<boolean> {
  if (!isBlob(blob)) return false;
  return versionedHash(await trustedSetup('verify').asyncBlobToKzgCommitment(blob)) === blobHash;
}

/** Fetches blobs over the Beacon API and believes none that does not have its hash. */
export class BlobSource {
  readonly #fetch: typeof fetch;
  #clock: { genesisMs: number; slotMs: number } | undefined;

  constructor(private readonly options: BlobSourceOptions) {
    this.#fetch = options.fetch ?? globalThis.fetch;
  }

  /**
   * The blob of a versioned hash.
   *
   * @throws {BlobUnavailableError} when the API does not give it.
   */
  async blob(blobHash: Hex, block: BlobBlock): Promise<Uint8Array> {
    const id = this.options.by === 'slot' ? await this.#slotAt(block.atMs) : block.hash;
    const { data } = await this.#get(`/eth/v1/beacon/blobs/${id}?versioned_hashes=${blobHash}`, Blobs);
    for (const text of data) {
      const blob = fromHex(text);
      if (await isBlobOf(blob, blobHash)) return blob;
    }
    throw new BlobUnavailableError(`the Beacon API has no blob ${blobHash} at ${id}`);
  }

  async #slotAt(atMs: number): Promise<number> {
    this.#clock ??= await this.#readClock();
    return Math.floor((atMs - this.#clock.genesisMs) / this.#clock.slotMs);
  }

  async #readClock(): Promise<{ genesisMs: number; slotMs: number }> {
    const genesis = await this.#get('/eth/v1/beacon/genesis', Genesis);
    const spec = await this.#get('/eth/v1/config/spec', Spec);
    const ms = (seconds: string) => Number(seconds) * 1_000;
    return { genesisMs: ms(genesis.data.genesis_time), slotMs: ms(spec.data.SECONDS_PER_SLOT) };
  }

  async #get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    try {
      const response = await this.#fetch(new URL(path, this.options.url), {
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: { accept: 'application/json' },
      });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return schema.parse(await response.json());
    } catch (cause) {
      throw new BlobUnavailableError(`the Beacon API did not answer ${path.split('?')[0]}`, { cause });
    }
  }
}
