import { verifyHeader, type SignatureCheck } from '@odf/client';
import { Header, type Hex, type SignedHeader } from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import type { RelaySession } from './relay-session.js';
import type { Store } from './store.js';

/** The first header of each (relay, task, coprocessor), for all validators and for ever. */
export class HeaderBook {
  readonly #known = new Map<string, Promise<SignedHeader>>();

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly check: SignatureCheck,
  ) {}

  /**
   * Fixes a genuine header durably, unless another one is fixed already; two that contradict each other are kept as evidence.
   *
   * @returns the header that is fixed.
   */
  async fix(session: RelaySession, header: SignedHeader): Promise<SignedHeader> {
    const { task_id, coprocessor } = header.message;
    const id = [session.pubkey, task_id, coprocessor];
    const key = id.join('!');
    const running = this.#known.get(key) ?? this.#fixFirst(id, header);
    this.#known.set(key, running);
    const fixed = await running;
    if (Header.root(fixed.message) !== Header.root(header.message)) await this.#keepEvidence(session, fixed, header);
    return fixed;
  }

  /** Drops the memory of a task's headers; the store keeps them. */
  forget(session: RelaySession, { task_id, coprocessor }: Header): void {
    this.#known.delete([session.pubkey, task_id, coprocessor].join('!'));
  }

  /** Whether the relay signed it. */
  isGenuine(session: RelaySession, header: SignedHeader): boolean {
    return verifyHeader(header, session.pubkey, session.context, this.check);
  }

  async #fixFirst(id: string[], header: SignedHeader): Promise<SignedHeader> {
    const stored = await this.store.get('header', ...id);
    if (!stored) await this.store.put('header', id, header);
    return stored ?? header;
  }

  async #keepEvidence({ pubkey }: RelaySession, first: SignedHeader, second: SignedHeader): Promise<void> {
    const subject: Hex = first.message.task_id;
    const evidence = { code: 'HEADER_SWAPPED', relay: pubkey, subject, first, second } as const;
    await this.store.put('evidence', [pubkey, evidence.code, subject], { ...evidence, at_ms: this.clock.nowMs() });
  }
}
