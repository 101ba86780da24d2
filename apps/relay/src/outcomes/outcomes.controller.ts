import { Controller } from '@nestjs/common';
import { routes, type Hex, type SignedOutcome } from '@odf/protocol';
import { allOrRefusal, eachGood } from '../http/batch.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { OutcomesService } from './outcomes.service.js';

@Controller()
export class OutcomesController {
  constructor(private readonly outcomes: OutcomesService) {}

  @Endpoint(routes.reportOutcomes)
  async report(@Input() { items }: InputOf<typeof routes.reportOutcomes>): Promise<{ task_id: Hex; validator: Hex }[]> {
    return allOrRefusal(await eachGood(items, (values: SignedOutcome[]) => this.outcomes.report(values)));
  }
}
