import { BlsKey } from '@odf/bls';
import { RelayError, signMessage, type RelayClient } from '@odf/client';
import {
  keyRoot,
  ListTree,
  Receipt,
  ReceiptBatch,
  ReceiptKind,
  RECEIPTS_DEPTH,
  zeroHex,
  type Hex,
  type SignedReceipt,
} from '@odf/protocol';

/** One call that a fake relay got. */
export interface Call {
  route: string;
  body?: unknown;
  params?: unknown;
}

type Handler = (call: Call) => unknown;

/** A relay without a network: answers what a test tells it to, and signs like a real one. */
export class FakeRelay {
  readonly secret = BlsKey.fromHex(`0x${'11'.repeat(32)}`);
  readonly relayRoot = keyRoot(this.secret.pubkey);
  readonly context = { chainId: 31_337n, settlement: zeroHex(20), relayRoot: this.relayRoot };
  readonly calls: Call[] = [];
  readonly #handlers = new Map<string, Handler>();

  /** Sets what a route answers; errors thrown reach the caller. */
  on(route: string, handler: Handler): this {
    this.#handlers.set(route, handler);
    return this;
  }

  callsOf(route: string): Call[] {
    return this.calls.filter((call) => call.route === route);
  }

  get client(): RelayClient {
    const answer = async (route: { name: string }, options: Omit<Call, 'route'> = {}) => {
      const call = { route: route.name, ...options };
      this.calls.push(call);
      const handler = this.#handlers.get(route.name);
      if (!handler) throw new RelayError('ROUTE_UNKNOWN', `the test has no answer for ${route.name}`, { status: 404 });
      return handler(call);
    };
    return {
      url: { origin: 'http://relay.test', search: '', pubkey: this.secret.pubkey, relayRoot: this.relayRoot },
      data: answer,
      call: async (route: { name: string }, options: Omit<Call, 'route'>) => ({
        status: 200,
        data: await answer(route, options),
      }),
    } as unknown as RelayClient;
  }

  /** A receipt signed in a batch of one. */
  receipt(kind: keyof typeof ReceiptKind, auctionId: Hex, subjectRoot: Hex, signer: Hex): SignedReceipt {
    const receipt: Receipt = {
      kind: ReceiptKind[kind],
      auction_id: auctionId,
      subject_root: subjectRoot,
      signer_root: keyRoot(signer),
      seq: 0n,
      at_ms: 1n,
    };
    const tree = ListTree.of([Receipt.root(receipt)], RECEIPTS_DEPTH);
    const batch = signMessage(ReceiptBatch, { receipts_root: tree.root, count: 1 }, this.secret, this.context);
    return { receipt, ...tree.branch(0), batch };
  }
}

/** A refusal as a relay answers it. */
export function refused(code: string, status: number): RelayError {
  return new RelayError(code, code, { status });
}

/** Nothing was heard. */
export function unheard(): RelayError {
  return new RelayError('NETWORK_FAILED', 'the relay cannot be reached');
}
