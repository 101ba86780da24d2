import { availableParallelism } from 'node:os';
import type { BlsKey } from '@odf/bls';
import { Bid, ProofOfPossession, routes, SignedBid, signingRoot, type Hex } from '@odf/protocol';
import { FAR_SECONDS, signedBy, testCoprocessor } from '@odf/testing';
import { batchedRate, type Claim, type Rate } from './support/blst.js';
import { openLoop, Poster, saturate, type Outcome, type Shot } from './support/drive.js';
import { costBetween, costNow, type Cost } from './support/cost.js';
import { peakMemoryMb } from './support/processes.js';
import { BenchRelay } from './support/relay.js';
import { latencyText, line, progress, quantile, reach } from './support/report.js';

/** A relay takes 21 of a coprocessor for one auction. */
const BIDS_EACH = 20;
/** More than are ever under way at once, so that no bid overtakes an earlier one of its coprocessor. */
const LEAST_BIDDERS = 512;
const ARRAY = 64;
const MOST_BIDS = 40_000;
const LOAD = 0.7;
/** Bids before the measure: until then the relay mostly compiles itself. */
const WARM_UP = 2_560;
const WARM_UP_S = 12;
const LONGEST_PHASE_S = 4;
const RAW_SECONDS = 2;
const RAW_SAMPLE = 1_024;
const REGISTERED_AT_ONCE = 32;
const AVS = {
  name: 'bench',
  plugin: 'kzg-da',
  chain_id: 31337,
  avs: '0x00000000000000000000000000000000000be5c4',
  reward_per_task_wei: '1000000',
  verification: 'off',
  windows_ms: { bidding: 600_000 },
  source: { kind: 'http', token: 'token-of-the-bench-avs' },
};

interface Bidder {
  key: BlsKey;
  pubkey: Hex;
  line_id: Hex;
}

interface Mode {
  name: string;
  inFlight: number;
  shots: (bids: readonly SignedBid[]) => Shot[];
}

const modes: readonly Mode[] = [
  {
    name: 'single posts, SSZ',
    inFlight: 256,
    shots: (bids) =>
      bids.map((bid) => ({ body: Buffer.from(SignedBid.serialize(bid)), type: 'application/octet-stream', items: 1 })),
  },
  {
    name: `arrays of ${ARRAY}, JSON`,
    inFlight: 8,
    shots: (bids) =>
      Array.from({ length: Math.floor(bids.length / ARRAY) }, (_, index) => {
        const items = bids.slice(index * ARRAY, (index + 1) * ARRAY).map((bid) => SignedBid.toJson(bid));
        return { body: Buffer.from(JSON.stringify(items)), type: 'application/json', items: ARRAY };
      }),
  },
];

async function register(relay: BenchRelay, count: number): Promise<Bidder[]> {
  const bidders: Bidder[] = [];
  const numbers = Array.from({ length: count }, (_, index) => index);
  const lane = async (): Promise<void> => {
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
      const { key, pubkey, owner } = testCoprocessor(number);
      const proof: ProofOfPossession = { key: pubkey, owner_root: `0x${owner.slice(2).padStart(64, '0')}` };
      const possession = signedBy(key, ProofOfPossession, proof, relay.context).signature;
      const body = { pubkey, possession, owner, cover_wei: 10n ** 24n };
      bidders.push({ key, pubkey, ...(await relay.client.data(routes.registerDevCoprocessor, { body })) });
    }
  };
  await Promise.all(Array.from({ length: REGISTERED_AT_ONCE }, lane));
  return bidders;
}

/** The first bid of each, then the second of each, …: so that a coprocessor's nonces arrive in their order. */
function signBids(
  relay: BenchRelay,
  bidders: readonly Bidder[],
  auction: { auction_id: Hex; avs_id: Hex },
): SignedBid[] {
  return Array.from({ length: BIDS_EACH }, (_, round) =>
    bidders.map(({ key, pubkey, line_id }, index) => {
      const message: Bid = {
        auction_id: auction.auction_id,
        avs_id: auction.avs_id,
        coprocessor: pubkey,
        line_id,
        cover_wei_per_unit: 10n ** 18n,
        assurance: 0,
        standby: index % 2,
        steps: [
          { fee_share_bps: 500 + round, units: 10 },
          { fee_share_bps: 1_000 + round, units: 20 },
        ],
        valid_until: FAR_SECONDS,
        nonce: BigInt(round + 1),
      };
      return signedBy(key, Bid, message, relay.context);
    }),
  ).flat();
}

function rawRate(relay: BenchRelay, bids: readonly SignedBid[]): Rate {
  const claims = bids.map(({ message, signature }): Claim => ({
    pubkey: message.coprocessor,
    signingRoot: signingRoot(Bid, message, relay.context),
    signature,
  }));
  return batchedRate(claims, RAW_SECONDS);
}

/** The machine is not ours alone: the limit is what it was before and after, on average. */
const meanOf = (one: Rate, other: Rate): Rate => ({
  perSecond: (one.perSecond + other.perSecond) / 2,
  cpuMs: (one.cpuMs + other.cpuMs) / 2,
});

interface Measured {
  accepted: number;
  full: Outcome;
  loaded: Outcome;
  cost: Cost;
  transactions: number;
}

