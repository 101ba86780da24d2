import { Controller } from '@nestjs/common';
import { routes, type AvsInfo } from '@odf/protocol';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { avsInfo, AvsRegistry } from '../core/avs-registry.js';

@Controller()
export class AvsController {
  constructor(private readonly registry: AvsRegistry) {}

  @Endpoint(routes.listAvs)
  list(@Input() _: InputOf<typeof routes.listAvs>): AvsInfo[] {
    return this.registry.all().map(avsInfo);
  }

  @Endpoint(routes.getAvs)
  get(@Input() { params }: InputOf<typeof routes.getAvs>): AvsInfo {
    return avsInfo(this.registry.get(params.avs_id));
  }
}
