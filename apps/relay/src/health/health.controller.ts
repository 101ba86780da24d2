import { Controller, Get, Res } from '@nestjs/common';
import { openApiDocument } from '@odf/protocol';
import { type FastifyReply } from 'fastify';
import { RelayMetrics } from '../relay.metrics.js';
import { RELAY_VERSION } from '../relay.version.js';
import { Lifecycle } from './lifecycle.js';

const document = JSON.stringify(openApiDocument(RELAY_VERSION));

/** Health, metrics and the OpenAPI document. */
@Controller()
export class HealthController {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly metrics: RelayMetrics,
  ) {}

  @Get('livez')
  live(): { message: string } {
    return { message: 'live' };
  }

  @Get('readyz')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const reason = await this.lifecycle.unready();
    await reply.status(reason ? 503 : 200).send({ message: reason ? `not ready: ${reason}` : 'ready' });
  }

  @Get('metrics')
  async scrape(@Res() reply: FastifyReply): Promise<void> {
    const text = await this.metrics.registry.metrics();
    await reply.header('content-type', this.metrics.registry.contentType).send(text);
  }

  @Get('openapi.json')
  async openApi(@Res() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', 'application/json; charset=utf-8').send(document);
  }
}
