import { Controller } from '@nestjs/common';
import { routes, type Claim, type ClaimEvidence, type Hex } from '@odf/protocol';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { ClaimsService } from './claims.service.js';

@Controller()
export class ClaimsController {
  constructor(private readonly claims: ClaimsService) {}

  @Endpoint(routes.postClaim)
  file(@Input() { body }: InputOf<typeof routes.postClaim>): Promise<{ claim_id: Hex }> {
    return this.claims.file(body);
  }

  @Endpoint(routes.getClaim)
  get(@Input() { params }: InputOf<typeof routes.getClaim>): Promise<Claim> {
    return this.claims.get(params.claim_id);
  }

  @Endpoint(routes.getClaimEvidence)
  evidence(@Input() { params }: InputOf<typeof routes.getClaimEvidence>): Promise<ClaimEvidence> {
    return this.claims.evidenceOf(params.claim_id);
  }
}
