import { Controller } from '@nestjs/common';
import { routes, type CoprocessorInfo } from '@odf/protocol';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { CoprocessorsService } from './coprocessors.service.js';

@Controller()
export class CoprocessorsController {
  constructor(private readonly coprocessors: CoprocessorsService) {}

  @Endpoint(routes.getCoprocessor)
  get(@Input() { params }: InputOf<typeof routes.getCoprocessor>): Promise<CoprocessorInfo> {
    return this.coprocessors.infoOf(params.pubkey);
  }
}
