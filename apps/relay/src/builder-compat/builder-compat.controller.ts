import { Controller } from '@nestjs/common';
import { OdfError, routes, type SignedValidatorRegistrationV1 } from '@odf/protocol';
import { allOrRefusal, eachGood } from '../http/batch.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { RegistrationsService } from './registrations.service.js';

/** What builder-specs clients such as mev-boost expect of a relay; blocks themselves are none of this relay's business. */
@Controller()
export class BuilderCompatController {
  constructor(private readonly registrations: RegistrationsService) {}

  @Endpoint(routes.builderStatus)
  status(): void {}

  @Endpoint(routes.registerValidators)
  async register(@Input() { items }: InputOf<typeof routes.registerValidators>): Promise<void> {
    const register = (values: SignedValidatorRegistrationV1[]) => this.registrations.register(values);
    allOrRefusal(await eachGood(items, register));
  }

  @Endpoint(routes.builderHeader)
  header(): null {
    return null;
  }

  @Endpoint(routes.blindedBlocksV1)
  blindedBlocksV1(): never {
    throw new OdfError('BLOCKS_UNSUPPORTED');
  }

  @Endpoint(routes.blindedBlocksV2)
  blindedBlocksV2(): never {
    throw new OdfError('BLOCKS_UNSUPPORTED');
  }
}
