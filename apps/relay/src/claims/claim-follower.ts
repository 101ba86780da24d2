import { Inject, Injectable } from '@nestjs/common';
import { ClaimsRepository, JobsRepository, type OpenClaim } from '@odf/persistence';
import type { Confirmed, MirrorStates } from '@odf/settlement';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { ChainTime } from '../core/chain-time.js';
import { type RelayChain } from '../core/relay-chain.js';
import { LOGGER, RELAY_CHAIN } from '../relay.tokens.js';
import { FILE, FINALISE } from './claim-jobs.js';
import { ClaimRecord } from './claim-record.js';
import {
  FILING_WINDOW_MS,
  isNews,
  mayBeFiledAgain,
  progressOf,
  REFILING_WINDOW_MS,
  unfiled,
  vetoedAtMs,
} from './claims.rules.js';

const PAGE = 500;

type OnChain = Confirmed<MirrorStates['claim']> | undefined;

/** Takes over what the mirror of the chain says of every claim that is not over, and asks for what is due. */
@Injectable()
export class ClaimFollower {
  constructor(
    private readonly database: DataSource,
    private readonly claims: ClaimsRepository,
    private readonly record: ClaimRecord,
    private readonly jobs: JobsRepository,
    private readonly time: ChainTime,
    @Inject(RELAY_CHAIN) private readonly chain: RelayChain | null,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Follows all of them once, by the chain's time; returns how many there are. */
  async follow(chainNowMs: number): Promise<number> {
    let count = 0;
    let after = '0';
    for (;;) {
      const page = await this.claims.open(after, PAGE);
      if (page.length === 0) return count;
      const ids = page.map(({ claim_id }) => claim_id);
      const onChain = new Map((await this.chain!.reader.some('claim', ids)).map((claim) => [claim.id, claim]));
      for (const claim of page) await this.#followOne(claim, onChain.get(claim.claim_id), chainNowMs);
      count += page.length;
      after = page.at(-1)!.id;
    }
  }

  /** One that cannot be followed now keeps no other from it. */
  async #followOne(claim: OpenClaim, onChain: OnChain, chainNowMs: number): Promise<void> {
    try {
      if (onChain) await this.#onChain(claim, onChain.confirmed, chainNowMs);
      else await this.#notOnChain(claim, chainNowMs);
    } catch (error) {
      this.logger.warn({ err: error, claim: claim.claim_id }, 'a claim could not be followed and is looked at again');
    }
  }

  async #onChain(claim: OpenClaim, confirmed: MirrorStates['claim'], chainNowMs: number): Promise<void> {
    const progress = progressOf(confirmed);
    if (mayBeFiledAgain(confirmed) && !isUnderWay(claim.filing)) {
      if (await this.#isOver(vetoedAtMs(confirmed), REFILING_WINDOW_MS, chainNowMs)) progress.state = 'failed';
      else await this.#ensure(FILE, claim);
    }
    if (isNews(claim, progress)) await this.record.take(claim.claim_id, progress);
    const isRipe = progress.state === 'filed' && progress.finalisable_at_ms! <= BigInt(chainNowMs);
    if (isRipe && isToSend(claim.finalising)) await this.#ensure(FINALISE, claim);
  }

  async #notOnChain(claim: OpenClaim, chainNowMs: number): Promise<void> {
    if (claim.state !== 'queued') {
      // A reorganisation took the filing away: this relay's own is sent again, anybody else's is its own to file now.
      await this.record.take(claim.claim_id, unfiled(claim, 'queued'));
      if (claim.filing === null) await this.#ensure(FILE, claim);
    } else if (
      isToSend(claim.filing) &&
      (await this.#isOver(Number(claim.slashed_at_ms), FILING_WINDOW_MS, chainNowMs))
    ) {
      const reason = claim.reason ?? 'it could not be filed in time';
      await this.record.take(claim.claim_id, unfiled({ reason }, 'failed'));
    } else if (claim.filing === 'failed') {
      await this.#ensure(FILE, claim);
    }
  }

  /** Whether a window of the contract has passed; pauses of the hub extend it. */
  async #isOver(sinceMs: number, windowMs: number, chainNowMs: number): Promise<boolean> {
    const leftMs = sinceMs + windowMs - chainNowMs;
    return leftMs <= 0 && leftMs + (await this.time.pausedMsSince(sinceMs)) <= 0;
  }

  #ensure(task: string, { claim_id: subject }: OpenClaim): Promise<void> {
    return this.jobs.add(this.database, { task, subject }, 'ensure');
  }
}

/** Whether a transaction was not sent yet, or failed. */
function isToSend(state: OpenClaim['filing']): boolean {
  return state === null || state === 'failed';
}

/** Whether the chain has yet to say what becomes of a transaction. */
function isUnderWay(state: OpenClaim['filing']): boolean {
  return state === 'queued' || state === 'sent' || state === 'mined';
}
