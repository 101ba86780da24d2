import { fromHex, routes, sha256, SignedCommitment, type SignedHeader } from '@odf/protocol';
import type { TestValidator } from '@odf/testing';
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { avsEntry } from './avs.js';
import { queryDatabase } from './database.js';
import { exchange } from './http.js';
import { EMPTY_BLOB, Market, uncheckedWork } from './market.js';
import { startRelay, type RelayProcess } from './relay-process.js';

const HOURS = 3 * 3_600_000;
/** Kills fall within so many times what a commitment takes at that moment: before, into and after its transaction. */
const KILL_WITHIN = 2.5;

/** A relay with one delivered task, and everybody who may commit to it. */
export interface Sale {
  relay: RelayProcess;
  market: Market;
  header: SignedHeader;
  validators: TestValidator[];
}

/** Sets up a sale to this many validators. */
export async function openSale(buyers: number): Promise<Sale> {
  const windows_ms = { bidding: 5_000, term: HOURS, deliver: HOURS, commit: HOURS };
  const relay = await startRelay({ avs: [avsEntry('da', 1, { windows_ms })] });
  const market = await Market.of(relay);
  const validators = await market.enrol('da', buyers);
  const seller = await market.coprocessor(0);
  await market.bid(seller, 'da', { steps: [{ fee_share_bps: 1_000, units: buyers }] });
  const task = await market.announced(await market.postTask('da', EMPTY_BLOB, 3 * HOURS));
  await market.deliver(seller, 'da', task, uncheckedWork());
  const header = await market.header(validators[0]!, task.task_id);
  return { relay, market, header, validators };
}

/** What became of the rounds. */
export interface KillTally {
  /** Commitments that were answered before the kill; at least one of each round. */
  answered: number;
  /** Commitments that were cut off, but durable. */
  durable: number;
  /** Commitments of which the kill left nothing. */
  lost: number;
}

/**
 * Sends commitments, kills with `-9` at a random moment between request and answer, restarts, and sends the same bytes again.
 *
 * @throws {Error} when a repeat does not reveal, an answer changes, or what was answered is not there.
 */
export async function killBetweenCommitmentAndReveal(
  { relay, market, header, validators }: Sale,
  { rounds, perRound, kill }: { rounds: number; perRound: number; kill: () => Promise<void> },
): Promise<KillTally> {
  const tally = { answered: 0, durable: 0, lost: 0 };
  for (let round = 0; round < rounds; round++) {
    const some = validators.slice(round * perRound, (round + 1) * perRound);
    const bodies = await Promise.all(
      some.map(async (validator) => SignedCommitment.toJson(await market.commitmentTo(validator, header))),
    );
    const post = (body: unknown) => exchange(relay, routes.commit.path, { body });
    const begin = performance.now();
    const undisturbed = await post(bodies[0]);
    const takesMs = performance.now() - begin;
    const others = bodies.slice(1).map((body) => post(body).catch(() => undefined));
    await delay(randomInt(Math.ceil(KILL_WITHIN * takesMs)));
    await kill();
    const answers = [undisturbed, ...(await Promise.all(others))];
    const kept = await committed(relay, some);
    await relay.start();
    for (const [index, body] of bodies.entries()) {
      const again = await post(body);
      const { key } = again.json<{ data: { key: `0x${string}` } }>().data;
      if (again.status !== 200 || sha256(fromHex(key)) !== header.message.key_hash) {
        throw new Error(`round ${round}: the repeat got ${again.status} ${again.text}`);
      }
      const answer = answers[index];
      const durable = kept === undefined || kept.has(some[index]!.pubkey);
      if (answer && !answer.bytes.equals(again.bytes)) throw new Error(`round ${round}: the answer changed`);
      if (answer && !durable) throw new Error(`round ${round}: an answered commitment was not durable`);
      tally[answer ? 'answered' : durable ? 'durable' : 'lost'] += 1;
    }
  }
  return tally;
}

/** Whose commitments the database holds while the relay is down; undefined when it is down as well. */
async function committed(relay: RelayProcess, some: readonly TestValidator[]): Promise<Set<string> | undefined> {
  if (!relay.isPostgresUp()) return undefined;
  const rows = await queryDatabase<{ validator: string }>(
    relay,
    `select '0x' || encode(validator, 'hex') as validator from commitments`,
  );
  const all = new Set(rows.map(({ validator }) => validator));
  return new Set(some.map(({ pubkey }) => pubkey as string).filter((pubkey) => all.has(pubkey)));
}
