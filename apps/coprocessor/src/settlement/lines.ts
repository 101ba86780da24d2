import { RelayError } from '@odf/client';
import { keyRoot, routes, type AvsInfo, type Hex } from '@odf/protocol';
import { lineId, openLineCall, type CoverLineTerms } from '@odf/settlement';
import type { RelaySession } from '../session.js';
import { sendFunded, type SettlementDesk } from './desk.js';
import { lineTerms, needsLine, servingLines } from './line-plan.js';
import { Blocked, type ChainLine } from './ports.js';
import type { LineStrategy } from './settlement-strategy.js';

/** The lines that serve an AVS at a relay, the longest-lived first. */
export interface ServedAvs {
  relayRoot: Hex;
  avs_id: Hex;
  lines: ChainLine[];
}

/** Keeps pooled lines open for a strategy's AVSs at each relay, and renews them before they end. */
export class LineDuty {
  constructor(private readonly desk: SettlementDesk) {}

  /**
   * Opens what is missing of one AVS at one relay; null where the relay does not serve it.
   *
   * @throws {Blocked} when the hub does not take the terms or the collateral does not suffice.
   */
  async keepOpen(
    session: RelaySession,
    wanted: LineStrategy,
    avss: readonly AvsInfo[],
    signal: AbortSignal,
  ): Promise<ServedAvs | null> {
    const avs = avss.find(({ avs_id, name }) => avs_id === wanted.avs.toLowerCase() || name === wanted.avs);
    if (!avs) return null;
    const { key, owner, clock } = this.desk;
    const place = { coprocessor: keyRoot(key.pubkey), owner, relayRoot: session.relayRoot, avs };
    const nowS = BigInt(clock.nowMs()) / 1000n;
    const terms = lineTerms(wanted, place, nowS);
    const known = await this.#known(session);
    const serving = servingLines(known, terms, nowS);
    if (needsLine(serving, terms, nowS)) {
      const opened = await this.#open(session, avs, terms, signal).catch((error: unknown) => {
        // What still serves goes on serving while its successor cannot be opened.
        if (serving.length === 0 || !(error instanceof Blocked)) throw error;
        this.desk.logger.warn({ avs_id: avs.avs_id, reason: error.message }, 'cover line not renewed');
        return null;
      });
      if (opened) serving.unshift(opened);
    }
    return { relayRoot: session.relayRoot, avs_id: avs.avs_id, lines: serving };
  }

  /** Our lines: those that the store remembers and those that the relay names, as the chain has them. */
  async #known(session: RelaySession): Promise<ChainLine[]> {
    const { store, key, chain } = this.desk;
    const named = await session.client
      .data(routes.getCoprocessor, { params: { pubkey: key.pubkey } })
      .then(({ lines }) => lines.map(({ line_id }) => line_id))
      .catch((error: unknown) => {
        if (error instanceof RelayError && error.code === 'COPROCESSOR_UNKNOWN') return [];
        throw error;
      });
    const ids = new Set([...(await store.lines(session.relayRoot)), ...named]);
    const found = await Promise.all([...ids].map((id) => chain.line(id)));
    return found.filter((line) => line !== null);
  }

  async #open(
    { relayRoot }: RelaySession,
    avs: AvsInfo,
    terms: CoverLineTerms,
    signal: AbortSignal,
  ): Promise<ChainLine> {
    const { deployment, chain, store } = this.desk;
    const id = lineId(terms, { chainId: deployment.chainId, settlement: deployment.hub });
    await store.putLine(relayRoot, id);
    if (!(await chain.line(id))) {
      await this.#check(avs, terms);
      await sendFunded(this.desk, `line:${id}`, openLineCall(deployment, terms), signal);
    }
    const line = await chain.line(id);
    if (!line) throw new Blocked(`the line ${id} was opened, but the node does not show it yet`);
    return line;
  }

  /** Says in words what the contract would refuse by a number. */
  async #check({ avs_id, chain_id, name }: AvsInfo, terms: CoverLineTerms): Promise<void> {
    const { chain, deployment, owner } = this.desk;
    if (chain_id !== deployment.chainId)
      throw new Blocked(`${name} is on chain ${chain_id}: no line here can cover it`);
    if (!(await chain.avs(avs_id)).listed) throw new Blocked(`the hub does not list ${name} (${avs_id}) for new lines`);
    for (const contract of [terms.oracle, terms.attributor]) {
      if (!(await chain.isOracleAllowed(contract))) {
        throw new Blocked(`the hub does not allow ${contract}: set oracle and attributor of the line for ${name}`);
      }
    }
    const { totalWei, lockedWei, unbondingWei } = await chain.collateral(owner, terms.asset);
    const free = totalWei - lockedWei - unbondingWei;
    if (free < terms.cap) {
      throw new Blocked(
        `a line for ${name} locks ${terms.cap} wei of ${terms.asset} and ${free} are free: raise settlement.collateral`,
      );
    }
  }
}
