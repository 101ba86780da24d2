import { Controller, Res } from '@nestjs/common';
import { routes } from '@odf/protocol';
import { type FastifyReply } from 'fastify';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { EventStreams } from './event-streams.js';

@Controller()
export class EventsController {
  constructor(private readonly streams: EventStreams) {}

  @Endpoint(routes.events)
  async stream(@Input() { query, request }: InputOf<typeof routes.events>, @Res() reply: FastifyReply): Promise<void> {
    await this.streams.open(request, reply, query.topics);
  }
}
