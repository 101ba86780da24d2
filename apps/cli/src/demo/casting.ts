/** How one validator of a demo differs from the plain one. */
export interface ValidatorRole {
  verify: 'full' | 'none';
  vouchers: 'issue' | 'off';
  /** The only coprocessors that it lets serve it, by their number from 0; all when empty. */
  allow: readonly number[];
  /** What its operator puts into the fee escrow, wei. */
  escrowWei: bigint;
  /** How long a relay may take to file a claim of it, milliseconds. */
  claimRelayPatienceMs: number;
}

/** How one coprocessor of a demo differs from the plain one. */
export interface CoprocessorRole {
  /** Module that computes instead of the plug-in's own prover. */
  prover?: string;
  /** Environment of its process. */
  env: Readonly<Record<string, string>>;
  /** Whether it also stands by for what others win. */
  standby: boolean;
  /** How long a due fee may stay without a voucher before it is drawn, milliseconds. */
  drawAfterMs: number;
}

/** Who plays in a demo, and how. */
export interface Casting {
  validators: readonly ValidatorRole[];
  coprocessors: readonly CoprocessorRole[];
  /** Whether the relay checks payloads before it holds them. */
  verification: 'before' | 'off';
}

const ETHER = 10n ** 18n;

/** A validator like any other. */
export const plainValidator: ValidatorRole = {
  verify: 'full',
  vouchers: 'issue',
  allow: [],
  escrowWei: ETHER,
  claimRelayPatienceMs: 600_000,
};
/** A coprocessor like any other. */
export const plainCoprocessor: CoprocessorRole = { env: {}, standby: false, drawAfterMs: 86_400_000 };

/** A cast in which nobody is special. */
export function plainCast(validators: number, coprocessors: number): Casting {
  return {
    validators: Array.from({ length: validators }, () => plainValidator),
    coprocessors: Array.from({ length: coprocessors }, () => plainCoprocessor),
    verification: 'before',
  };
}
