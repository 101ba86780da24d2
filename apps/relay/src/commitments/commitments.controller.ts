import { Controller } from '@nestjs/common';
import { routes, type CommitmentAccepted, type Reveal, type SignedHeader } from '@odf/protocol';
import { Answer } from '../http/answer.interceptor.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { CommitmentsService } from './commitments.service.js';
import { HeadersService } from './headers.service.js';

@Controller()
export class CommitmentsController {
  constructor(
    private readonly commitments: CommitmentsService,
    private readonly headers: HeadersService,
  ) {}

  @Endpoint(routes.getHeader)
  header(@Input() { params, query }: InputOf<typeof routes.getHeader>): Promise<SignedHeader | null> {
    return this.headers.headerFor(params.task_id, params.pubkey, query.wait_ms);
  }

  @Endpoint(routes.commit)
  async commit(@Input() { body }: InputOf<typeof routes.commit>): Promise<Reveal | Answer<CommitmentAccepted>> {
    const answer = await this.commitments.commit(body);
    return 'reveal' in answer ? answer.reveal : new Answer(answer.accepted, 202, answer.retryAfterSeconds);
  }
}
