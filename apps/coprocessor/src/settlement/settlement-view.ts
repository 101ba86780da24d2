import type { SettlementFigures } from '../metrics.js';
import type { SettlementKeeper } from './keeper.js';

/** What `/status` shows of the chain: amounts in wei and times in Unix seconds, as decimal strings. */
export function settlementStatus(keeper: SettlementKeeper, problems: readonly string[]): unknown {
  const { desk, registered, collateral, served, payments } = keeper;
  const { paidWei, promisedWei, dueWei, collectableWei } = payments.totals;
  return {
    chain_id: desk.deployment.chainId.toString(),
    settlement: desk.deployment.hub,
    owner: desk.owner,
    registered,
    collateral: collateral.map(({ asset, totalWei, lockedWei, unbondingWei }) => ({
      asset,
      total_wei: totalWei.toString(),
      locked_wei: lockedWei.toString(),
      unbonding_wei: unbondingWei.toString(),
    })),
    lines: served.flatMap(({ relayRoot, avs_id, lines }) =>
      lines.map(({ id, terms, remainingWei }) => ({
        line_id: id,
        relay_root: relayRoot,
        avs_id,
        cap_wei: terms.cap.toString(),
        remaining_wei: remainingWei.toString(),
        valid_until: terms.validUntil.toString(),
      })),
    ),
    fees: {
      promised_wei: promisedWei.toString(),
      due_wei: dueWei.toString(),
      paid_wei: paidWei.toString(),
      collectable_wei: collectableWei.toString(),
    },
    sending: desk.sending.current,
    problems,
  };
}

/** What the metrics show of the chain. */
export function settlementFigures(
  { collateral, served, payments }: SettlementKeeper,
  problems: number,
): SettlementFigures {
  const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, wei) => total + wei, 0n);
  const locked = sum(collateral.map(({ lockedWei }) => lockedWei));
  const unbonding = sum(collateral.map(({ unbondingWei }) => unbondingWei));
  const { paidWei, promisedWei, dueWei, collectableWei } = payments.totals;
  return {
    collateral: { free: sum(collateral.map(({ totalWei }) => totalWei)) - locked - unbonding, locked, unbonding },
    cover: sum(served.flatMap(({ lines }) => lines.map(({ remainingWei }) => remainingWei))),
    payments: { promised: promisedWei, due: dueWei, paid: paidWei, collectable: collectableWei },
    problems,
  };
}
