import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backoffMs, paginate, RelayError, Wakeup } from '@odf/client';
import { changedReputations, doubleAwards, type AuctionDecision } from '@odf/market';
import {
  BidsFrozen,
  routes,
  SignedBidsFrozen,
  SignedTranscriptRoot,
  TranscriptRoot,
  type DataAuction,
  type Hex,
} from '@odf/protocol';
import { z } from 'zod';
import { auditBundle } from './audit-bundle.js';
import type { AuditTools } from './audit-day.js';
import type { AuditBundle } from './bundle.js';
import { decisionOf, type Contradicting } from './evidence.js';
import { fetchBundle } from './fetch-bundle.js';

/** What was seen of an auction; nobody may ever show it otherwise. */
const Seen = z.strictObject({
  frozen: SignedBidsFrozen.json.nullable(),
  transcript_root: SignedTranscriptRoot.json.nullable(),
  audited: z.boolean(),
});
type Seen = z.output<typeof Seen>;
const State = z.record(z.string(), Seen);

/** Auctions that are looked at again in each round, and whose decisions are held against each other. */
const RECENT = 200;
const HELD_DECISIONS = 20;
const TOPICS = ['auction_frozen', 'auction_cleared'] as const;
/** Events wake the watch; this often it looks anyway. */
const EVERY_MS = 10_000;

/** Where a watch keeps what it has seen, and what it does when something is wrong. */
export interface WatchOptions {
  /** Folder of the state; null keeps it in memory. */
  stateDir: string | null;
  onContradiction: (what: string, evidence: Contradicting) => void;
}

/** Follows a relay: audits each auction once, and holds what the relay shows against what it has shown before. */
export class AuditWatch {
  readonly #seen: Map<string, Seen>;
  readonly #held: { decision: AuctionDecision; bundle: AuditBundle }[] = [];
  readonly #wakeup = new Wakeup();
  readonly #shouted = new Set<string>();

  constructor(
    private readonly tools: AuditTools,
    private readonly options: WatchOptions,
  ) {
    this.#seen = readState(options.stateDir);
  }

