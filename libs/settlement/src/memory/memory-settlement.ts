import { fromHex, OdfError, toHex, type Hex } from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import {
  Settlement,
  type CoverLine,
  type FeeEscrowAccount,
  type Membership,
  type RegisteredCoprocessor,
} from '../settlement.js';
import { devLine, devLineId } from './dev-line.js';
import type { DevCoverSet, EscrowSet, SettlementEvent, SettlementJournal, StandingSet } from './settlement-journal.js';

/** What a {@link MemorySettlement} is made of. */
export interface MemorySettlementOptions {
  chainId: bigint;
  /** The hub's address: any 20 bytes, the same at every start. */
  address: Hex;
  clock: Clock;
  journal: SettlementJournal;
  /** Who is in which operator set; by default everybody is in all (`open`). */
  membership?: (avsId: Hex, operator: Hex, slashableWei: bigint) => Membership;
}

/** A coprocessor to register, with the cap of its one development line. */
export interface DevCover {
  /** BLS key, 48 bytes; its possession was proved to the caller. */
  pubkey: Hex;
  /** EVM account, 20 bytes. */
  owner: Hex;
  cover_wei: bigint;
}

interface Registered {
  coprocessor: RegisteredCoprocessor;
  line: CoverLine;
}

/** A settlement without a chain, for development, the demo and tests; its events outlive it in a journal. */
export class MemorySettlement extends Settlement {
  readonly chainId: bigint;
  readonly address: Hex;
  readonly #options: MemorySettlementOptions;
  readonly #byPubkey = new Map<Hex, Registered>();
  readonly #byLine = new Map<Hex, Registered>();
  readonly #escrows = new Map<Hex, FeeEscrowAccount>();
  #blockNumber = 0n;
  #lastWrite: Promise<unknown> = Promise.resolve();

  private constructor(options: MemorySettlementOptions) {
    super();
    this.chainId = options.chainId;
    this.address = hexOf(options.address, 20, 'address');
    this.#options = options;
  }

  /** Opens the settlement as its journal left it. */
  static async open(options: MemorySettlementOptions): Promise<MemorySettlement> {
    const settlement = new MemorySettlement(options);
    for (const event of await options.journal.load()) settlement.#apply(event);
    return settlement;
  }

  async coprocessor(pubkey: Hex): Promise<RegisteredCoprocessor | null> {
    const known = this.#byPubkey.get(pubkey);
    return known ? { ...known.coprocessor } : null;
  }

  async line(lineId: Hex): Promise<CoverLine | null> {
    const known = this.#byLine.get(lineId);
    return known ? { ...known.line } : null;
  }

  async linesOf(pubkey: Hex): Promise<CoverLine[]> {
    const known = this.#byPubkey.get(pubkey);
    return known ? [{ ...known.line }] : [];
  }

  async membership(avsId: Hex, operator: Hex, slashableWei: bigint): Promise<Membership> {
    return this.#options.membership?.(avsId, operator, slashableWei) ?? { live: true };
  }

  async escrow(operator: Hex): Promise<FeeEscrowAccount> {
    return { ...(this.#escrows.get(operator) ?? { balance_wei: 0n, leaving_wei: 0n, paid_wei: 0n }) };
  }

  /** Always false: there are no contracts here. */
  async isValidContractSignature(): Promise<boolean> {
    return false;
  }

  /**
   * Registers and bonds a coprocessor and locks cover for it; durable in the journal before it resolves.
   *
   * A key has one owner and one development line. The same content again changes nothing; another `cover_wei` sets the cap of
   * that line, up or down. A cap below what is reserved takes nothing back: it only leaves nothing free.
   *
   * @throws {OdfError} REQUEST_MALFORMED for bytes of a wrong length, a negative or too large cover, or a key of another owner.
   */
  registerDev(cover: DevCover): Promise<{ line_id: Hex }> {
    return this.#inTurn(async () => {
      const pubkey = hexOf(cover.pubkey, 48, 'pubkey');
      const owner = hexOf(cover.owner, 20, 'owner');
      if (cover.cover_wei < 0n || cover.cover_wei >= 2n ** 256n) throw malformed('cover_wei is not a uint256.');
      const known = this.#byPubkey.get(pubkey);
      if (known && known.line.owner !== owner) throw malformed(`The key ${pubkey} belongs to another owner.`);
      if (known?.line.cap_wei !== cover.cover_wei) {
        await this.#record({ type: 'dev_cover_set', pubkey, owner, cap_wei: cover.cover_wei, at_ms: this.#nowMs() });
      }
      return { line_id: devLineId(this.chainId, this.address, pubkey, owner) };
    });
  }

