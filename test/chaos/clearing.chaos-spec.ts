import { verifySignature } from '@odf/bls';
import { paginate } from '@odf/client';
import { auditAuction } from '@odf/market';
import { routes, type Hex, type Member } from '@odf/protocol';
import { waitFor } from '@odf/testing';
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { avsEntry } from '../support/avs.js';
import { queryDatabase } from '../support/database.js';
import { Market } from '../support/market.js';
import { startRelay, type RelayProcess } from '../support/relay-process.js';

jest.setTimeout(300_000);

const VALIDATORS = 60;
const AUCTIONS = 5;
const KILL_WITHIN_MS = 80;
const COVER_WEI = 10n;

describe('kill -9 while an auction freezes and clears', () => {
  let relay: RelayProcess;
  let market: Market;

  beforeAll(async () => {
    const windows_ms = { bidding: 3_000, term: 7_000, deliver: 3_000, commit: 3_000 };
    relay = await startRelay({ avs: [avsEntry('da', 1, { windows_ms })] });
    market = await Market.of(relay);
    await market.enrol('da', VALIDATORS);
    for (const number of [0, 1, 2]) {
      const bidder = await market.coprocessor(number);
      const steps = [{ fee_share_bps: 1_000 + number, units: 25 }];
      await market.bid(bidder, 'da', { steps, cover_wei_per_unit: COVER_WEI });
    }
  });

  it('clears every one of them once, to awards that the transcript gives', async () => {
    const { avs_id } = market.avs('da');
    const seen = new Set<Hex>();
    while (seen.size < AUCTIONS) {
      const auction = await waitFor(() => nextOpen(avs_id, seen), { timeoutMs: 60_000, what: 'the next auction' });
      seen.add(auction.auction_id);
      await delay(Math.max(0, Number(auction.closes_at_ms) - Date.now() + randomInt(KILL_WITHIN_MS) - 5));
      await relay.killAndRestart();
      await market.cleared('da', auction.auction_id);
      expect(await findings(auction.auction_id)).toEqual([]);
    }
    await expectEachReservedOnce();
  });

  async function nextOpen(avs_id: Hex, seen: ReadonlySet<Hex>) {
    const open = await market.client.data(routes.coprocessorAuctions, { query: { avs_id, status: 'open' } });
    return open.find(({ auction_id }) => !seen.has(auction_id));
  }

  async function findings(auction_id: Hex): Promise<unknown[]> {
    const params = { auction_id };
    const {
      transcript,
      frozen,
      transcript_root: transcriptRoot,
    } = await market.client.data(routes.getTranscript, {
      params,
    });
    const members: Member[] = [];
    for await (const member of paginate(market.client, routes.getMembers, { params })) {
      const { class_index, validator_root, operator } = member as Member;
      members.push({ class_index, validator_root, operator });
    }
    expect(members).toHaveLength(VALIDATORS);
    const awards = (await market.client.data(routes.dataAwards, { query: { auction_id } })).map(({ award }) => award);
    const { relayPubkey, context } = market;
    const verify = (signer: Hex, root: Hex, signature: Hex) =>
      Promise.resolve(verifySignature(signer, root, signature));
    return auditAuction({ transcript, members, frozen, transcriptRoot, awards, relayPubkey, context, verify });
  }

  /** Every award has its one reservation, of exactly its units; events tell of each step once. */
  async function expectEachReservedOnce(): Promise<void> {
    const wrong = await queryDatabase(
      relay,
      `select a.auction_id, a.line_id from awards a
       full join cover_reservations r on r.auction_id = a.auction_id and r.line_id = a.line_id and r.role = a.role
       where r.amount_wei is distinct from a.units * ${COVER_WEI}`,
    );
    expect(wrong).toEqual([]);
    const twice = await queryDatabase(
      relay,
      `select topic, data::jsonb->>'auction_id' as auction, count(*)::int from events
       where topic like 'auction_%' group by 1, 2 having count(*) > 1`,
    );
    expect(twice).toEqual([]);
  }
});
