import { Controller } from '@nestjs/common';
import { routes, type Voucher } from '@odf/protocol';
import { allOrRefusal, eachGood } from '../http/batch.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { VouchersService } from './vouchers.service.js';

@Controller()
export class VouchersController {
  constructor(private readonly vouchers: VouchersService) {}

  @Endpoint(routes.postVouchers)
  async keep(@Input() { items }: InputOf<typeof routes.postVouchers>): Promise<Omit<Voucher, 'signature'>[]> {
    return allOrRefusal(await eachGood(items, (values: Voucher[]) => this.vouchers.keep(values)));
  }

  @Endpoint(routes.getVouchers)
  list(@Input() { params, query }: InputOf<typeof routes.getVouchers>): Promise<Voucher[]> {
    return this.vouchers.ofCoprocessor(params.pubkey, query);
  }
}
