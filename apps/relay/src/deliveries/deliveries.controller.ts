import { Controller, Res } from '@nestjs/common';
import { routes, type SignedReceipt } from '@odf/protocol';
import { type FastifyReply } from 'fastify';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { CiphertextServer } from './ciphertext-server.js';
import { DeliveriesService } from './deliveries.service.js';

@Controller()
export class DeliveriesController {
  constructor(
    private readonly deliveries: DeliveriesService,
    private readonly ciphertexts: CiphertextServer,
  ) {}

  @Endpoint(routes.deliver)
  deliver(@Input() { body }: InputOf<typeof routes.deliver>): Promise<SignedReceipt> {
    return this.deliveries.deliver(body);
  }

  @Endpoint(routes.getPayload)
  async payload(
    @Input() { params, request }: InputOf<typeof routes.getPayload>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.ciphertexts.serve(params.ciphertext_root, request, reply);
  }
}
