import { Controller } from '@nestjs/common';
import { OdfError, routes } from '@odf/protocol';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { ClaimsService } from './claims.service.js';

@Controller()
export class ClaimsController {
  constructor(private readonly claims: ClaimsService) {}

  @Endpoint(routes.postClaim)
  file(@Input() { body }: InputOf<typeof routes.postClaim>): Promise<never> {
    return this.claims.file(body);
  }

  @Endpoint(routes.getClaim)
  get(@Input() { params }: InputOf<typeof routes.getClaim>): never {
    throw new OdfError('CLAIM_UNKNOWN', `No claim has the id ${params.claim_id}.`);
  }

  @Endpoint(routes.getClaimEvidence)
  evidence(@Input() { params }: InputOf<typeof routes.getClaimEvidence>): never {
    throw new OdfError('CLAIM_UNKNOWN', `No claim has the id ${params.claim_id}.`);
  }
}
