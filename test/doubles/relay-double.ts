import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BlsKey } from '@odf/bls';
import { signMessage } from '@odf/client';
import { responseDigest } from '@odf/avs';
import {
  Attestation,
  auctionId,
  Award,
  AwardLeaf,
  avsId,
  Commitment,
  Header,
  keyRoot,
  ListTree,
  Receipt,
  ReceiptBatch,
  RECEIPTS_DEPTH,
  REGISTRY_DEPTH,
  routes,
  sealPayload,
  sha256,
  taskId,
  toHex,
  zeroHex,
  type AvsInfo,
  type AwardProof,
  type Hex,
  type Payload,
  type Route,
  type SignedAttestation,
  type SignedHeader,
  type SignedReceipt,
  type SigningContext,
  type TaskInfo,
  type ValidatorAuction,
} from '@odf/protocol';
import { z } from 'zod';

/** The one way in which a double lies. */
export type Lie =
  | 'none'
  | 'another key in info'
  | 'award of another signer'
  | 'forged branch'
  | 'equivocating awards'
  | 'award too expensive'
  | 'award with too little cover'
  | 'header of another signer'
  | 'swapped header'
  | 'other ciphertext'
  | 'task of another reference'
  | 'wrong key revealed'
  | 'key that does not open'
  | 'attestation of another signer'
  | 'attestation of another task'
  | 'payload not matching the header'
  | 'digest for another result'
  | 'invalid payload'
  | 'receipt of another commitment';

/** What the double serves: one AVS, one task, one validator, one coprocessor. */
export interface Scene {
  lie: Lie;
  validator: Hex;
  operator: Hex;
  input: Uint8Array;
  /** What an honest coprocessor delivers for the input. */
  payload: Payload;
  /** The same in form, but wrong. */
  wrongPayload: Payload;
  /** Default {@link RELAY_KEY}. */
  relayKey?: BlsKey;
  /** Default {@link MAX_FEE_WEI}. */
  feeWei?: bigint;
  /** Answers what the double itself does not. */
  more?: (body: unknown) => [Route, () => unknown][];
}

export const RELAY_KEY = BlsKey.fromHex(`0x${'11'.repeat(32)}`);
const STRANGER = BlsKey.fromHex(`0x${'12'.repeat(32)}`);
export const COPROCESSOR = BlsKey.fromHex(`0x${'13'.repeat(32)}`);

const AVS_ADDRESS: Hex = `0x${'a5'.repeat(20)}`;
const SETTLEMENT: Hex = `0x${'5e'.repeat(20)}`;
export const CHAIN = { chainId: 31_337n, settlement: SETTLEMENT };
/** The AVS that the double serves. */
export const AVS_ID = avsId(CHAIN.chainId, AVS_ADDRESS, 0);
const NATIVE_REF: Hex = '0xbeef';
export const TASK_ID = taskId(AVS_ID, NATIVE_REF);
const LINE_ID: Hex = `0x${'1e'.repeat(32)}`;
const GWEI = 10n ** 9n;
const ETHER = 10n ** 18n;
/** What the sidecar's policy of the spec allows and demands. */
export const MAX_FEE_WEI = 100n * GWEI;
export const DEMANDED_COVER_WEI = 16n * ETHER;
const HOUR_MS = 3_600_000;

/** A Lightweight AVS that the double announces a task of. */
export const ECHO_ID = avsId(CHAIN.chainId, AVS_ADDRESS, 1);
const ECHO_TASK_ID = taskId(ECHO_ID, NATIVE_REF);
/** The input of that task. */
export const ECHO_INPUT = new TextEncoder().encode('odf');

