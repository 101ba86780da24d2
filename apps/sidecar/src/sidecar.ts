import { randomBytes } from 'node:crypto';
import { VerificationThread, workloadOf, type ChainAccess } from '@odf/avs';
import { assertNativeBls, verifySignature } from '@odf/bls';
import type { Hex } from '@odf/protocol';
import { statusServer, systemClock, type Clock, type StatusServer } from '@odf/telemetry';
import type { Logger } from 'pino';
import { AwardBook } from './award-book.js';
import { Ciphertexts } from './ciphertexts.js';
import { EvidenceFiles } from './claims/evidence-files.js';
import { RelayFollower } from './follow-relay.js';
import { HeaderBook } from './header-book.js';
import { loadValidator, type Validator } from './keys.js';
import { Limiter } from './limiter.js';
import { sidecarMetrics, type SidecarMetrics } from './metrics.js';
import { PolicyError, type SidecarPolicy } from './policy.js';
import { SlashingProtection } from './protection.js';
import { RelaySession } from './relay-session.js';
import type { SettlementPorts } from './settlement-ports.js';
import { Settling } from './settling.js';
import { readStatus } from './status.js';
import { work } from './steps/work.js';
import { Store } from './store.js';
import { TaskRegistry } from './task-registry.js';

/** How a sidecar runs. */
export interface SidecarOptions {
  relays: readonly string[];
  policy: SidecarPolicy;
  dataDir: string;
  host: string;
  port: number;
  log: Logger;
  clock?: Clock;
  /** The chain of CHAIN_RPC_URL: AVSs with a task manager take responses by transaction only. */
  chain?: ChainAccess;
  /** Longest wait of one header request, milliseconds; default 10,000. */
  headerWaitMs?: number;
  /** Of every other request, milliseconds; default 10,000. */
  requestTimeoutMs?: number;
  /** Between polls, milliseconds; default 2,000. */
  pollMs?: number;
  /** Between looks at /info, /avs and enrollments, milliseconds; default 60,000. */
  refreshMs?: number;
  /** Without it fees stay exposed and slashes unclaimed. */
  settlement?: SettlementPorts;
  /** How long a relay may take to file a claim before it is filed without it, milliseconds; default 600,000. */
  claimRelayPatienceMs?: number;
}

/** A running sidecar. */
export interface Sidecar {
  /** Where `/status` and `/metrics` are served. */
  url: string;
  /** Finishes current writes and closes; what is not done goes on at the next start. */
  stop(): Promise<void>;
  /** Fails when something that must not fail did; never resolves before `stop`. */
  done: Promise<void>;
}

/** Tasks that run at once; most of the time they wait for an answer. */
const MOST_TASKS = 256;