  /**
   * Suspends or revokes a coprocessor, or lifts that; durable in the journal before it resolves.
   *
   * @throws {OdfError} COPROCESSOR_UNKNOWN
   */
  setStanding(pubkey: Hex, standing: Pick<RegisteredCoprocessor, 'suspended' | 'revoked'>): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#byPubkey.has(pubkey)) throw new OdfError('COPROCESSOR_UNKNOWN');
      const { suspended, revoked } = standing;
      await this.#record({ type: 'standing_set', pubkey, suspended, revoked, at_ms: this.#nowMs() });
    });
  }

  /** Sets an operator's fee escrow; durable in the journal before it resolves. */
  setEscrow(operator: Hex, account: FeeEscrowAccount): Promise<void> {
    return this.#inTurn(() =>
      this.#record({ type: 'escrow_set', operator: hexOf(operator, 20, 'operator'), ...account }),
    );
  }

  /** One write after the other, so that the journal has the order of the memory. */
  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(write);
    // Whoever asked hears of the failure; the next in turn must not.
    this.#lastWrite = result.catch(() => undefined);
    return result;
  }

  async #record(event: SettlementEvent): Promise<void> {
    await this.#options.journal.append(event);
    this.#apply(event);
  }

  #apply(event: SettlementEvent): void {
    this.#blockNumber += 1n;
    if (event.type === 'dev_cover_set') this.#setCover(event);
    else if (event.type === 'standing_set') this.#setStanding(event);
    else this.#setEscrow(event);
  }

  #setCover({ pubkey, owner, cap_wei, at_ms }: DevCoverSet): void {
    const registered = this.#byPubkey.get(pubkey) ?? this.#register(pubkey, owner, at_ms);
    registered.line.cap_wei = cap_wei;
    registered.line.block_number = this.#blockNumber;
  }

  #register(pubkey: Hex, owner: Hex, atMs: bigint): Registered {
    const lineId = devLineId(this.chainId, this.address, pubkey, owner);
    const registered: Registered = {
      coprocessor: { pubkey, owner, bonded: true, suspended: false, revoked: false },
      line: devLine({ line_id: lineId, coprocessor: pubkey, owner, cap_wei: 0n }, atMs),
    };
    this.#byPubkey.set(pubkey, registered);
    this.#byLine.set(lineId, registered);
    return registered;
  }

  #setStanding({ pubkey, suspended, revoked }: StandingSet): void {
    const registered = this.#byPubkey.get(pubkey);
    if (!registered)
      throw new Error(`the settlement's journal sets the standing of ${pubkey}, which it never registered`);
    Object.assign(registered.coprocessor, { suspended, revoked });
  }

  #setEscrow({ operator, balance_wei, leaving_wei, paid_wei }: EscrowSet): void {
    this.#escrows.set(operator, { balance_wei, leaving_wei, paid_wei });
  }

  #nowMs(): bigint {
    return BigInt(this.#options.clock.nowMs());
  }
}

function malformed(detail: string): OdfError {
  return new OdfError('REQUEST_MALFORMED', detail);
}

function hexOf(hex: Hex, bytes: number, name: string): Hex {
  if (!new RegExp(`^0x[0-9a-fA-F]{${bytes * 2}}$`).test(hex))
    throw malformed(`${name} is not 0x and ${bytes} bytes of hex.`);
  return toHex(fromHex(hex));
}
