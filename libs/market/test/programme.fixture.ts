/** A market as an independent solver sees it: who may serve what at which cost, and how much of each. */
export interface Programme {
  /** Units of each class, and the cost of leaving one unserved. */
  classes: { units: number; reserve: number }[];
  /** Steps of bids: each serves some classes at one cost. */
  steps: { bidder: number; cost: number; units: number; classes: number[] }[];
  /** Units that each bidder may serve in all. */
  limits: number[];
}

/** The market in the LP format of CPLEX: the least cost of serving or not serving every unit. */
export function lpText({ classes, steps, limits }: Programme): string {
  const terms = classes.map(({ reserve }, index) => `${reserve} u${index}`);
  const perBidder = limits.map((): string[] => []);
  const perClass = classes.map((_, index) => [`u${index}`]);
  const rows: string[] = [];
  steps.forEach(({ bidder, cost, units, classes: served }, at) => {
    const own = served.map((index) => `x${at}_${index}`);
    served.forEach((index, place) => perClass[index]!.push(own[place]!));
    perBidder[bidder]!.push(...own);
    terms.push(...own.map((name) => `${cost} ${name}`));
    if (own.length > 0) rows.push(`s${at}: ${own.join(' + ')} <= ${units}`);
  });
  perClass.forEach((names, index) => rows.push(`c${index}: ${names.join(' + ')} = ${classes[index]!.units}`));
  perBidder.forEach((names, bidder) => {
    if (names.length > 0) rows.push(`b${bidder}: ${names.join(' + ')} <= ${limits[bidder]}`);
  });
  return `Minimize\n obj: ${terms.join(' + ')}\nSubject To\n ${rows.join('\n ')}\nEnd`;
}
