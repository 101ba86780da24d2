import type { Progress } from '../progress.js';
import { ether } from '../../text.js';

/** One thing that must hold at the end of a scenario. */
export interface Check {
  what: string;
  ok: boolean;
  detail?: string;
}

/** What a scenario tells while it goes on, and what it has checked. */
export class Story {
  readonly checks: Check[] = [];
  readonly transactions: { what: string; transaction: string }[] = [];

  constructor(private readonly progress: Progress) {}

  /** Says what begins or has happened. */
  say(text: string): void {
    this.progress.step(text);
  }

  /** Says what a transaction did. */
  transaction(what: string, transaction: string): void {
    this.transactions.push({ what, transaction });
    this.progress.step(`${what}: ${transaction}`);
  }

  /** Notes whether something holds. */
  check(what: string, ok: boolean, detail?: string): void {
    this.checks.push({ what, ok, ...(detail !== undefined && { detail }) });
    this.progress.step(`${ok ? '✔' : '✘'} ${what}${detail === undefined ? '' : ` (${detail})`}`);
  }

  /** Notes whether an amount is right to the wei. */
  checkWei(what: string, actual: bigint, expected: bigint): void {
    const ok = actual === expected;
    this.check(what, ok, ok ? ether(actual) : `${actual} wei, expected ${expected} wei`);
  }

  /** Whether all that was checked holds. */
  get ok(): boolean {
    return this.checks.length > 0 && this.checks.every(({ ok }) => ok);
  }
}
