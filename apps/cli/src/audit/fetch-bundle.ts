import { createRelayClient, paginate, type RelayClient } from '@odf/client';
import { bytes32, routes, type Hex, type Member, type RelayInfo, type SignedAward } from '@odf/protocol';
import type { AuditBundle } from './bundle.js';
import type { Progress } from './progress.js';

/** The largest transcript that the protocol allows has about a kilobyte for each of 65,536 bids. */
const MAX_ANSWER_BYTES = 512 << 20;
const TIMEOUT_MS = 120_000;
const REPORTED_MEMBERS = 10_000;

/** A relay that is asked for evidence, and the key that it must sign with. */
export interface AskedRelay {
  client: RelayClient;
  info: RelayInfo;
  /** The key of the URL; what the relay itself says where the URL names none. */
  pubkey: Hex;
}

/**
 * Asks a relay who it is.
 *
 * @throws {RelayError} when it cannot be reached; {RangeError} when the URL is not a relay's.
 */
export async function askRelay(url: string): Promise<AskedRelay> {
  const client = createRelayClient({ url, timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES });
  const info = await client.data(routes.info);
  return { client, info, pubkey: client.url.pubkey ?? info.pubkey };
}

/**
 * The auction that somebody means: an id, or `latest` for the newest that cleared.
 *
 * @throws {Error} when the id is none, or nothing has cleared.
 */
export async function auctionMeant(text: string, { client }: AskedRelay): Promise<Hex> {
  if (text === 'latest') {
    for await (const { auction_id, transcript_root } of paginate(client, routes.dataAuctions, {
      query: { limit: 50 },
    })) {
      if (transcript_root) return auction_id;
    }
    throw new Error('no auction of this relay has cleared yet');
  }
  const id = bytes32.json.safeParse(text);
  if (!id.success) throw new Error(`${text} is no auction: give its id, 0x and 64 hex digits, or "latest"`);
  return id.data;
}

/**
 * Fetches all that is public about a cleared auction.
 *
 * @throws {RelayError} AUCTION_UNKNOWN, AUCTION_NOT_CLEARED, or why the relay could not be asked.
 */
export async function fetchBundle(auctionId: Hex, relay: AskedRelay, progress: Progress): Promise<AuditBundle> {
  const { client, info, pubkey } = relay;
  const params = { auction_id: auctionId };
  progress(`fetching the transcript of ${auctionId}`);
  const published = await client.data(routes.getTranscript, { params });
  const members: Member[] = [];
  for await (const { class_index, validator_root, operator } of paginate(client, routes.getMembers, { params })) {
    members.push({ class_index, validator_root, operator });
    if (members.length % REPORTED_MEMBERS === 0) progress(`fetched ${members.length} members`);
  }
  const awards: SignedAward[] = [];
  const query = { auction_id: auctionId, order_by: 'id' as const };
  for await (const { award } of paginate(client, routes.dataAwards, { query })) awards.push(award);
  return { version: 'odf-audit/1', auction_id: auctionId, relay_pubkey: pubkey, info, published, members, awards };
}
