import { createRelayClient, parseRelayUrl, RelayError, type RelayClient } from '@odf/client';
import { routes, type AvsInfo, type Hex, type RelayInfo, type SigningContext } from '@odf/protocol';
import { PolicyError, type SidecarPolicy } from './policy.js';
import { checkRelayInfo, type RelayPin } from './relay-check.js';
import type { Refusal } from './refusal.js';
import type { Store } from './store.js';

/** How a relay stands with this sidecar. */
export type RelayState = 'connecting' | 'ready' | 'refused' | 'unreachable';

/** What a relay said about one enrollment. */
export interface EnrollmentStatus {
  validator: Hex;
  avs_id: Hex;
  state: 'live' | 'pending' | 'exited' | 'refused';
  reason: string | null;
}

/** One relay: its client, what it said of itself, and whether that holds. */
export class RelaySession {
  readonly client: RelayClient;
  readonly pubkey: Hex;
  readonly relayRoot: Hex;
  state: RelayState = 'connecting';
  /** Why it is refused or unreachable. */
  reason: Refusal | { code: string; detail: string } | null = null;
  /** Whether it knows this sidecar's validators and their hot keys since the start. */
  enrolled = false;
  /** When the last complete look at its auctions began; Unix milliseconds. */
  lookedAtMs = 0;
  /** By validator: the nonce of the delegation that lives there. */
  readonly delegations = new Map<Hex, bigint>();
  /** By validator and AVS. */
  readonly enrollments = new Map<string, EnrollmentStatus>();
  #pin: RelayPin | undefined;
  #avs = new Map<Hex, AvsInfo>();

  /** @throws {PolicyError} when the URL is none, or names no key. */
  constructor(
    url: string,
    private readonly store: Store,
    private readonly policy: SidecarPolicy,
    timeoutMs?: number,
  ) {
    const parsed = readUrl(url);
    this.client = createRelayClient({ url: parsed, ...(timeoutMs !== undefined && { timeoutMs }) });
    this.pubkey = parsed.pubkey;
    this.relayRoot = parsed.relayRoot;
  }

  /** Where it is, without its key. */
  get origin(): string {
    return this.client.url.origin;
  }

  /**
   * What signatures of this relay are bound to.
   *
   * @throws {Error} before the relay was ever reached.
   */
  get context(): SigningContext {
    if (!this.#pin) throw new Error(`${this.origin} was never reached`);
    return { chainId: this.#pin.chain_id, settlement: this.#pin.settlement, relayRoot: this.relayRoot };
  }

  /** Whether tasks may go on here. */
  get isUsable(): boolean {
    return this.state === 'ready' && this.enrolled;
  }

  /** What the relay says about an AVS; undefined when it does not serve it. */
  avs(avsId: Hex): AvsInfo | undefined {
    return this.#avs.get(avsId);
  }

  /** Remembers what the relay said before the last restart. */
  async load(): Promise<void> {
    this.#pin = await this.store.get('relay', this.pubkey);
  }

  /** Asks the relay who it is and what it serves; returns whether it may be worked with. */
  async connect(signal: AbortSignal): Promise<boolean> {
    try {
      const info = await this.client.data(routes.info, { signal });
      const refusal = checkRelayInfo(info, { pubkey: this.pubkey, policy: this.policy, pin: this.#pin });
      if (refusal) return this.#settle('refused', refusal);
      await this.#remember(info);
      const served = await this.client.data(routes.listAvs, { signal });
      this.#avs = new Map(served.map((avs) => [avs.avs_id, avs]));
      return this.#settle('ready', null);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RelayError)) throw error;
      return this.#settle('unreachable', { code: error.code, detail: error.message });
    }
  }

  async #remember({ chain_id, settlement }: RelayInfo): Promise<void> {
    if (this.#pin) return;
    await this.store.put('relay', [this.pubkey], { chain_id, settlement });
    this.#pin = { chain_id, settlement };
  }

  #settle(state: RelayState, reason: RelaySession['reason']): boolean {
    this.state = state;
    this.reason = reason;
    return state === 'ready';
  }
}

function readUrl(url: string): RelayClient['url'] & { pubkey: Hex; relayRoot: Hex } {
  try {
    const parsed = parseRelayUrl(url);
    if (parsed.pubkey && parsed.relayRoot) {
      return { ...parsed, pubkey: parsed.pubkey, relayRoot: parsed.relayRoot };
    }
  } catch (cause) {
    throw new PolicyError(`${url}: ${(cause as Error).message}`);
  }
  throw new PolicyError(`${url} names no key: write https://0x<relay pubkey>@host[:port]`);
}
