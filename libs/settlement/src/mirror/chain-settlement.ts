import { avsId, keyRoot, zeroHex, type Hex } from '@odf/protocol';
import type { PublicClient } from 'viem';
import type { Deployment } from '../chain/deployment.js';
import {
  lineKinds,
  Settlement,
  type ClaimTerms,
  type CoverLine,
  type FeeEscrowAccount,
  type Membership,
  type RegisteredCoprocessor,
} from '../settlement.js';
import { isContractSignature } from './contract-signature.js';
import type { Confirmed, MirrorReader } from './mirror-reader.js';
import type { CoverLineTerms } from '../calls/line-calls.js';
import type { EscrowState, LineState } from './mirror-states.js';

/** Says who is in which operator set; see {@link Settlement.membership}. */
export interface MembershipSource {
  membership(avsId: Hex, operator: Hex, slashableWei: bigint): Promise<Membership>;
}

/** What a {@link ChainSettlement} reads. */
export interface ChainSettlementOptions {
  client: PublicClient;
  deployment: Deployment;
  /** Reads the mirror that a `ChainIndexer` keeps up to date. */
  reader: MirrorReader;
  membership: MembershipSource;
}

const NO_ACCOUNT = zeroHex(20);
const NO_ROOT = zeroHex(32);
const MS = 1_000n;

/**
 * The settlement on a chain, read from its mirror.
 *
 * What adds to anybody's credit (a registration, a line, a deposit, a claim that let go of cover) counts once it is confirmed; what
 * takes away (a revocation, a claim, a withdrawal) counts in the newest block already.
 */
export class ChainSettlement extends Settlement {
  readonly chainId: bigint;
  readonly address: Hex;
  readonly #reader: MirrorReader;

  constructor(private readonly options: ChainSettlementOptions) {
    super();
    this.chainId = options.deployment.chainId;
    this.address = options.deployment.hub;
    this.#reader = options.reader;
  }

  async coprocessor(pubkey: Hex): Promise<RegisteredCoprocessor | null> {
    const found = await this.#reader.one('coprocessor', keyRoot(pubkey));
    if (!found) return null;
    const { head, confirmed } = found;
    return {
      pubkey: head.pubkey,
      owner: head.owner,
      bonded: head.bonded && confirmed.bonded,
      suspended: false,
      revoked: head.revoked || confirmed.revoked,
    };
  }

  async line(lineId: Hex): Promise<CoverLine | null> {
    const found = await this.#reader.one('line', lineId);
    if (!found) return null;
    const coprocessor = await this.#reader.one('coprocessor', found.head.terms.coprocessor);
    return coprocessor && this.#coverOf(found, coprocessor.head.pubkey);
  }

  async linesOf(pubkey: Hex): Promise<CoverLine[]> {
    const found = await this.#reader.all('line', keyRoot(pubkey));
    return found.map((line) => this.#coverOf(line, pubkey));
  }

  membership(avs: Hex, operator: Hex, slashableWei: bigint): Promise<Membership> {
    return this.options.membership.membership(avs, operator, slashableWei);
  }

  async escrow(operator: Hex): Promise<FeeEscrowAccount> {
    const found = await this.#reader.one('escrow', operator);
    if (!found) return { balance_wei: 0n, leaving_wei: 0n, paid_wei: 0n };
    const { balance, leaving, paid } = worse(found);
    return { balance_wei: balance, leaving_wei: leaving, paid_wei: paid };
  }

  isValidContractSignature(address: Hex, digest: Hex, signature: Hex): Promise<boolean> {
    return isContractSignature(this.options.client, address, digest, signature);
  }

  #coverOf(line: Confirmed<LineState>, pubkey: Hex): CoverLine {
    const { terms } = line.head;
    return {
      line_id: line.id,
      coprocessor: pubkey,
      owner: terms.owner,
      kind: lineKinds.posted,
      asset: terms.asset,
      cap_wei: terms.cap,
      taken_wei: takenWei(line),
      valid_from_ms: terms.validFrom * MS,
      valid_until_ms: terms.validUntil * MS,
      slash_tail_ms: terms.slashTail * MS,
      avs_id: avsId(this.chainId, terms.avs, terms.operatorSetId),
      relay_root: terms.relayRoot === NO_ROOT ? null : terms.relayRoot,
      operator: terms.operator === NO_ACCOUNT ? null : terms.operator,
      claim_terms: claimTermsOf(terms),
      block_number: line.block_number,
    };
  }
}

function claimTermsOf(terms: CoverLineTerms): ClaimTerms {
  return {
    oracle: terms.oracle,
    attributor: terms.attributor,
    coverage_bips: terms.coverageBips,
    fault_mask: terms.faultMask,
    pinned_slasher: terms.pinnedSlasher === NO_ACCOUNT ? null : terms.pinnedSlasher,
    allow_redistribution: terms.allowRedistribution,
  };
}

/** What claims drew or hold; a hold that ended counts until that is confirmed. A closed line has nothing left. */
function takenWei({ head, confirmed }: Confirmed<LineState>): bigint {
  if (head.closed) return head.terms.cap;
  const [now, before] = [head.spent + head.held, confirmed.spent + confirmed.held];
  return now > before ? now : before;
}

/** Of the newest and the confirmed account the one that answers for less: payments change neither's sum, so it shows the rest. */
function worse({ head, confirmed }: Confirmed<EscrowState>): EscrowState {
  const answersFor = ({ balance, leaving, paid }: EscrowState): bigint => balance - leaving + paid;
  return answersFor(head) <= answersFor(confirmed) ? head : confirmed;
}
