import { Controller } from '@nestjs/common';
import { routes, type AwardProof, type CoprocessorAwards, type Explanation } from '@odf/protocol';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { AwardViews } from './award-views.js';

@Controller()
export class AwardsController {
  constructor(private readonly views: AwardViews) {}

  @Endpoint(routes.validatorAwards)
  ofValidator(@Input() { params }: InputOf<typeof routes.validatorAwards>): Promise<AwardProof[] | null> {
    return this.views.ofValidator(params.auction_id, params.pubkey);
  }

  @Endpoint(routes.explain)
  explain(@Input() { params }: InputOf<typeof routes.explain>): Promise<Explanation> {
    return this.views.explain(params.auction_id, params.pubkey);
  }

  @Endpoint(routes.coprocessorAwards)
  ofCoprocessor(
    @Input() { params, query }: InputOf<typeof routes.coprocessorAwards>,
  ): Promise<CoprocessorAwards | null> {
    return this.views.ofCoprocessor(params.auction_id, params.pubkey, query.leaves === '1');
  }
}
