import { z } from 'zod';
import { PriceStep, uint256, uint64, type Hex } from '@odf/protocol';
import type { RelayAgent } from './relay-agent.js';
import type { AwardRecord, BidRecord, CoprocessorStore, DeliveryRecord } from './store.js';

const LAST = 20;

/** What `GET /status` answers: how each relay is served, what stands, what was won and delivered. */
export interface CoprocessorStatus {
  coprocessor: Hex;
  /** What stands on chain, or why nothing does. */
  settlement: unknown;
  relays: unknown[];
}

function bidLine({ bid, state, reason }: BidRecord) {
  const { auction_id, avs_id, steps, nonce, valid_until } = bid.message;
  return {
    auction_id,
    avs_id,
    steps: steps.map((step) => PriceStep.toJson(step)),
    nonce: nonce.toString(),
    valid_until: valid_until.toString(),
    state,
    reason,
  };
}

function awardLine({
  auction_id,
  avs_id,
  state,
  reason,
  awards,
  fee_wei,
  max_liability_wei,
  term_end_ms,
}: AwardRecord) {
  return {
    auction_id,
    avs_id,
    state,
    reason,
    units: awards.reduce((sum, { leaves }) => sum + leaves.length, 0).toString(),
    fee_per_task_wei: z.encode(uint256.json, fee_wei),
    max_liability_wei: z.encode(uint256.json, max_liability_wei),
    term_end_ms: z.encode(uint64.json, term_end_ms),
  };
}

function deliveryLine({ task_id, avs_id, attestation, state, reason, units, fee_wei }: DeliveryRecord) {
  const { auction_id, seq } = attestation.message;
  return {
    task_id,
    avs_id,
    auction_id,
    seq: seq.toString(),
    state,
    reason,
    units: units.toString(),
    fee_wei: fee_wei.toString(),
  };
}

async function relayStatus(agent: RelayAgent, store: CoprocessorStore): Promise<unknown> {
  const base = {
    url: agent.client.url.origin,
    pubkey: agent.client.url.pubkey,
    state: agent.state,
    problem: agent.problem,
  };
  if (!agent.session || !agent.view) return base;
  const { relayRoot } = agent.session;
  const bids = await Promise.all(agent.view.avss.map(({ avs_id }) => store.bids(relayRoot, avs_id)));
  const awards = await store.awards(relayRoot);
  const deliveries = await store.deliveries(relayRoot);
  return {
    ...base,
    free_cover_wei: agent.view.coprocessor.free_wei.toString(),
    bids: bids.flatMap((list) => list.slice(-LAST).map(bidLine)),
    awards: awards
      .sort(byTime((award) => award.term_end_ms))
      .slice(0, LAST)
      .map(awardLine),
    deliveries: deliveries
      .sort(byTime((one) => one.attestation.message.seq))
      .slice(0, LAST)
      .map(deliveryLine),
    delivered: deliveries.filter(({ state }) => state === 'delivered').length.toString(),
  };
}

/** Newest first. */
function byTime<T>(rank: (item: T) => bigint) {
  return (a: T, b: T): number => (rank(a) < rank(b) ? 1 : rank(a) > rank(b) ? -1 : 0);
}

/** Gathers the status of every relay. */
export async function coprocessorStatus(
  pubkey: Hex,
  agents: readonly RelayAgent[],
  store: CoprocessorStore,
  settlement: unknown,
): Promise<CoprocessorStatus> {
  return {
    coprocessor: pubkey,
    settlement,
    relays: await Promise.all(agents.map((agent) => relayStatus(agent, store))),
  };
}