/** A relay that speaks `odf/1` for one task, honestly or with one lie; it is also the AVS that takes the response. */
export class RelayDouble {
  readonly commitments: unknown[] = [];
  readonly responses: unknown[] = [];
  readonly outcomes: { status: number }[] = [];
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));
  readonly #startMs = BigInt(Date.now() - 1000);
  readonly #key = new Uint8Array(32).fill(7);
  #headersServed = 0;
  readonly #relay: BlsKey;
  readonly #context: SigningContext;

  private constructor(private readonly scene: Scene) {
    this.#relay = scene.relayKey ?? RELAY_KEY;
    this.#context = { ...CHAIN, relayRoot: keyRoot(this.#relay.pubkey) };
  }

  /** Starts a double on a free port. */
  static async start(scene: Scene): Promise<RelayDouble> {
    const double = new RelayDouble(scene);
    await new Promise<void>((resolve) => double.#server.listen(0, '127.0.0.1', resolve));
    return double;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** As a sidecar's `--relay` takes it. */
  get url(): string {
    return this.origin.replace('//', `//${this.#relay.pubkey}@`);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #lies(lie: Lie): boolean {
    return this.scene.lie === lie;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body: unknown = parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString()) : undefined;
    const { pathname } = new URL(request.url!, this.origin);
    if (pathname === '/responses') return this.#takeResponse(response, body);
    if (pathname === routes.events.path) return this.#announce(response);
    const payload = /^\/relay\/v1\/data\/payloads\/(0x[0-9a-f]+)$/.exec(pathname);
    if (payload) return void response.writeHead(200).end(this.#servedCiphertext());
    for (const [route, answer] of this.#answers(body, pathname)) {
      const pattern = new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]+')}$`);
      if (route.method === request.method && pattern.test(pathname)) return send(response, route, answer());
    }
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ code: 404, error: 'ROUTE_UNKNOWN', message: pathname }));
  }

  #answers(body: unknown, pathname: string): [Route, () => unknown][] {
    const { validator } = this.scene;
    const enrolled = () => [{ validator, avs_id: AVS_ID, state: 'live', reason: null }];
    const delegated = () => {
      const [{ message }] = body as [{ message: { delegate: Hex } }];
      return [{ validator, delegate: message.delegate, state: 'live' }];
    };
    return [
      [routes.info, () => this.#info()],
      [routes.listAvs, () => [this.#avs(), this.#echo()]],
      [routes.enrol, enrolled],
      [routes.delegate, delegated],
      [routes.validatorAuctions, () => [this.#auction()]],
      [routes.validatorAwards, () => this.#awards()],
      [routes.getHeader, () => this.#header()],
      [routes.getTask, () => (pathname.endsWith(ECHO_TASK_ID) ? this.#echoTask() : this.#task())],
      [routes.getCoprocessor, () => coprocessorInfo()],
      [routes.commit, () => this.#reveal(body)],
      [routes.reportOutcomes, () => this.#takeOutcome(body)],
      ...(this.scene.more?.(body) ?? []),
    ];
  }

  #info(): unknown {
    const { pubkey } = this.#lies('another key in info') ? STRANGER : this.#relay;
    const chain = { chain_id: CHAIN.chainId, settlement: CHAIN.settlement, genesis_fork_version: '0x00000000' };
    return { pubkey, relay_root: keyRoot(pubkey), ...chain, version: 'double', capabilities: [], key_successions: [] };
  }

  #avs(): AvsInfo {
    return {
      avs_id: AVS_ID,
      name: 'kzg',
      chain_id: CHAIN.chainId,
      avs: AVS_ADDRESS,
      operator_set_id: 0,
      plugin: { id: 'kzg-da', version: '1' },
      class: 'intensive',
      mode: 'term',
      windows_ms: { bidding: 1n, term: BigInt(HOUR_MS), deliver: 1n, grace: 1n, commit: 1n },
      reward_ref_wei: 1000n * GWEI,
      cap_bps: 10_000,
      pricing: 'critical',
      seed: 'vrf',
      limits: { input_bytes: 1 << 20, result_bytes: 80, witness_bytes: 300_000, verify_ms: 100n },
      verification: 'before',
      membership: 'open',
      source: 'http',
      task_manager: null,
      response: { signature: 'secp256k1', url: `${this.origin}/responses` },
      attributor: 'none',
      claim_tail_ms: 1n,
      risk: { slasher: '', veto_ms: 0n, redistribution: false },
    };
  }

  #echo(): AvsInfo {
    const plugin = { id: 'echo', version: '1' };
    return { ...this.#avs(), avs_id: ECHO_ID, operator_set_id: 1, name: 'echo', plugin, class: 'lightweight' };
  }

  #announce(response: ServerResponse): void {
    const data = JSON.stringify({ task_id: ECHO_TASK_ID, avs_id: ECHO_ID });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`id: 1\nevent: task_announced\ndata: ${data}\n\n`);
  }

  get #auctionId(): Hex {
    return auctionId({ avs: AVS_ID, termStartMs: this.#startMs, round: 0 });
  }

  get #commitByMs(): bigint {
    return this.#startMs + BigInt(HOUR_MS) / 2n;
  }

  #auction(): ValidatorAuction {
    const task = { task_id: TASK_ID, deliver_by_ms: this.#commitByMs, commit_by_ms: this.#commitByMs, state: 'open' };
    return {
      id: '1',
      auction_id: this.#auctionId,
      avs_id: AVS_ID,
      round: 0,
      state: 'running',
      opens_at_ms: this.#startMs,
      closes_at_ms: this.#startMs,
      term_start_ms: this.#startMs,
      term_end_ms: this.#startMs + BigInt(HOUR_MS),
      enrollment: 'live',
      award: null,
      tasks: [task as ValidatorAuction['tasks'][number]],
    };
  }

  #awardOf(coprocessor: Hex): AwardProof {
    const leaf = {
      validator_root: keyRoot(this.scene.validator),
      operator: this.scene.operator,
      max_liability: this.#lies('award with too little cover') ? DEMANDED_COVER_WEI - 1n : DEMANDED_COVER_WEI,
      fee_wei: this.#lies('award too expensive') ? MAX_FEE_WEI + 1n : (this.scene.feeWei ?? MAX_FEE_WEI),
    };
    const tree = ListTree.of([AwardLeaf.root(leaf), zeroHex(32)], REGISTRY_DEPTH);
    const message: Award = {
      auction_id: this.#auctionId,
      avs_id: AVS_ID,
      role: 0,
      coprocessor,
      line_id: LINE_ID,
      award_root: tree.root,
      units: 2,
      term_start_ms: this.#startMs,
      term_end_ms: this.#startMs + BigInt(HOUR_MS),
    };
    const signer = this.#lies('award of another signer') ? STRANGER : this.#relay;
    const served = this.#lies('forged branch') ? { ...leaf, fee_wei: 1n } : leaf;
    return { award: signMessage(Award, message, signer, this.#context), leaf: served, ...tree.branch(0) };
  }

  #awards(): AwardProof[] {
    const honest = this.#awardOf(COPROCESSOR.pubkey);
    return this.#lies('equivocating awards') ? [honest, this.#awardOf(STRANGER.pubkey)] : [honest];
  }

  #task(): TaskInfo {
    return {
      task_id: TASK_ID,
      avs_id: AVS_ID,
      native_ref: this.#lies('task of another reference') ? '0xdead' : NATIVE_REF,
      auction_id: this.#auctionId,
      input: this.scene.input,
      created_at_ms: this.#startMs,
      deliver_by_ms: this.#commitByMs,
      commit_by_ms: this.#commitByMs,
      deadline_ms: this.#startMs + BigInt(HOUR_MS),
      state: 'open',
    };
  }

  #echoTask(): TaskInfo {
    return { ...this.#task(), task_id: ECHO_TASK_ID, avs_id: ECHO_ID, auction_id: zeroHex(32), input: ECHO_INPUT };
  }

  get #attested(): Payload {
    return this.#lies('invalid payload') ? this.scene.wrongPayload : this.scene.payload;
  }

  #attestation(): SignedAttestation {
    const { result, witness } = this.#attested;
    const digested = this.#lies('digest for another result') ? this.scene.wrongPayload.result : result;
    const avs = { avs_id: AVS_ID, chain_id: CHAIN.chainId, avs: AVS_ADDRESS, task_id: TASK_ID };
    const message: Attestation = {
      line_id: LINE_ID,
      auction_id: this.#auctionId,
      task_id: this.#lies('attestation of another task') ? zeroHex(32) : TASK_ID,
      award_root: this.#awardOf(COPROCESSOR.pubkey).award.message.award_root,
      input_root: sha256(this.scene.input),
      result_root: sha256(result),
      witness_root: sha256(witness),
      response_digest: responseDigest(avs, digested, 'secp256k1-eip712').digest,
      salt: zeroHex(32),
      issued_at_ms: this.#startMs,
      expires_at_ms: this.#startMs + 10n ** 10n,
      seq: 1n,
    };
    const signer = this.#lies('attestation of another signer') ? STRANGER : COPROCESSOR;
    return signMessage(Attestation, message, signer, this.#context);
  }

  get #ciphertext(): Uint8Array {
    const sealed = this.#lies('payload not matching the header') ? this.scene.wrongPayload : this.#attested;
    return sealPayload(sealed, this.#key, new Uint8Array(12));
  }

  #servedCiphertext(): Uint8Array {
    const bytes = Uint8Array.from(this.#ciphertext);
    if (this.#lies('other ciphertext')) bytes[100]! ^= 1;
    return bytes;
  }

  get #revealedKey(): Uint8Array {
    const other = this.#lies('wrong key revealed') || this.#lies('key that does not open');
    return other ? new Uint8Array(32).fill(8) : this.#key;
  }

  #header(): SignedHeader {
    this.#headersServed++;
    const swapped = this.#lies('swapped header') && this.#headersServed > 1;
    const message: Header = {
      auction_id: this.#auctionId,
      task_id: TASK_ID,
      coprocessor: COPROCESSOR.pubkey,
      role: 0,
      attestation_root: swapped ? zeroHex(32) : Attestation.root(this.#attestation().message),
      ciphertext_root: sha256(this.#ciphertext),
      ciphertext_size: BigInt(this.#ciphertext.length),
      key_hash: sha256(this.#lies('key that does not open') ? this.#revealedKey : this.#key),
      commit_by_ms: this.#commitByMs,
    };
    return signMessage(Header, message, this.#lies('header of another signer') ? STRANGER : this.#relay, this.#context);
  }

  #reveal(body: unknown): unknown {
    this.commitments.push(body);
    const { message } = z.decode(routes.commit.body!.json, body);
    const subject = this.#lies('receipt of another commitment') ? { ...message, fee_wei: 1n } : message;
    const receipt = this.#receipt(Commitment.root(subject));
    return { attestation: this.#attestation(), key: toHex(this.#revealedKey), receipt };
  }

  #receipt(subject_root: Hex): SignedReceipt {
    const signer_root = keyRoot(this.scene.validator);
    const receipt = { kind: 3, auction_id: this.#auctionId, subject_root, signer_root, seq: 0n, at_ms: this.#startMs };
    const tree = ListTree.of([Receipt.root(receipt)], RECEIPTS_DEPTH);
    const batch = signMessage(ReceiptBatch, { receipts_root: tree.root, count: 1 }, this.#relay, this.#context);
    return { receipt, ...tree.branch(0), batch };
  }

  #takeOutcome(body: unknown): unknown {
    const sent = body as { message: { task_id: Hex; validator: Hex; status: string } }[];
    this.outcomes.push(...sent.map(({ message }) => ({ status: Number(message.status) })));
    return sent.map(({ message: { task_id, validator } }) => ({ task_id, validator }));
  }

  #takeResponse(response: ServerResponse, body: unknown): void {
    this.responses.push(body);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: 'accepted', reference: zeroHex(32) }));
  }
}

function coprocessorInfo(): unknown {
  const line = { line_id: LINE_ID, kind: 1, asset: zeroHex(20), valid_from_ms: 0n, valid_until_ms: 2n ** 60n };
  const amounts = { cap_wei: DEMANDED_COVER_WEI, reserved_wei: 0n, free_wei: DEMANDED_COVER_WEI };
  const none = { r: 0n, s: 0n, lower_bound_bps: 0 };
  return {
    coprocessor: COPROCESSOR.pubkey,
    owner: zeroHex(20),
    lines: [{ ...line, ...amounts, avs_id: null }],
    reserved_wei: 0n,
    free_wei: DEMANDED_COVER_WEI,
    reputation: { live: none, safe: none },
    standing: 'good',
  };
}

function send(response: ServerResponse, route: Route, value: unknown): void {
  const wire: unknown = z.encode(route.answer.schema!, value);
  response.writeHead(route.answer.statuses[0]!, { 'content-type': 'application/json' });
  response.end(JSON.stringify(route.answer.kind === 'object' ? { version: 'odf/1', data: wire } : wire));
}

/** A blob whose every field element is below the modulus. */
export function blobOf(byte: number): Uint8Array {
  const blob = new Uint8Array(131_072).fill(byte);
  for (let at = 0; at < blob.length; at += 32) blob[at] = 0;
  return blob;
}
