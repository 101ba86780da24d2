import { Injectable } from '@nestjs/common';
import { screenAuction, screenWindow, type ScreenFacts } from '@odf/market';
import { AuctionsRepository } from '@odf/persistence';
import type { AuctionScreen, Hex, WindowScreen } from '@odf/protocol';
import { AvsRegistry } from '../core/avs-registry.js';
import { pageBefore } from '../http/cursor.js';

/** Collusion screens: figures that may be worth a look, computed from what auctions left behind; nobody is punished by them. */
@Injectable()
export class ScreensService {
  constructor(
    private readonly auctions: AuctionsRepository,
    private readonly registry: AvsRegistry,
  ) {}

  /**
   * A page of auctions, newest first.
   *
   * @throws {OdfError} CURSOR_INVALID.
   */
  async page(query: {
    avs_id?: Hex | undefined;
    limit: number;
    cursor?: string | undefined;
  }): Promise<AuctionScreen[]> {
    const before = pageBefore(query.cursor);
    const rows = await this.auctions.screenFacts({ avsId: query.avs_id, before, limit: query.limit });
    return rows.map(({ id, facts }) => ({ id, ...screenAuction(facts as ScreenFacts) }));
  }

  /**
   * The newest auctions of an AVS against each other.
   *
   * @throws {OdfError} AVS_UNKNOWN.
   */
  async window(avsId: Hex, limit: number): Promise<WindowScreen> {
    const { avs_id } = this.registry.get(avsId).config;
    const rows = await this.auctions.screenFacts({ avsId: avs_id, limit });
    return { avs_id, ...screenWindow(rows.map(({ facts }) => facts as ScreenFacts).reverse()) };
  }
}
