import type { Hex } from '@odf/protocol';
import type { CoverLineTerms } from '@odf/settlement';

/** A key as the registry knows it; Unix seconds. */
export interface Registration {
  owner: Hex;
  /** Zero while the key is active. */
  revokedAt: bigint;
}

/** Collateral of an owner in the vault, wei of the asset. */
export interface Collateral {
  /** Free, locked and unbonding. */
  totalWei: bigint;
  lockedWei: bigint;
  unbondingWei: bigint;
}

/** A cover line on chain, wei of its asset. */
export interface ChainLine {
  id: Hex;
  terms: CoverLineTerms;
  /** What claims may still take; zero when it is closed. */
  remainingWei: bigint;
}

/** What an operator's escrow has paid an owner and could still pay, wei. */
export interface Channel {
  paidWei: bigint;
  /** Σ of the fees that were drawn without a voucher. */
  provedWei: bigint;
  balanceWei: bigint;
}

/** What a coprocessor reads from the settlement's contracts; addresses are lower-case. */
export interface SettlementChain {
  /** A key's registration, or null. */
  registration(coprocessor: Hex): Promise<Registration | null>;
  /** Wei that a registration posts. */
  bondWei(): Promise<bigint>;
  collateral(owner: Hex, asset: Hex): Promise<Collateral>;
  /** A line that was ever opened, or null. */
  line(id: Hex): Promise<ChainLine | null>;
  /** Whether new lines may name the AVS, and who tells its accepted responses (null: nobody, so nothing can be drawn). */
  avs(avsId: Hex): Promise<{ listed: boolean; acceptance: Hex | null }>;
  isOracleAllowed(oracle: Hex): Promise<boolean>;
  /** What an account holds outside the vault, wei of the asset. */
  fundsWei(account: Hex, asset: Hex): Promise<bigint>;
  /** What the vault may take of a token from an account. */
  allowanceWei(account: Hex, asset: Hex): Promise<bigint>;
  channel(operator: Hex, owner: Hex): Promise<Channel>;
  /** Payments that the owner has not taken out, wei. */
  collectableWei(owner: Hex): Promise<bigint>;
  /** Transactions of the account in the chain. */
  nonceOf(account: Hex): Promise<number>;
}

/** The settlement cannot be brought to what the strategy says; the message says what to do. */
export class Blocked extends Error {
  override readonly name = 'Blocked';
}
