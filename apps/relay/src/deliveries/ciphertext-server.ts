import { Injectable } from '@nestjs/common';
import { DeliveriesRepository } from '@odf/persistence';
import { OdfError, type Hex } from '@odf/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { byteRange } from './byte-range.js';

const CACHE_BYTES = 128 * 1024 * 1024;

/** Serves ciphertexts: immutable bytes, whole or in ranges, hot ones from memory. */
@Injectable()
export class CiphertextServer {
  readonly #hot = new LRUCache<Hex, Uint8Array>({ maxSize: CACHE_BYTES, sizeCalculation: (bytes) => bytes.length });

  constructor(private readonly deliveries: DeliveriesRepository) {}

  /**
   * Answers with a ciphertext.
   *
   * @throws {OdfError} PAYLOAD_UNKNOWN, RANGE_NOT_SATISFIABLE.
   */
  async serve(root: Hex, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const bytes = this.#hot.get(root) ?? (await this.deliveries.ciphertext(root));
    if (!bytes) throw new OdfError('PAYLOAD_UNKNOWN');
    this.#hot.set(root, bytes);
    const tag = `"${root}"`;
    void reply
      .header('etag', tag)
      .header('accept-ranges', 'bytes')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('content-type', 'application/octet-stream');
    if (request.headers['if-none-match'] === tag) return void reply.status(304).send();
    let range: ReturnType<typeof byteRange>;
    try {
      const condition = request.headers['if-range'];
      range = condition === undefined || condition === tag ? byteRange(request.headers.range, bytes.length) : undefined;
    } catch (error) {
      void reply.header('content-range', `bytes */${bytes.length}`);
      throw error;
    }
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!range) return void reply.status(200).send(buffer);
    const { from, to } = range;
    void reply
      .status(206)
      .header('content-range', `bytes ${from}-${to}/${bytes.length}`)
      .send(buffer.subarray(from, to + 1));
  }
}
