import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { OdfError, type Hex } from '@odf/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash, timingSafeEqual } from 'node:crypto';
import { AvsRegistry } from '../core/avs-registry.js';
import { RELAY_CONFIG } from '../relay.tokens.js';
import { type RelayConfig } from '../relay.config.js';
import { assertAcceptable } from './negotiate.js';
import { routeOf } from './route-metadata.js';

const RANK = { viewer: 1, operator: 2 } as const;

/** Lets a request through when its bearer token may do what the route asks; tokens are compared in constant time. */
@Injectable()
export class AccessGuard implements CanActivate {
  readonly #admins: readonly { role: keyof typeof RANK; digest: Buffer }[];

  constructor(
    @Inject(RELAY_CONFIG) private readonly config: RelayConfig,
    private readonly registry: AvsRegistry,
  ) {
    this.#admins = config.adminTokens.map(({ role, token }) => ({ role, digest: digestOf(token) }));
  }

  canActivate(context: ExecutionContext): boolean {
    const route = routeOf(context);
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    assertAcceptable(route, request);
    if (route.access === 'anyone') return true;
    if (route.path.startsWith('/internal/v1/dev/') && !this.config.dev) throw new OdfError('DEV_DISABLED');
    const digest = bearerDigest(request, context.switchToHttp().getResponse<FastifyReply>());
    if (route.access === 'avs') this.#assertAvs(request, digest);
    else this.#assertRole(route.access, digest);
    return true;
  }

  #assertAvs(request: FastifyRequest, digest: Buffer): void {
    const { avs_id: avsId } = request.params as { avs_id: string };
    const avs = this.registry.get(avsId.toLowerCase() as Hex);
    if (avs.config.source.kind !== 'http') throw new OdfError('TASK_SOURCE_CHAIN');
    if (!timingSafeEqual(digest, Buffer.from(avs.config.source.token_sha256.slice(2), 'hex'))) {
      throw new OdfError('AUTH_FORBIDDEN', 'This token is not that of the AVS.');
    }
  }

  #assertRole(needed: keyof typeof RANK, digest: Buffer): void {
    // Every token is compared, so that the time tells nothing about which one came close.
    const matches = this.#admins.filter((admin) => timingSafeEqual(admin.digest, digest));
    if (matches.length === 0) throw new OdfError('AUTH_REQUIRED', 'The bearer token is unknown.');
    if (!matches.some(({ role }) => RANK[role] >= RANK[needed])) throw new OdfError('AUTH_FORBIDDEN');
  }
}

function bearerDigest(request: FastifyRequest, reply: FastifyReply): Buffer {
  const match = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '');
  if (!match) {
    void reply.header('www-authenticate', 'Bearer');
    throw new OdfError('AUTH_REQUIRED');
  }
  return digestOf(match[1]!);
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
