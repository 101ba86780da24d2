/** A mean with what 95 of 100 such means lie within. */
export interface Interval {
  mean: number;
  low: number;
  high: number;
}

/** Student's t at 97.5 % for 1 … 30 degrees of freedom. */
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const;
const NORMAL_975 = 1.96;

/** The mean of independent samples and its 95 % interval by Student's t; a single sample has no width that could be told. */
export function intervalOf(samples: readonly number[]): Interval {
  const mean = meanOf(samples);
  const degrees = samples.length - 1;
  if (degrees < 1) return { mean, low: mean, high: mean };
  const variance = samples.reduce((sum, one) => sum + (one - mean) ** 2, 0) / degrees;
  const half = (T_975[degrees - 1] ?? NORMAL_975) * Math.sqrt(variance / samples.length);
  return { mean, low: mean - half, high: mean + half };
}

/** The mean; 0 of nothing. */
export function meanOf(samples: readonly number[]): number {
  return samples.length === 0 ? 0 : samples.reduce((sum, one) => sum + one, 0) / samples.length;
}

/** The middle one, the lower of two. */
export function medianOf(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[(samples.length - 1) >> 1]!;
}

/** Intervals of series of the same length, place by place. */
export function bandOf(series: readonly (readonly number[])[]): Interval[] {
  return (series[0] ?? []).map((_, at) => intervalOf(series.map((one) => one[at]!)));
}
