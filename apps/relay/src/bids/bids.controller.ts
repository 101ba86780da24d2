import { Controller } from '@nestjs/common';
import { routes, type SignedBid, type SignedReceipt } from '@odf/protocol';
import { receiptJson } from '../core/receipt-json.js';
import { WireAnswer } from '../http/answer.interceptor.js';
import { allOrRefusal, eachGood } from '../http/batch.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { BidsService } from './bids.service.js';

@Controller()
export class BidsController {
  constructor(private readonly bids: BidsService) {}

  @Endpoint(routes.placeBid)
  async place(@Input() { body, items }: InputOf<typeof routes.placeBid>): Promise<WireAnswer> {
    if (Array.isArray(body)) {
      const place = (bids: SignedBid[]) => this.bids.placeAll(bids);
      return new WireAnswer(allOrRefusal(await eachGood<SignedBid, SignedReceipt>(items, place)).map(receiptJson));
    }
    const [item] = items;
    if ('refused' in item!) throw item.refused;
    return new WireAnswer(receiptJson(await this.bids.place(item!.value as SignedBid)));
  }
}