/** One way of sending: the most that is taken, and latency at 70 % of it. */
async function measure(relay: BenchRelay, mode: Mode, bids: readonly SignedBid[], phase: number): Promise<Measured> {
  const poster = new Poster(relay.client.url.origin, routes.placeBid.path);
  const shots = mode.shots(bids);
  const warm = await saturate(poster, shots.splice(0, WARM_UP / shots[0]!.items), mode.inFlight, WARM_UP_S);
  const committed = await relay.metric('odf_bids_batch_size_count');
  const before = costNow(relay);
  const full = await saturate(poster, shots, mode.inFlight, phase);
  const cost = costBetween(before, costNow(relay));
  const transactions = (await relay.metric('odf_bids_batch_size_count')) - committed;
  const loaded = await openLoop(poster, shots, LOAD * full.rate, phase);
  poster.close();
  for (const { refused, reason } of [warm, full, loaded]) {
    if (refused > 0) throw new Error(`${refused} requests were refused: ${reason}`);
  }
  return { accepted: warm.accepted + full.accepted + loaded.accepted, full, loaded, cost, transactions };
}

function show(mode: Mode, { full, loaded, cost, transactions }: Measured, raw: Rate): void {
  const ratio = full.rate / raw.perSecond;
  const p99 = quantile(loaded.latencies, 0.99);
  const cpuMs = (name: keyof Cost): number => (1000 * cost[name]) / full.accepted;
  const cpu = (name: keyof Cost): string => `${name} ${cpuMs(name).toFixed(2)}`;
  line(mode.name, `${mode.inFlight} requests at once, ${full.seconds.toFixed(1)} s`);
  line(
    '  accepted durably',
    `${full.rate.toFixed(0)} bids/s, ${(full.accepted / transactions).toFixed(1)} a transaction`,
  );
  line('  raw batched blst around it', `${raw.perSecond.toFixed(0)} signatures/s, ${raw.cpuMs.toFixed(2)} ms CPU each`);
  line('  accepted / raw', reach(ratio >= 0.6, `${ratio.toFixed(2)}, reach ≥ 0.6`));
  line('  CPU ms a bid', `${cpu('relay')}, ${cpu('postgres')}, ${cpu('driver')}`);
  line('  CPU of raw / of relay and Postgres', (raw.cpuMs / (cpuMs('relay') + cpuMs('postgres'))).toFixed(2));
  line(`  open loop at 70 %, ${loaded.rate.toFixed(0)} bids/s`, reach(p99 < 250, latencyText(loaded.latencies)));
}

/** Bids for so many seconds of every phase as the limit allows, and the seconds. */
function plan(raw: Rate, count: number): { wanted: number; phase: number } {
  const perSecond = raw.perSecond * (1 + LOAD) * count;
  const wanted = Math.min(MOST_BIDS, Math.ceil(perSecond * LONGEST_PHASE_S));
  return { wanted: wanted + count * WARM_UP, phase: Math.min(LONGEST_PHASE_S, wanted / perSecond) };
}

async function bench(relay: BenchRelay, chosen: readonly Mode[]): Promise<void> {
  const [auction] = await relay.client.data(routes.coprocessorAuctions, { query: { status: 'open' } });
  if (!auction) throw new Error('no auction is open');
  const [first] = await register(relay, 1);
  const estimate = rawRate(relay, signBids(relay, Array<Bidder>(64).fill(first!), auction));
  const { wanted, phase } = plan(estimate, chosen.length);
  const count = Math.max(LEAST_BIDDERS, Math.ceil(wanted / BIDS_EACH));
  progress(`registering ${count} coprocessors and signing ${count * BIDS_EACH} bids`);
  const bids = signBids(relay, await register(relay, count), auction);
  const settings = [await relay.ask('show fsync'), await relay.ask('show synchronous_commit')];
  line('cores, fsync, synchronous_commit', `${availableParallelism()}, ${settings.join(', ')}`);
  line('registered coprocessors, prepared bids', `${count}, ${bids.length}`);
  let accepted = 0;
  const sample = bids.slice(0, RAW_SAMPLE);
  let before = rawRate(relay, sample);
  for (const mode of chosen) {
    progress(`bidding: ${mode.name}`);
    const measured = await measure(relay, mode, bids.splice(0, Math.floor((count * BIDS_EACH) / chosen.length)), phase);
    const after = rawRate(relay, sample);
    show(mode, measured, meanOf(before, after));
    before = after;
    accepted += measured.accepted;
  }
  line('peak memory of the relay', `${peakMemoryMb(relay.pid)} MB`);
  const stored = Number(await relay.ask('select count(*) from bids'));
  line('acknowledged and stored', `${accepted} and ${stored}`);
  if (stored !== accepted) throw new Error(`${accepted} bids were acknowledged, ${stored} are stored`);
}

/** Signed bids accepted durably per second, beside what the same cores verify when they do nothing else; `single` or `arrays` measures one way only. */
export async function run([only]: string[]): Promise<void> {
  const chosen = modes.filter(({ name }) => only === undefined || name.startsWith(only));
  if (chosen.length === 0) throw new Error(`there is no way of sending "${only}"; there are: single, arrays`);
  const relay = await BenchRelay.start([AVS]);
  try {
    await bench(relay, chosen);
  } finally {
    await relay.stop();
  }
}
