import { Inject, Injectable } from '@nestjs/common';
import { lowerBound, mayBid } from '@odf/market';
import { AwardsRepository } from '@odf/persistence';
import { OdfError, type CoprocessorInfo, type Hex } from '@odf/protocol';
import { Settlement, type RegisteredCoprocessor } from '@odf/settlement';
import { type Clock } from '@odf/telemetry';
import { freeWei } from '../core/cover-line.js';
import { ReputationScoresService } from '../reputation/reputation-scores.service.js';
import { StandingsService } from '../reputation/standings.service.js';
import { CLOCK } from '../relay.tokens.js';

/** From the fixed point of reputations, 1e9, to basis points. */
const ONE_BPS = 100_000n;

/** What anybody may know of a coprocessor. */
@Injectable()
export class CoprocessorsService {
  constructor(
    private readonly settlement: Settlement,
    private readonly awards: AwardsRepository,
    private readonly reputation: ReputationScoresService,
    private readonly standings: StandingsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * A coprocessor's owner, lines, cover in wei, reputation and standing.
   *
   * @throws {OdfError} COPROCESSOR_UNKNOWN.
   */
  async infoOf(pubkey: Hex): Promise<CoprocessorInfo> {
    const registered = await this.settlement.coprocessor(pubkey);
    if (!registered) throw new OdfError('COPROCESSOR_UNKNOWN');
    const lines = await this.#linesOf(pubkey);
    const own = (await this.standings.of([registered.owner]))(registered.owner);
    const { live_r, live_s, safe_r, safe_s } = (await this.reputation.current([registered.owner]))(registered.owner);
    return {
      coprocessor: pubkey,
      owner: registered.owner,
      lines,
      reserved_wei: lines.reduce((sum, { reserved_wei }) => sum + reserved_wei, 0n),
      free_wei: lines.reduce((sum, { free_wei }) => sum + free_wei, 0n),
      reputation: { live: beta(live_r, live_s), safe: beta(safe_r, safe_s) },
      standing: standingOf(registered, !mayBid({ registered: true, ...own }, BigInt(this.clock.nowMs()))),
    };
  }

  async #linesOf(pubkey: Hex): Promise<CoprocessorInfo['lines']> {
    const lines = await this.settlement.linesOf(pubkey);
    const ids = lines.map(({ line_id }) => line_id);
    const reserved = await this.awards.reservedWei(ids, this.clock.nowMs());
    return lines.map((line) => {
      const { line_id, avs_id, kind, asset, cap_wei, valid_from_ms, valid_until_ms } = line;
      const reserved_wei = reserved.get(line_id) ?? 0n;
      const free_wei = freeWei(line, reserved_wei);
      return { line_id, avs_id, kind, asset, cap_wei, reserved_wei, free_wei, valid_from_ms, valid_until_ms };
    });
  }
}

function beta(r: bigint, s: bigint) {
  return { r, s, lower_bound_bps: Number(lowerBound(r, s) / ONE_BPS) };
}

function standingOf({ revoked, suspended }: RegisteredCoprocessor, barred: boolean): CoprocessorInfo['standing'] {
  if (revoked) return 'revoked';
  return suspended || barred ? 'suspended' : 'good';
}
