import { verifySignature } from '@odf/bls';
import { RelayError, verifyReceipt } from '@odf/client';
import { Receipt, REGISTRY_DEPTH, routes, verifyBranch, type SignedReceipt } from '@odf/protocol';
import { waitFor } from '@odf/testing';
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { avsEntry } from '../support/avs.js';
import { Market, type Bidder } from '../support/market.js';
import { startRelay, type RelayProcess } from '../support/relay-process.js';

jest.setTimeout(300_000);

const BIDDERS = 24;
const KILLS = 3;

describe('kill -9 under a stream of bids', () => {
  let relay: RelayProcess;
  let market: Market;

  beforeAll(async () => {
    const windows_ms = { bidding: 40_000, term: 3_600_000, deliver: 60_000, commit: 60_000 };
    relay = await startRelay({ avs: [avsEntry('da', 1, { windows_ms })] });
    market = await Market.of(relay);
    await market.enrol('da', 8);
  });

  it('keeps every bid that got a receipt, under its seq, without a gap', async () => {
    const bidders = await Promise.all(Array.from({ length: BIDDERS }, (_, number) => market.coprocessor(number)));
    const { auction_id, closes_at_ms } = await market.openAuction('da', 38_000);
    const receipts: SignedReceipt[] = [];
    const streams = bidders.map((bidder) => streamOf(bidder, auction_id, Number(closes_at_ms), receipts));
    for (let kill = 0; kill < KILLS; kill++) {
      const before = receipts.length;
      await waitFor(() => receipts.length > before + 10, { timeoutMs: 30_000, what: 'bids to flow' });
      await delay(randomInt(300));
      await relay.killAndRestart();
    }
    await Promise.all(streams);
    await market.cleared('da', auction_id);
    await expectAllFrozen(auction_id, receipts);
  });

  /** Bids of one coprocessor, one after the other; what got no answer is sent again until it has one. */
  async function streamOf(bidder: Bidder, auction_id: `0x${string}`, untilMs: number, receipts: SignedReceipt[]) {
    // Twenty replacements are allowed.
    for (let number = 0; number < 21; number++) {
      const body = market.bidOf(bidder, 'da', { auction_id, steps: [{ fee_share_bps: 1_000 + number, units: 1 }] });
      const post = () => market.client.data(routes.placeBid, { body }) as Promise<SignedReceipt>;
      let receipt = await post().catch(transient);
      while (!receipt && Date.now() < untilMs) {
        await delay(20);
        receipt = await post().catch(transient);
      }
      if (!receipt) return;
      receipts.push(receipt);
      // Paced, so that the stream outlasts the kills.
      await delay(randomInt(600));
    }
  }

  function transient(error: unknown): undefined {
    if (error instanceof RelayError && (error.isTransient || error.code === 'BID_AUCTION_CLOSED')) return undefined;
    throw error;
  }

  async function expectAllFrozen(auction_id: `0x${string}`, receipts: readonly SignedReceipt[]): Promise<void> {
    const [auction] = await market.client.data(routes.dataAuctions, { query: { auction_id } });
    const { count, bids_root: root } = auction!.frozen!.message;
    const seqs = new Map<number, SignedReceipt>();
    for (const signed of receipts) {
      const { receipt } = signed;
      expect(verifyReceipt(signed, market.relayPubkey, market.context, verifySignature)).toBeNull();
      expect(seqs.has(Number(receipt.seq))).toBe(false);
      seqs.set(Number(receipt.seq), signed);
      const params = { auction_id, bid_root: receipt.subject_root };
      const { receipt: frozen, index, branch } = await market.client.data(routes.getBidProof, { params });
      expect(frozen).toEqual(receipt);
      expect(verifyBranch({ root, leafRoot: Receipt.root(frozen), index, branch, depth: REGISTRY_DEPTH })).toBe(true);
    }
    const params = { auction_id };
    const { transcript } = await market.client.data(routes.getTranscript, { params });
    const frozen = (transcript['bids'] as { receipt: { seq: string } }[]).map(({ receipt }) => Number(receipt.seq));
    expect(frozen).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    // Whoever was cut off has sent again, so that every frozen bid has its receipt.
    expect(receipts.length).toBe(count);
    expect(receipts.length).toBeGreaterThan(BIDDERS * 2);
  }
});
