import { Controller } from '@nestjs/common';
import { routes, type Hex } from '@odf/protocol';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { ReputationService } from '../reputation/reputation.service.js';
import { DevCoprocessorsService } from './dev-coprocessors.service.js';

@Controller()
export class AdminController {
  constructor(
    private readonly coprocessors: DevCoprocessorsService,
    private readonly reputation: ReputationService,
  ) {}

  @Endpoint(routes.registerDevCoprocessor)
  register(@Input() { body }: InputOf<typeof routes.registerDevCoprocessor>): Promise<{ line_id: Hex }> {
    return this.coprocessors.register(body);
  }

  @Endpoint(routes.correctReputation)
  correct(@Input() { body }: InputOf<typeof routes.correctReputation>): Promise<void> {
    return this.reputation.correct(body);
  }
}
