const PERCENT_OF_ALL = 10n;

/**
 * What counts of sums that several sources supply when none may supply more than 10 % of what counts, or `floor` if that is
 * more: one of 40 + nine of 1 → 10, three of 15 → 3, forty of 1 → 40 (MARKET.md, "Wash resistance").
 *
 * The fixpoint in closed form: with the k largest capped, counted = 10·rest/(10 − k), for the least k that caps all that exceed it.
 */
export function cappedSum(parts: Iterable<bigint>, floor: bigint): bigint {
  const falling = [...parts].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  let rest = falling.reduce((sum, part) => sum + part, 0n);
  let limit = floor;
  for (let capped = 0n; ; capped++) {
    const counted = capped < PERCENT_OF_ALL ? (PERCENT_OF_ALL * rest) / (PERCENT_OF_ALL - capped) : 0n;
    limit = counted / PERCENT_OF_ALL > floor ? counted / PERCENT_OF_ALL : floor;
    const next = falling[Number(capped)];
    if (next === undefined || next <= limit) break;
    rest -= next;
  }
  return falling.reduce((sum, part) => sum + (part < limit ? part : limit), 0n);
}
