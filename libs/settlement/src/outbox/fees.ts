/** What a transaction offers, EIP-1559; wei a gas. */
export interface Fees {
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
}

/** Between what fees may move; wei a gas. */
export interface FeeLimits {
  /** The least tip. */
  minPriorityFeePerGas: bigint;
  /** The most that is ever offered for a gas. */
  maxFeePerGas: bigint;
}

/** What the node says; wei a gas. */
export interface Market {
  baseFee: bigint;
  priorityFee: bigint;
}

/** A floor of 0.001 gwei keeps a replacement above what it replaces; 200 gwei is far above what a busy day asks for. */
export const defaultFeeLimits: FeeLimits = { minPriorityFeePerGas: 1_000_000n, maxFeePerGas: 200_000_000_000n };

/** Fees that hold while the base fee doubles; null when the ceiling does not even buy the next block. */
export function suggestFees({ baseFee, priorityFee }: Market, limits: FeeLimits): Fees | null {
  const tip = max(priorityFee, limits.minPriorityFeePerGas);
  const maxFeePerGas = min(2n * baseFee + tip, limits.maxFeePerGas);
  const room = maxFeePerGas - baseFee;
  if (room < limits.minPriorityFeePerGas) return null;
  return { maxFeePerGas, maxPriorityFeePerGas: min(tip, room) };
}

/**
 * Fees that nodes take in place of `previous`: both higher by an eighth at least, which is above the tenth that geth asks
 * for; null when the ceiling is in the way.
 */
export function bumpFees(previous: Fees, market: Market, limits: FeeLimits): Fees | null {
  const suggested = suggestFees(market, limits);
  if (!suggested) return null;
  const maxFeePerGas = max(raised(previous.maxFeePerGas), suggested.maxFeePerGas);
  const maxPriorityFeePerGas = max(raised(previous.maxPriorityFeePerGas), suggested.maxPriorityFeePerGas);
  // A tip raised often may have outgrown what is offered in all, which no node takes.
  const fees = { maxFeePerGas: max(maxFeePerGas, maxPriorityFeePerGas), maxPriorityFeePerGas };
  return fees.maxFeePerGas > limits.maxFeePerGas ? null : fees;
}

/** An eighth more, rounded up. */
function raised(fee: bigint): bigint {
  return fee + (fee + 7n) / 8n;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
