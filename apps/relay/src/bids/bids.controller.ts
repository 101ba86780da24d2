import { Controller } from '@nestjs/common';
import { routes, type SignedBid, type SignedReceipt } from '@odf/protocol';
import { allOrRefusal, eachGood } from '../http/batch.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { BidsService } from './bids.service.js';

@Controller()
export class BidsController {
  constructor(private readonly bids: BidsService) {}

  @Endpoint(routes.placeBid)
  async place(@Input() { body, items }: InputOf<typeof routes.placeBid>): Promise<SignedReceipt | SignedReceipt[]> {
    if (Array.isArray(body)) {
      return allOrRefusal(await eachGood<SignedBid, SignedReceipt>(items, (bids) => this.bids.placeAll(bids)));
    }
    const [item] = items;
    if ('refused' in item!) throw item.refused;
    return this.bids.place(item!.value as SignedBid);
  }
}
