import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { z } from 'zod';
import {
  AwardLeaf,
  bytes32,
  Delivery,
  SignedAttestation,
  SignedAward,
  SignedBid,
  SignedReceipt,
  uint256,
  uint64,
  type Hex,
} from '@odf/protocol';

const reason = z.string().optional();

/** A bid from the moment it is signed; its bytes never change, so that a retry is an identical repeat. */
const BidRecord = z.object({
  bid: SignedBid.json,
  state: z.enum(['signed', 'placed', 'refused']),
  at_ms: uint64.json,
  receipt: SignedReceipt.optional(),
  /** Name of the relay's refusal. */
  reason,
});
export type BidRecord = z.output<typeof BidRecord>;

/** What became of an auction for us: checked awards, or why nothing is attested under them. */
const AwardRecord = z.object({
  auction_id: bytes32.json,
  avs_id: bytes32.json,
  term_start_ms: uint64.json,
  term_end_ms: uint64.json,
  awards: z.array(z.object({ award: SignedAward.json, leaves: z.array(AwardLeaf.json) })),
  max_liability_wei: uint256.json,
  fee_wei: uint256.json,
  state: z.enum(['won', 'lost', 'refused']),
  reason,
});
export type AwardRecord = z.output<typeof AwardRecord>;

/** A delivery from the moment it is signed. */
const DeliveryRecord = z.object({
  task_id: bytes32.json,
  /** Of the award that it is attested under: 0 primary, 1 standby. */
  role: z.int(),
  avs_id: bytes32.json,
  attestation: SignedAttestation.json,
  /** The last moment at which the relay takes it. */
  deliver_by_ms: uint64.json,
  units: z.int(),
  fee_wei: uint256.json,
  state: z.enum(['signed', 'delivered', 'refused', 'expired']),
  receipt: SignedReceipt.optional(),
  reason,
});
export type DeliveryRecord = z.output<typeof DeliveryRecord>;

/** One delivery of a relay: a task is delivered once under each award. */
export type DeliveryPlace = Pick<DeliveryRecord, 'task_id' | 'role'>;

const SYNC = { sync: true } as const;
const SEQ = 'seq';

/** Keys sort by relay, then by what the record is about. */
const key = (table: string, relay: Hex, ...parts: string[]) => [table, relay, ...parts].join('!');
const placeOf = (relay: Hex, { task_id, role }: DeliveryPlace) => [relay, task_id, `${role}`] as const;
const rank = (nonce: bigint) => nonce.toString().padStart(20, '0');

/** What a coprocessor must not forget: nonces, sequence numbers, bids, awards, deliveries; every write is fsynced. */
export class CoprocessorStore {
  readonly #db: ClassicLevel<string, string>;
  #seq: Promise<bigint>;

  private constructor(db: ClassicLevel<string, string>) {
    this.#db = db;
    this.#seq = db.get(SEQ).then((text) => BigInt(text ?? 0));
  }

  /**
   * Opens the store of a data folder.
   *
   * @throws {Error} when another process has it open.
   */
  static async open(dataDir: string): Promise<CoprocessorStore> {
    const db = new ClassicLevel<string, string>(join(dataDir, 'coprocessor.db'));
    await db.open();
    return new CoprocessorStore(db);
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  /** Sequence numbers rise over all relays and restarts; a number is on disk before anybody sees it. */
  nextSeq(): Promise<bigint> {
    this.#seq = this.#seq.then(async (last) => {
      await this.#db.put(SEQ, (last + 1n).toString(), SYNC);
      return last + 1n;
    });
    return this.#seq;
  }

  putBid(relay: Hex, record: BidRecord): Promise<void> {
    const { avs_id, nonce } = record.bid.message;
    return this.#put(key('bid', relay, avs_id, rank(nonce)), BidRecord, record);
  }

  /** Every bid for an AVS, by rising nonce. */
  bids(relay: Hex, avsId: Hex): Promise<BidRecord[]> {
    return this.#list(key('bid', relay, avsId), BidRecord);
  }

  putAward(relay: Hex, record: AwardRecord): Promise<void> {
    return this.#put(key('award', relay, record.auction_id), AwardRecord, record);
  }

  award(relay: Hex, auctionId: Hex): Promise<AwardRecord | undefined> {
    return this.#get(key('award', relay, auctionId), AwardRecord);
  }

  awards(relay: Hex): Promise<AwardRecord[]> {
    return this.#list(key('award', relay), AwardRecord);
  }

  /** Keeps a delivery with its payload, in one write, before it is sent. */
  async putSigned(relay: Hex, record: DeliveryRecord, delivery: Delivery): Promise<void> {
    const payload = Buffer.from(Delivery.serialize(delivery));
    await this.#db.batch<string, string | Buffer>(
      [
        { type: 'put', key: key('delivery', ...placeOf(relay, record)), value: encode(DeliveryRecord, record) },
        { type: 'put', key: key('payload', ...placeOf(relay, record)), value: payload, valueEncoding: 'buffer' },
      ],
      SYNC,
    );
  }

  /** Keeps how a delivery ended; its payload is not needed any more. */
  async putSettled(relay: Hex, record: DeliveryRecord): Promise<void> {
    await this.#db.batch(
      [
        { type: 'put', key: key('delivery', ...placeOf(relay, record)), value: encode(DeliveryRecord, record) },
        { type: 'del', key: key('payload', ...placeOf(relay, record)) },
      ],
      SYNC,
    );
  }

  delivery(relay: Hex, place: DeliveryPlace): Promise<DeliveryRecord | undefined> {
    return this.#get(key('delivery', ...placeOf(relay, place)), DeliveryRecord);
  }

  deliveries(relay: Hex): Promise<DeliveryRecord[]> {
    return this.#list(key('delivery', relay), DeliveryRecord);
  }

  /** Remembers a cover line of ours, before it is opened. */
  putLine(relay: Hex, lineId: Hex): Promise<void> {
    return this.#put(key('line', relay, lineId), bytes32.json, lineId);
  }

  lines(relay: Hex): Promise<Hex[]> {
    return this.#list(key('line', relay), bytes32.json);
  }

  /** Remembers that a fee was drawn, or never can be; by the relay's number of it. */
  putDrawn(relay: Hex, feeId: string): Promise<void> {
    return this.#db.put(key('drawn', relay, feeId), '', SYNC);
  }

  async isDrawn(relay: Hex, feeId: string): Promise<boolean> {
    return (await this.#db.get(key('drawn', relay, feeId))) !== undefined;
  }

  /** The very bytes that were signed, while they are still to be sent. */
  async payload(relay: Hex, place: DeliveryPlace): Promise<Delivery | undefined> {
    const at = key('payload', ...placeOf(relay, place));
    const bytes = await this.#db.get<string, Buffer>(at, { valueEncoding: 'buffer' });
    return bytes && Delivery.deserialize(new Uint8Array(bytes));
  }

  #put<T>(at: string, schema: z.ZodType<T>, record: T): Promise<void> {
    return this.#db.put(at, encode(schema, record), SYNC);
  }

  async #get<T>(at: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const text = await this.#db.get(at);
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  }

  async #list<T>(prefix: string, schema: z.ZodType<T>): Promise<T[]> {
    const values = await this.#db.values({ gte: `${prefix}!`, lt: `${prefix}"` }).all();
    return values.map((text) => schema.parse(JSON.parse(text)));
  }
}

function encode<T>(schema: z.ZodType<T>, record: T): string {
  return JSON.stringify(z.encode(schema, record));
}