/**
 * Starts a sidecar.
 *
 * @throws {PolicyError} for wrong keys or relay URLs; {@link Error} when the data folder or the address is in use.
 */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  assertNativeBls();
  const validators = await loadValidators(options);
  const store = await Store.open(options.dataDir);
  try {
    return await start(options, validators, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function loadValidators({ policy, dataDir, log }: SidecarOptions): Promise<Validator[]> {
  const validators = await Promise.all(policy.validators.map((choice) => loadValidator(choice, dataDir)));
  const known = new Set<Hex>();
  for (const { pubkey, avs } of validators) {
    if (known.has(pubkey)) throw new PolicyError(`the validator ${pubkey} is named twice`);
    known.add(pubkey);
    for (const { avs_id, enabled, verify } of avs.values()) {
      if (enabled && verify === 'none') {
        log.warn({ validator: pubkey, avs_id }, 'VERIFY IS OFF: payloads are signed unseen, trusting collateral alone');
      }
    }
  }
  return validators;
}

async function start(options: SidecarOptions, validators: readonly Validator[], store: Store): Promise<Sidecar> {
  const { policy } = options;
  const sessions = openSessions(options, store);
  for (const session of sessions) await session.load();
  const stopping = new AbortController();
  const parts = await wire(options, validators, store, sessions, stopping.signal);
  const server = await serve(options, { ...parts, sessions, validators, store });
  warmUp(policy, parts.verification);
  await parts.tasks.resume();
  const followers = sessions.map((session) => new RelayFollower(session, parts.follow, stopping.signal).run());
  const working = Promise.all([...followers, parts.settling?.run()]);
  return {
    url: server.url,
    done: working.then(() => undefined),
    stop: async () => {
      stopping.abort();
      await Promise.allSettled([working, parts.tasks.settle()]);
      await parts.verification.close();
      await server.close();
      await store.close();
    },
  };
}

function openSessions({ relays, policy, requestTimeoutMs }: SidecarOptions, store: Store): RelaySession[] {
  if (relays.length === 0) throw new PolicyError('name at least one relay: --relay https://0x<pubkey>@host');
  const sessions = relays.map((url) => new RelaySession(url, store, policy, requestTimeoutMs));
  if (new Set(sessions.map(({ pubkey }) => pubkey)).size < sessions.length) {
    throw new PolicyError('a relay is named twice');
  }
  return sessions;
}

interface Parts {
  verification: VerificationThread;
  awards: AwardBook;
  tasks: TaskRegistry;
  metrics: SidecarMetrics;
  settling: Settling | undefined;
  follow: ConstructorParameters<typeof RelayFollower>[1];
}

async function wire(
  options: SidecarOptions,
  validators: readonly Validator[],
  store: Store,
  sessions: readonly RelaySession[],
  signal: AbortSignal,
): Promise<Parts> {
  const { log, dataDir, policy, clock = systemClock } = options;
  const check = verifySignature;
  const metrics = sidecarMetrics({ relays: () => countStates(sessions), openTasks: () => tasks.openCount });
  const awards = new AwardBook({
    store,
    clock,
    check,
    onJudged: ({ refusal }) => metrics.awardsTotal.inc({ verdict: refusal?.code ?? 'accepted' }),
  });
  await awards.load();
  const verification = new VerificationThread();
  const flow = {
    work,
    store,
    awards,
    check,
    clock,
    log,
    metrics,
    headers: new HeaderBook(store, clock, check),
    ciphertexts: new Ciphertexts(dataDir),
    evidence: new EvidenceFiles(dataDir),
    keepPayloads: policy.keep_payloads,
    protection: new SlashingProtection(store, clock),
    verification,
    sessions: new Map(sessions.map((session) => [session.pubkey, session])),
    chain: options.chain,
    random: (length: number) => new Uint8Array(randomBytes(length)),
    headerWaitMs: options.headerWaitMs ?? 10_000,
  };
  const byKey = new Map(validators.map((validator) => [validator.pubkey, validator]));
  const tasks = new TaskRegistry(flow, byKey, new Limiter(MOST_TASKS), signal);
  const enrol = { store, clock, enrollmentDays: policy.enrollment_days };
  const pace = { pollMs: options.pollMs ?? 2_000, refreshMs: options.refreshMs ?? 60_000 };
  return {
    verification,
    awards,
    tasks,
    metrics,
    settling: settlingOf(options, { ...flow, ...pace, validators: byKey, signal }),
    follow: { store, clock, log, awards, tasks, validators, enrol, ...pace },
  };
}

function settlingOf(
  { settlement, claimRelayPatienceMs, log }: SidecarOptions,
  {
    evidence,
    ...deps
  }: Omit<ConstructorParameters<typeof Settling>[0], 'ports' | 'files' | 'relayPatienceMs'> & {
    evidence: EvidenceFiles;
  },
): Settling | undefined {
  if (!settlement) {
    log.warn('NO CHAIN: fees stay exposed, no vouchers are issued and no claims are filed; set CHAIN_RPC_URL');
    return undefined;
  }
  return new Settling({
    ...deps,
    ports: settlement,
    files: evidence,
    relayPatienceMs: claimRelayPatienceMs ?? 600_000,
  });
}

function serve(
  { host, port, log }: SidecarOptions,
  parts: Parts & { sessions: RelaySession[]; validators: readonly Validator[]; store: Store },
): Promise<StatusServer> {
  const status = () => readStatus({ ...parts, differences: parts.settling?.differences ?? [] });
  const readyz = () =>
    parts.sessions.some(({ state }) => state === 'ready') || { reason: 'no relay is ready; see /status' };
  const routes = { status, metrics: parts.metrics.registry, livez: () => true as const, readyz };
  return statusServer({ host, port, log, routes });
}

function countStates(sessions: readonly RelaySession[]): Map<string, number> {
  const counts = new Map(['connecting', 'ready', 'refused', 'unreachable'].map((state) => [state, 0]));
  for (const { state } of sessions) counts.set(state, counts.get(state)! + 1);
  return counts;
}

/** Loads what verification needs before the first task, while nothing is urgent. */
function warmUp({ validators }: SidecarPolicy, verification: VerificationThread): void {
  const choices = validators.flatMap(({ avs }) => avs.filter(({ enabled, verify }) => enabled && verify !== 'none'));
  for (const plugin of new Set(choices.map((choice) => choice.plugin))) {
    if (workloadOf(plugin).meta.class === 'intensive') verification.warmUp(plugin);
  }
}
