import { Controller } from '@nestjs/common';
import { routes, type CoprocessorFee, type Fee } from '@odf/protocol';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { FeeViews } from './fee-views.js';

@Controller()
export class FeesController {
  constructor(private readonly views: FeeViews) {}

  @Endpoint(routes.validatorFees)
  ofValidator(@Input() { params, query }: InputOf<typeof routes.validatorFees>): Promise<Fee[]> {
    return this.views.ofValidator(params.pubkey, query);
  }

  @Endpoint(routes.coprocessorFees)
  ofCoprocessor(@Input() { params, query }: InputOf<typeof routes.coprocessorFees>): Promise<CoprocessorFee[]> {
    return this.views.ofCoprocessor(params.pubkey, query);
  }
}
