import { Controller } from '@nestjs/common';
import { routes, type DelegationAnswer, type DelegationItem } from '@odf/protocol';
import { allOrRefusal, eachGood } from '../http/batch.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { DelegationsService } from './delegations.service.js';

@Controller()
export class DelegationsController {
  constructor(private readonly delegations: DelegationsService) {}

  @Endpoint(routes.delegate)
  async delegate(@Input() { items }: InputOf<typeof routes.delegate>): Promise<DelegationAnswer[]> {
    return allOrRefusal(await eachGood(items, (values: DelegationItem[]) => this.delegations.delegate(values)));
  }
}
