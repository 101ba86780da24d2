import { Controller } from '@nestjs/common';
import { routes, type CoprocessorAuction, type ValidatorAuction } from '@odf/protocol';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { AuctionsService } from './auctions.service.js';

@Controller()
export class AuctionsController {
  constructor(private readonly auctions: AuctionsService) {}

  @Endpoint(routes.validatorAuctions)
  ofValidator(@Input() { query }: InputOf<typeof routes.validatorAuctions>): Promise<ValidatorAuction[]> {
    return this.auctions.forValidator(query);
  }

  @Endpoint(routes.coprocessorAuctions)
  ofCoprocessors(@Input() { query }: InputOf<typeof routes.coprocessorAuctions>): Promise<CoprocessorAuction[]> {
    return this.auctions.forCoprocessors(query);
  }
}