  /** Runs until aborted; a relay that is away is asked again. */
  async run(signal: AbortSignal): Promise<void> {
    const listening = this.#listen(signal);
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.round();
        failures = 0;
      } catch (error) {
        if (!(error instanceof RelayError)) throw error;
        failures += 1;
        this.tools.progress(`the relay does not answer (${error.code}); trying again`);
      }
      await this.#wakeup.pause(failures ? backoffMs(failures, { maxMs: EVERY_MS }) : EVERY_MS, signal);
    }
    await listening;
  }

  /** Looks once at the recent auctions. */
  async round(): Promise<void> {
    const recent: DataAuction[] = [];
    for await (const auction of paginate(this.tools.relay.client, routes.dataAuctions, { query: { limit: RECENT } })) {
      recent.push(auction);
      if (recent.length === RECENT) break;
    }
    for (const auction of recent.reverse()) await this.#look(auction);
  }

  async #look({ auction_id, frozen, transcript_root }: DataAuction): Promise<void> {
    const known = this.#seen.get(auction_id) ?? { frozen: null, transcript_root: null, audited: false };
    this.#compareFrozen(known.frozen, frozen);
    this.#compareRoot(known.transcript_root, transcript_root);
    const next = {
      frozen: known.frozen ?? frozen,
      transcript_root: known.transcript_root ?? transcript_root,
      audited: known.audited,
    };
    if (transcript_root && !known.audited) {
      await this.#audit(auction_id);
      next.audited = true;
    }
    this.#seen.set(auction_id, next);
    if (!isSame(known, next)) this.#save();
  }

  async #audit(auctionId: Hex): Promise<void> {
    const bundle = await fetchBundle(auctionId, this.tools.relay, () => undefined);
    const { findings } = await auditBundle(bundle, this.tools.verify);
    const [finding] = findings;
    if (finding) {
      const what = `auction ${auctionId}: ${finding.code} at ${finding.path}`;
      return this.#shout(what, { kind: 'auction', bundle });
    }
    const decision = decisionOf(bundle);
    this.#holdAgainstOthers(decision, bundle);
    this.#held.push({ decision, bundle });
    if (this.#held.length > HELD_DECISIONS) this.#held.shift();
    const { message } = bundle.published.frozen;
    this.tools.progress(`auction ${auctionId} is valid: ${message.count} bids, ${bundle.awards.length} awards`);
  }

  #holdAgainstOthers(decision: AuctionDecision, second: AuditBundle): void {
    for (const { decision: earlier, bundle: first } of this.#held) {
      for (const { validator_root: subject } of doubleAwards([earlier, decision])) {
        this.#shout(`validator ${subject} is awarded twice`, {
          kind: 'double_award',
          subject,
          first,
          second,
        });
      }
      for (const { owner: subject } of changedReputations([earlier, decision])) {
        const what = `the record of ${subject} has changed within a day`;
        this.#shout(what, { kind: 'changed_reputation', subject, first, second });
      }
    }
  }

  /** A relay goes on showing what it has shown: each contradiction is shouted once. */
  #shout(what: string, evidence: Contradicting): void {
    if (this.#shouted.has(what)) return;
    this.#shouted.add(what);
    this.options.onContradiction(what, evidence);
  }

  #compareFrozen(first: SignedBidsFrozen | null, second: SignedBidsFrozen | null): void {
    if (!first) return;
    if (!second) this.tools.progress(`the relay does not show the frozen bids of ${first.message.auction_id} any more`);
    else if (BidsFrozen.root(first.message) !== BidsFrozen.root(second.message)) {
      const what = `two sets of frozen bids of ${first.message.auction_id}`;
      this.#shout(what, this.#twofold({ what: 'frozen', first, second }));
    }
  }

  #compareRoot(first: SignedTranscriptRoot | null, second: SignedTranscriptRoot | null): void {
    if (!first) return;
    if (!second) this.tools.progress(`the relay does not show the transcript of ${first.message.auction_id} any more`);
    else if (TranscriptRoot.root(first.message) !== TranscriptRoot.root(second.message)) {
      const what = `two transcripts of ${first.message.auction_id}`;
      this.#shout(what, this.#twofold({ what: 'transcript_root', first, second }));
    }
  }

  #twofold(statement: Extract<Contradicting, { kind: 'signed_twice' }>['statement']): Contradicting {
    const { pubkey, info } = this.tools.relay;
    const { chain_id, settlement } = info;
    return { kind: 'signed_twice', relay_pubkey: pubkey, chain_id, settlement, statement };
  }

  async #listen(signal: AbortSignal): Promise<void> {
    try {
      for await (const _ of this.tools.relay.client.events(TOPICS, { signal })) this.#wakeup.wake();
    } catch (error) {
      // Without events the watch still polls.
      if (!signal.aborted) this.tools.progress(`no events from this relay: ${(error as Error).message}`);
    }
  }

  /** In one move, so that a watch that is killed has either the old state or the new one. */
  #save(): void {
    const { stateDir } = this.options;
    if (stateDir === null) return;
    mkdirSync(stateDir, { recursive: true });
    const file = join(stateDir, 'watch.json');
    writeFileSync(`${file}.new`, JSON.stringify(z.encode(State, Object.fromEntries(this.#seen))));
    renameSync(`${file}.new`, file);
  }
}

function readState(dir: string | null): Map<string, Seen> {
  const file = dir === null ? null : join(dir, 'watch.json');
  if (file === null || !existsSync(file)) return new Map();
  return new Map(Object.entries(z.decode(State, JSON.parse(readFileSync(file, 'utf8')) as z.input<typeof State>)));
}

function isSame(a: Seen, b: Seen): boolean {
  const shown = ({ frozen, transcript_root }: Seen): number =>
    Number(frozen !== null) + Number(transcript_root !== null);
  return a.audited === b.audited && shown(a) === shown(b);
}
