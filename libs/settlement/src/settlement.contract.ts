import type { Hex } from '@odf/protocol';
import { lineKinds, NATIVE_ASSET, type Settlement } from './settlement.js';

/** A settlement under test, and how a coprocessor gets cover on it. */
export interface SettlementFixture {
  settlement: Settlement;
  /** Two BLS keys that `register` can prove the possession of. */
  pubkeys: readonly [Hex, Hex];
  /** The AVS that registered lines are for, null for any. */
  lineAvsId: Hex | null;
  /** Registers and bonds a coprocessor with a posted line of that cap, and resolves once `settlement` sees it. */
  register(cover: { pubkey: Hex; owner: Hex; cover_wei: bigint }): Promise<{ line_id: Hex }>;
  /** An operator whose stake suffices for `avsId`. */
  member: { avsId: Hex; operator: Hex; slashableWei: bigint };
  /** The fixture's time, Unix ms. */
  nowMs(): bigint;
  destroy(): Promise<void>;
}

const owner: Hex = `0x${'0c'.repeat(20)}`;

/** The behaviour that every settlement shares; call it in a spec of each implementation. */
export function describeSettlement(name: string, make: () => Promise<SettlementFixture>): void {
  describe(`${name} as a Settlement`, () => {
    let at: SettlementFixture;
    let pubkey: Hex;
    let otherPubkey: Hex;
    beforeEach(async () => {
      at = await make();
      [pubkey, otherPubkey] = at.pubkeys;
    });
    afterEach(() => at.destroy());

    it('names its chain and hub', () => {
      expect(at.settlement.chainId).toBeGreaterThan(0n);
      expect(at.settlement.address).toMatch(/^0x[0-9a-f]{40}$/);
    });

    it('knows nothing of strangers', async () => {
      expect(await at.settlement.coprocessor(pubkey)).toBeNull();
      expect(await at.settlement.linesOf(pubkey)).toEqual([]);
      expect(await at.settlement.line(`0x${'77'.repeat(32)}`)).toBeNull();
    });

    it('knows a registered coprocessor and its line', async () => {
      const { line_id } = await at.register({ pubkey, owner, cover_wei: 32n });
      expect(await at.settlement.coprocessor(pubkey)).toEqual({
        pubkey,
        owner,
        bonded: true,
        suspended: false,
        revoked: false,
      });
      const line = await at.settlement.line(line_id);
      expect(line).toMatchObject({ line_id, coprocessor: pubkey, owner, cap_wei: 32n, taken_wei: 0n });
      expect(line).toMatchObject({ avs_id: at.lineAvsId, operator: null });
      expect(line).toMatchObject({ kind: lineKinds.posted, asset: NATIVE_ASSET });
      expect(line!.valid_from_ms).toBeLessThanOrEqual(at.nowMs());
      expect(line!.valid_until_ms).toBeGreaterThan(at.nowMs());
      expect(line!.slash_tail_ms).toBeGreaterThan(0n);
      expect(line!.block_number).toBeGreaterThan(0n);
      expect(await at.settlement.linesOf(pubkey)).toEqual([line]);
    });

    it('keeps the lines of two keys of one owner apart', async () => {
      const first = await at.register({ pubkey, owner, cover_wei: 1n });
      const second = await at.register({ pubkey: otherPubkey, owner, cover_wei: 2n });
      expect(first.line_id).not.toBe(second.line_id);
      expect((await at.settlement.linesOf(otherPubkey)).map(({ cap_wei }) => cap_wei)).toEqual([2n]);
    });

    it('gives out copies that change nothing', async () => {
      const { line_id } = await at.register({ pubkey, owner, cover_wei: 32n });
      const line = await at.settlement.line(line_id);
      line!.cap_wei = 10n ** 18n;
      expect((await at.settlement.line(line_id))!.cap_wei).toBe(32n);
    });

    it('confirms a member', async () => {
      const { avsId, operator, slashableWei } = at.member;
      expect(await at.settlement.membership(avsId, operator, slashableWei)).toEqual({ live: true });
    });

    it('has an empty escrow of who never deposited', async () => {
      expect(await at.settlement.escrow(owner)).toEqual({ balance_wei: 0n, leaving_wei: 0n, paid_wei: 0n });
    });

    it('takes no contract signature where there is no contract', async () => {
      const digest: Hex = `0x${'dd'.repeat(32)}`;
      expect(await at.settlement.isValidContractSignature(owner, digest, `0x${'ee'.repeat(65)}`)).toBe(false);
    });
  });
}
