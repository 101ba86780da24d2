import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RelayError, type RelayClient } from '@odf/client';
import { sha256, type Header, type Hex } from '@odf/protocol';
import { writeDurably } from './durable-file.js';
import { refuse, RefusedError } from './refusal.js';

/** Prefetched ciphertexts on disk: one download for all validators of a task, and none again after a restart. */
export class Ciphertexts {
  readonly #running = new Map<Hex, Promise<Uint8Array>>();
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'ciphertexts');
  }

  /**
   * The ciphertext of a header.
   *
   * @throws {RefusedError} when the relay serves other bytes or none; {@link RelayError} when it cannot be asked.
   */
  get(client: RelayClient, header: Header, signal: AbortSignal): Promise<Uint8Array> {
    const root = header.ciphertext_root;
    const running = this.#running.get(root);
    if (running) return running;
    const started = this.#load(client, header, signal).finally(() => this.#running.delete(root));
    this.#running.set(root, started);
    return started;
  }

  /** Forgets a ciphertext that nobody needs any more. */
  async drop(root: Hex): Promise<void> {
    await rm(this.#file(root), { force: true });
  }

  async #load(client: RelayClient, header: Header, signal: AbortSignal): Promise<Uint8Array> {
    const known = await this.#read(header.ciphertext_root);
    const bytes = known ?? (await fetchChecked(client, header, signal));
    if (bytes.length !== Number(header.ciphertext_size)) {
      throw new RefusedError(
        refuse('CIPHERTEXT_MISMATCH', `It has ${bytes.length} bytes, not ${header.ciphertext_size}.`),
      );
    }
    if (!known) await writeDurably(this.#file(header.ciphertext_root), bytes);
    return bytes;
  }

  async #read(root: Hex): Promise<Uint8Array | undefined> {
    const bytes = await readFile(this.#file(root)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    return bytes && sha256(bytes) === root ? new Uint8Array(bytes) : undefined;
  }

  #file(root: Hex): string {
    return join(this.#folder, root);
  }
}

async function fetchChecked(client: RelayClient, header: Header, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await client.getPayload(header.ciphertext_root, { size: Number(header.ciphertext_size), signal });
  } catch (error) {
    if (!(error instanceof RelayError) || error.isTransient) throw error;
    const served = error.code === 'PAYLOAD_HASH_MISMATCH' || error.code === 'ANSWER_TOO_LARGE';
    throw new RefusedError(refuse(served ? 'CIPHERTEXT_MISMATCH' : 'CIPHERTEXT_UNAVAILABLE', error.message));
  }
}
