import fc from 'fast-check';
import type { Hex } from '@odf/protocol';
import { freeCoverWei, reservedWei, type CoverHold, type CoverReservation } from '../src/cover-ledger.js';

const LINES = 3;
const OPERATORS = 12;
const COVER = 10n;
const TERM_MS = 100n;
const TAIL_MS = 350n;
/** A claim that is not decided after so long can come no more. */
const FILING_MS = 200n;

/** What one operator was promised by one award, known to the model alone. */
interface OnePromise {
  award: number;
  line: number;
  operator: number;
  liability: bigint;
  untilMs: bigint;
  state: 'open' | 'slashed' | 'done';
  decideByMs: bigint;
}

/** Every promise one by one: what anybody could still claim. */
export class PromisesModel {
  nowMs = 0n;
  promises: OnePromise[] = [];
  awards = 0;

  claimable(line: number): bigint {
    return this.promises.reduce(
      (sum, one) => (one.line === line && this.#isClaimable(one) ? sum + one.liability : sum),
      0n,
    );
  }

  #isClaimable({ state, untilMs }: OnePromise): boolean {
    return state === 'slashed' || (state === 'open' && untilMs > this.nowMs);
  }

  /** Forgets what nobody can claim any more, as a long run would otherwise slow down. */
  prune(): void {
    this.promises = this.promises.filter((one) => this.#isClaimable(one));
  }
}

interface Line {
  cap_wei: bigint;
  drawn_wei: bigint;
}

/** The relay's books: what it stores, and nothing else; a restart reads them back. */
export class Books {
  lines: Line[] = Array.from({ length: LINES }, (_, index) => ({ cap_wei: BigInt(60 + 30 * index), drawn_wei: 0n }));
  reservations: CoverReservation[] = [];
  holds = new Map<string, CoverHold>();

  reserved(line: number, atMs: bigint): bigint {
    return reservedWei(lineId(line), { reservations: this.reservations, holds: this.holds.values() }, atMs);
  }

  free(line: number, atMs: bigint): bigint {
    return freeCoverWei(this.lines[line]!, this.reserved(line, atMs));
  }

  /** What is left after a process died: only what was written. */
  restart(): void {
    const text = JSON.stringify([this.lines, this.reservations, [...this.holds]], (_, value: unknown) =>
      typeof value === 'bigint' ? { wei: value.toString() } : value,
    );
    const read = JSON.parse(text, (_, value: { wei?: string } | null) =>
      value && typeof value === 'object' && typeof value.wei === 'string' ? BigInt(value.wei) : value,
    ) as [Line[], CoverReservation[], [string, CoverHold][]];
    [this.lines, this.reservations] = read;
    this.holds = new Map(read[2]);
  }

  prune(atMs: bigint): void {
    this.reservations = this.reservations.filter(({ until_ms }) => until_ms > atMs);
    for (const [key, { over }] of this.holds) if (over) this.holds.delete(key);
  }
}

function lineId(line: number): Hex {
  return `0x${String(line).padStart(64, '0')}`;
}

type Command = fc.Command<PromisesModel, Books>;
const always = { check: () => true };

/** What is promised never exceeds what is locked. */
function assertCovered(model: PromisesModel, books: Books): void {
  books.lines.forEach(({ cap_wei, drawn_wei }, line) => {
    const claimable = model.claimable(line);
    if (claimable > cap_wei - drawn_wei) {
      throw new Error(`line ${line} promises ${claimable} of ${cap_wei - drawn_wei} wei at ${model.nowMs}`);
    }
  });
}

function command(name: string, work: (model: PromisesModel, books: Books) => void): Command {
  return {
    ...always,
    toString: () => name,
    run(model, books) {
      work(model, books);
      assertCovered(model, books);
    },
  };
}

/** An auction gives a line's owner as many units as its free cover pays for, as a primary or a standby. */
const award = fc
  .tuple(fc.nat(LINES - 1), fc.integer({ min: 1, max: OPERATORS }), fc.nat(1))
  .map(([line, wanted, role]) =>
    command(`award ${wanted} of line ${line} as ${role}`, (model, books) => {
      const units = Math.min(wanted, Number(books.free(line, model.nowMs) / COVER));
      if (units === 0) return;
      const untilMs = model.nowMs + TERM_MS + TAIL_MS;
      books.reservations.push({ line_id: lineId(line), amount_wei: COVER * BigInt(units), until_ms: untilMs });
      const id = model.awards++;
      for (let operator = 0; operator < units; operator++) {
        model.promises.push({ award: id, line, operator, liability: COVER, untilMs, state: 'open', decideByMs: 0n });
      }
    }),
  );

/** A slash within its window is seen and held. */
const slash = fc.nat().map((choice) =>
  command(`slash ${choice}`, (model, books) => {
    const open = model.promises.filter(({ state, untilMs }) => state === 'open' && untilMs > model.nowMs);
    const hit = open[choice % Math.max(1, open.length)];
    if (!hit) return;
    hit.state = 'slashed';
    hit.decideByMs = model.nowMs + FILING_MS;
    books.holds.set(`${hit.award}:${hit.operator}`, {
      ...{ line_id: lineId(hit.line), liability_wei: hit.liability, reserved_until_ms: hit.untilMs, over: false },
    });
  }),
);

/** A claim is paid in full, in part, rejected, or never comes. */
const decide = fc.tuple(fc.nat(), fc.nat(10)).map(([choice, part]) =>
  command(`decide ${choice} for ${part}`, (model, books) => {
    const slashed = model.promises.filter(({ state }) => state === 'slashed');
    const hit = slashed[choice % Math.max(1, slashed.length)];
    if (!hit) return;
    books.lines[hit.line]!.drawn_wei += (hit.liability * BigInt(part)) / 10n;
    hit.state = 'done';
    books.holds.get(`${hit.award}:${hit.operator}`)!.over = true;
  }),
);

const pass = fc.integer({ min: 1, max: 300 }).map((ms) =>
  command(`${ms} ms pass`, (model, books) => {
    model.nowMs += BigInt(ms);
    for (const one of model.promises) {
      if (one.state !== 'slashed' || one.decideByMs > model.nowMs) continue;
      one.state = 'done';
      books.holds.get(`${one.award}:${one.operator}`)!.over = true;
    }
    model.prune();
    books.prune(model.nowMs);
  }),
);

/** An owner locks more, or takes out what is free. */
const resize = fc.tuple(fc.nat(LINES - 1), fc.integer({ min: -40, max: 60 })).map(([line, change]) =>
  command(`line ${line} by ${change}`, (model, books) => {
    const free = books.free(line, model.nowMs);
    const wanted = BigInt(change);
    books.lines[line]!.cap_wei += wanted < -free ? -free : wanted;
  }),
);

const restart = fc.constant(command('restart', (_, books) => books.restart()));

/** Runs sequences of up to `length` operations, `runs` of them, against the model; returns how many operations there were. */
export function checkLedger(runs: number, length: number): number {
  let operations = 0;
  const commands = fc.commands([award, award, slash, decide, pass, resize, restart], {
    maxCommands: length,
    size: 'max',
  });
  fc.assert(
    fc.property(commands, (sequence) => {
      operations += [...sequence].length;
      fc.modelRun(() => ({ model: new PromisesModel(), real: new Books() }), sequence);
    }),
    { numRuns: runs, endOnFailure: true },
  );
  return operations;
}
