import { createPublicClient, http, type Abi, type LocalAccount, type PublicClient } from 'viem';
import { sleep } from '@odf/client';
import type { Hex } from '@odf/protocol';
import {
  collateralVaultAbi,
  coprocessorRegistryAbi,
  coverLinesAbi,
  feeEscrowAbi,
  odfHubAbi,
  readDeployment,
  TxOutbox,
  type Deployment,
  type LevelIntentStore,
} from '@odf/settlement';
import type { SettlementFigures } from '../metrics.js';
import type { RelaySession } from '../session.js';
import { ChainReader } from './chain-reader.js';
import type { SettlementDesk } from './desk.js';
import { SettlementKeeper } from './keeper.js';
import { Sending, type SendingParts } from './sending.js';
import { settlementFigures, settlementStatus } from './settlement-view.js';

/** Which chain and hub; blocks. */
export interface SettlementPlace {
  rpcUrl: string;
  /** The first relay's unless given. */
  hub: Hex | undefined;
  confirmations: number;
}

/** What the settlement of a coprocessor works with. */
export type SettlementParts = Pick<SettlementDesk, 'key' | 'store' | 'strategy' | 'clock' | 'logger'> &
  Pick<SendingParts, 'count'> & {
    /** The owner's account. */
    account: LocalAccount;
    intents: LevelIntentStore;
    /** Relays that are connected. */
    sessions(): RelaySession[];
  };

/** Waits between looks for a hub and a chain. */
const CONNECT_MS = 1_000;
/** What the last payments at an orderly end may take. */
const FINISH_MS = 60_000;
/** Whose errors are told by name. */
const abis: readonly Abi[] = [coprocessorRegistryAbi, collateralVaultAbi, coverLinesAbi, feeEscrowAbi, odfHubAbi];

/** Connects to the chain and keeps it as the strategy says, through an outbox of its own. */
export class SettlementService {
  #keeper: SettlementKeeper | undefined;
  /** Why the chain is not connected. */
  #problem: string | undefined = 'connecting';
  readonly #client: PublicClient;
  readonly #owner: Hex;

  constructor(
    private readonly place: SettlementPlace,
    private readonly parts: SettlementParts,
  ) {
    this.#client = createPublicClient({ transport: http(place.rpcUrl, { batch: true }), cacheTime: 0 });
    this.#owner = parts.account.address.toLowerCase() as Hex;
  }

  /** Our lines for an AVS at a relay, the best first. */
  linesFor(relayRoot: Hex, avsId: Hex): Hex[] {
    return this.#keeper?.linesFor(relayRoot, avsId) ?? [];
  }

  /** What `/status` shows. */
  status(): unknown {
    if (!this.#keeper) return { state: 'connecting', owner: this.#owner, problems: [this.#problem] };
    return settlementStatus(this.#keeper, this.#problems(this.#keeper));
  }

  /** What the metrics show; undefined until the chain is connected. */
  figures(): SettlementFigures | undefined {
    return this.#keeper && settlementFigures(this.#keeper, this.#problems(this.#keeper).length);
  }

  /** Keeps the chain until aborted, then makes the last payments where the strategy wants them. */
  async run(signal: AbortSignal): Promise<void> {
    const deployment = await this.#connect(signal);
    if (!deployment) return;
    const { account, intents: store, clock, logger: log, count } = this.parts;
    const { confirmations } = this.place;
    const client = this.#client;
    const outbox = new TxOutbox({
      client,
      account,
      chainId: deployment.chainId,
      store,
      confirmations,
      clock,
      log,
      abis,
    });
    const keeper = this.#keeperOf(deployment, new Sending({ sender: outbox, clock, logger: log, count }));
    const sending = new AbortController();
    const sent = outbox.run(sending.signal);
    try {
      await keeper.run(signal);
      await withTimeout(FINISH_MS, (timeout) => keeper.finish(timeout));
    } finally {
      sending.abort();
      await sent;
    }
  }

  /** Lets go of the transactions' store; after `run` has ended. */
  close(): Promise<void> {
    return this.parts.intents.close();
  }

  #keeperOf(deployment: Deployment, sending: Sending): SettlementKeeper {
    const { key, store, strategy, clock, logger } = this.parts;
    this.#keeper = new SettlementKeeper({
      ...{ key, store, strategy, clock, logger, deployment, sending },
      owner: this.#owner,
      chain: new ChainReader(this.#client, deployment),
      relays: () => this.parts.sessions().filter((session) => settlesOn(session, deployment)),
    });
    return this.#keeper;
  }

  async #connect(signal: AbortSignal): Promise<Deployment | undefined> {
    while (!signal.aborted) {
      const hub = this.place.hub ?? this.parts.sessions()[0]?.context.settlement;
      try {
        if (hub) return await readDeployment(this.#client, hub);
        this.#failed('no relay has named its settlement yet: set ODF_SETTLEMENT, or wait for one');
      } catch (error) {
        this.#failed(error instanceof Error ? error.message : String(error));
      }
      await sleep(CONNECT_MS, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
    return undefined;
  }

  #failed(problem: string): void {
    if (this.#problem !== problem) this.parts.logger.warn({ problem }, 'the chain is not connected');
    this.#problem = problem;
  }

  #problems({ desk: { deployment }, problems }: SettlementKeeper): string[] {
    const strangers = this.parts.sessions().filter((session) => !settlesOn(session, deployment));
    return [
      ...problems,
      ...strangers.map(
        ({ client, context }) =>
          `${client.url.origin} settles at ${context.settlement} on chain ${context.chainId}: no lines are kept for it`,
      ),
    ];
  }
}

function settlesOn({ context }: RelaySession, { chainId, hub }: Deployment): boolean {
  return context.chainId === chainId && context.settlement === hub;
}

/** Runs work whose signal is aborted after a while; the timer is held, unlike that of `AbortSignal.timeout`. */
async function withTimeout(ms: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('the last payments took too long')), ms);
  try {
    await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
