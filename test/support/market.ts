import { createPlugin } from '@odf/avs';
import { createRelayClient, type RelayClient } from '@odf/client';
import {
  ProofOfPossession,
  routes,
  toHex,
  type AvsInfo,
  type Bid,
  type CoprocessorAuction,
  type Delivery,
  type Hex,
  type SignedAward,
  type SignedCommitment,
  type SignedHeader,
  type SignedReceipt,
  type SigningContext,
  type TaskInfo,
  type TrustPolicy,
} from '@odf/protocol';
import {
  signedBy,
  testBid,
  testCommitment,
  testCoprocessor,
  testDelivery,
  testEnrollment,
  testPolicy,
  testValidator,
  waitFor,
  type TestCoprocessor,
  type TestValidator,
} from '@odf/testing';
import { randomBytes } from 'node:crypto';
import { AVS_TOKEN } from './avs.js';
import { OPERATOR_TOKEN, type RelayProcess } from './relay-process.js';

/** A coprocessor with its cover line. */
export type Bidder = TestCoprocessor & { line_id: Hex };

/** What a coprocessor computed. */
export interface Work {
  result: Uint8Array;
  witness: Uint8Array;
}

const PATIENCE_MS = 60_000;

/** The other side of a relay: validators, coprocessors and the AVS, as strangers with the public client. */
export class Market {
  readonly #nonces = new Map<string, bigint>();
  #seq = 0n;

  private constructor(
    readonly client: RelayClient,
    readonly context: SigningContext,
    readonly relayPubkey: Hex,
    private readonly avsByName: ReadonlyMap<string, AvsInfo>,
    private readonly operator: RelayClient,
    private readonly source: RelayClient,
  ) {}

  /** Learns from a running relay what every signature is bound to. */
  static async of(relay: RelayProcess): Promise<Market> {
    const client = createRelayClient({ url: relay.url, timeoutMs: 30_000 });
    const info = await client.data(routes.info);
    const all = await client.data(routes.listAvs);
    const context = { chainId: info.chain_id, settlement: info.settlement, relayRoot: info.relay_root };
    return new Market(
      client,
      context,
      info.pubkey,
      new Map(all.map((avs) => [avs.name, avs])),
      createRelayClient({ url: relay.url, token: OPERATOR_TOKEN, timeoutMs: 30_000 }),
      createRelayClient({ url: relay.url, token: AVS_TOKEN, timeoutMs: 30_000 }),
    );
  }

  avs(name: string): AvsInfo {
    const avs = this.avsByName.get(name);
    if (!avs) throw new RangeError(`the relay serves no AVS ${name}`);
    return avs;
  }

  /** Enrols validators `from` … `from + count - 1` in an AVS. */
  async enrol(
    avs: string,
    count: number,
    { from = 0, policy = testPolicy() }: { from?: number; policy?: TrustPolicy } = {},
  ): Promise<TestValidator[]> {
    const validators = Array.from({ length: count }, (_, index) => testValidator(from + index));
    const { avs_id } = this.avs(avs);
    const items = await Promise.all(
      validators.map((validator) => testEnrollment(validator, { avs_id, policy }, this.context)),
    );
    await this.client.data(routes.enrol, { body: items });
    return validators;
  }

  /** Registers the coprocessor of a number, with cover in wei. */
  async coprocessor(number: number, cover_wei = 10n ** 18n): Promise<Bidder> {
    const coprocessor = testCoprocessor(number);
    const { key, pubkey, owner } = coprocessor;
    const proof = { key: pubkey, owner_root: `0x${owner.slice(2).padStart(64, '0')}` };
    const possession = signedBy(key, ProofOfPossession, proof, this.context).signature;
    const body = { pubkey, possession, owner, cover_wei };
    return { ...coprocessor, ...(await this.operator.data(routes.registerDevCoprocessor, { body })) };
  }

