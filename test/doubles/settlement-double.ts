import type { ClaimEvidence, Hex } from '@odf/protocol';
import { ClaimRefusal, type ClaimRefusalKind } from '@odf/settlement';
import type {
  AcceptedResponse,
  ClaimOnChain,
  SeenSlash,
  SettlementPorts,
} from '../../apps/sidecar/src/settlement-ports.js';
import { CHAIN } from './relay-double.js';

/** The claim that everybody would file in the scene. */
export const CLAIM_ID: Hex = `0x${'c1'.repeat(32)}`;
export const OWNER: Hex = `0x${'0a'.repeat(20)}`;

/** A settlement whose chain says what the spec sets. */
export class SettlementDouble {
  listed = true;
  accepted: AcceptedResponse | null = null;
  paidWei = 0n;
  readonly slashes: SeenSlash[] = [];
  readonly claims = new Map<Hex, ClaimOnChain>();
  /** Calls of the filer, in their order. */
  readonly filed: { evidence: ClaimEvidence; amountWei: bigint }[] = [];
  readonly finalised: Hex[] = [];
  /** Refusals that the next filings meet, in their order. */
  readonly refusals: ClaimRefusalKind[] = [];
  hasFiler = true;

  get ports(): SettlementPorts {
    const view: SettlementPorts['view'] = {
      isListed: () => Promise.resolve(this.listed),
      acceptedResponse: () => Promise.resolve(this.accepted),
      ownerOf: () => Promise.resolve(OWNER),
      paidWei: () => Promise.resolve(this.paidWei),
      slashesOf: (operators, cursor) => Promise.resolve(this.#slashesOf(operators, cursor)),
      claimOf: (claimId) => Promise.resolve(this.claims.get(claimId) ?? null),
      nowMs: () => Promise.resolve(Date.now()),
    };
    const filer = {
      file: (evidence: ClaimEvidence, amountWei: bigint) => this.#file(evidence, amountWei),
      finalise: (claimId: Hex) => this.#finalise(claimId),
    };
    return { ...CHAIN, view, ...(this.hasFiler && { filer }) };
  }

  /** Puts the claim on the double's chain, as a filing by anybody would. */
  hold(slash: SeenSlash, finalisable_at_ms = Date.now() + 3_600_000): void {
    const { operator, task_id } = slash;
    this.claims.set(CLAIM_ID, { state: 'filed', operator, task_id, amount_wei: 5n, finalisable_at_ms });
  }

  #slashesOf(operators: readonly Hex[], cursor = '0') {
    const fresh = this.slashes.slice(Number(cursor));
    const slashes = fresh.filter(({ operator }) => operators.includes(operator));
    return { slashes, cursor: `${this.slashes.length}` };
  }

  async #file(evidence: ClaimEvidence, amountWei: bigint): Promise<{ claim_id: Hex }> {
    const kind = this.refusals.shift();
    if (kind) throw new ClaimRefusal(kind, 'the double refuses');
    this.filed.push({ evidence, amountWei });
    if (!this.claims.has(CLAIM_ID)) this.hold(this.slashes[0]!);
    return Promise.resolve({ claim_id: CLAIM_ID });
  }

  #finalise(claimId: Hex): Promise<void> {
    this.finalised.push(claimId);
    this.claims.set(claimId, { ...this.claims.get(claimId)!, state: 'finalised' });
    return Promise.resolve();
  }
}