  /** The next bid of a coprocessor, signed; standing unless it names an auction. */
  bidOf(bidder: Bidder, avs: string, members: Partial<Bid> = {}) {
    const { avs_id } = this.avs(avs);
    const slot = bidder.pubkey + avs_id;
    const nonce = members.nonce ?? (this.#nonces.get(slot) ?? 0n) + 1n;
    this.#nonces.set(slot, nonce);
    return testBid(bidder.key, { avs_id, line_id: bidder.line_id, ...members, nonce }, this.context);
  }

  /** Places the next bid of a coprocessor. */
  async bid(bidder: Bidder, avs: string, members: Partial<Bid> = {}): Promise<SignedReceipt> {
    return (await this.client.data(routes.placeBid, { body: this.bidOf(bidder, avs, members) })) as SignedReceipt;
  }

  /** Waits for an open auction with at least `leftMs` to go. */
  async openAuction(avs: string, leftMs: number): Promise<CoprocessorAuction> {
    const query = { avs_id: this.avs(avs).avs_id, status: 'open' as const };
    const find = async () => {
      const open = await this.client.data(routes.coprocessorAuctions, { query });
      return open.find(({ closes_at_ms }) => Number(closes_at_ms) - Date.now() >= leftMs);
    };
    return waitFor(find, { timeoutMs: PATIENCE_MS, what: `an open auction of ${avs} with ${leftMs} ms left` });
  }

  /** Waits until an auction is in one of these states. */
  async auctionIn(avs: string, auctionId: Hex, states: readonly string[]): Promise<CoprocessorAuction> {
    const query = { avs_id: this.avs(avs).avs_id };
    const find = async () => {
      const all = await this.client.data(routes.coprocessorAuctions, { query });
      return all.find(({ auction_id, state }) => auction_id === auctionId && states.includes(state));
    };
    return waitFor(find, { timeoutMs: PATIENCE_MS, what: `auction ${auctionId} to be ${states.join(' or ')}` });
  }

  /** Waits until an auction has awards. */
  cleared(avs: string, auctionId: Hex): Promise<CoprocessorAuction> {
    return this.auctionIn(avs, auctionId, ['cleared', 'running', 'finished']);
  }

  /** Posts a task of an AVS. */
  async postTask(avs: string, input: Uint8Array, deadlineMs = 3_600_000): Promise<Hex> {
    const body = { native_ref: toHex(randomBytes(32)), input, deadline_ms: inMs(deadlineMs) };
    const params = { avs_id: this.avs(avs).avs_id };
    return (await this.source.data(routes.createTask, { params, body })).task_id;
  }

  /** Waits until a term has taken a task. */
  announced(taskId: Hex): Promise<TaskInfo> {
    const find = async () => {
      const task = await this.client.data(routes.getTask, { params: { task_id: taskId } });
      return task.state === 'open' ? task : undefined;
    };
    return waitFor(find, { timeoutMs: PATIENCE_MS, what: `task ${taskId} to be announced` });
  }

  /** What a coprocessor won. */
  async awardsOf(bidder: Bidder, auctionId: Hex) {
    const params = { auction_id: auctionId, pubkey: bidder.pubkey };
    return this.client.data(routes.coprocessorAwards, { params, query: { leaves: '1' } });
  }

  /** A delivery of this work under an award, signed. */
  deliveryOf(bidder: Bidder, avs: string, { task, award, work }: { task: TaskInfo; award: SignedAward; work: Work }) {
    const response_digest = this.digestOf(avs, task.task_id, work.result);
    const { line_id, award_root } = award.message;
    const salt = toHex(randomBytes(32));
    const seq = (this.#seq += 1n);
    return testDelivery(bidder.key, { task, ...work, response_digest, line_id, award_root, salt, seq }, this.context);
  }

  /** What an operator of an AVS signs for a result. */
  digestOf(avs: string, taskId: Hex, result: Uint8Array): Hex {
    const { plugin, response, ...info } = this.avs(avs);
    const source = { signature: response.signature };
    return createPlugin({ ...info, plugin: plugin.id as 'kzg-da', source }).responseDigest(taskId, result).digest;
  }

  /** Delivers work for a task under the coprocessor's first award of the task's auction. */
  async deliver(bidder: Bidder, avs: string, task: TaskInfo, work: Work): Promise<Delivery> {
    const { awards } = await this.awardsOf(bidder, task.auction_id);
    const delivery = this.deliveryOf(bidder, avs, { task, award: awards[0]!, work });
    await this.client.data(routes.deliver, { body: delivery, ssz: true });
    return delivery;
  }

  /** Waits for a validator's header of a task. */
  header({ pubkey }: TestValidator, taskId: Hex): Promise<SignedHeader> {
    const find = async () => {
      const params = { task_id: taskId, pubkey };
      return (await this.client.call(routes.getHeader, { params, query: { wait_ms: 10_000 } })).data;
    };
    return waitFor(find, { timeoutMs: PATIENCE_MS, what: `a header of task ${taskId}` });
  }

  /** The commitment of a validator to its header, for the fee of its award. */
  async commitmentTo(validator: TestValidator, header: SignedHeader): Promise<SignedCommitment> {
    const params = { auction_id: header.message.auction_id, pubkey: validator.pubkey };
    const proofs = await this.client.data(routes.validatorAwards, { params });
    const { fee_wei } = proofs.find(({ award }) => award.message.coprocessor === header.message.coprocessor)!.leaf;
    return testCommitment(validator, header, { fee_wei }, this.context);
  }
}

/** A moment from now on the wire, Unix ms. */
export function inMs(ms: number): bigint {
  return BigInt(Date.now() + ms);
}

/** Random bytes that stand for work of `kzg-da` where nobody checks it. */
export function uncheckedWork(witnessBytes = 4_096): Work {
  return { result: new Uint8Array(randomBytes(80)), witness: new Uint8Array(randomBytes(witnessBytes)) };
}

/** A blob of zeros: an input that costs nothing to make. */
export const EMPTY_BLOB = new Uint8Array(131_072);
