import type { Hex } from '@odf/protocol';
import { decodeAbiParameters, parseAbi, parseAbiParameters, toEventSelector } from 'viem';
import type { RawLog } from './block-receipts.js';

/** EigenLayer's slashing event; it indexes nothing. */
export const allocationManagerEvents = parseAbi([
  'struct OperatorSet { address avs; uint32 id; }',
  'event OperatorSlashed(address operator, OperatorSet operatorSet, address[] strategies, uint256[] wadSlashed, string description)',
]);

/** Topic of {@link allocationManagerEvents}' only event. */
export const OPERATOR_SLASHED = toEventSelector(allocationManagerEvents[0]);

const DATA = parseAbiParameters([
  'address operator, OperatorSet operatorSet, address[] strategies, uint256[] wadSlashed, string description',
  'struct OperatorSet { address avs; uint32 id; }',
]);

/** A slash as its log tells it. */
export interface SlashLog {
  operator: Hex;
  avs: Hex;
  operatorSetId: number;
  /** Lower-case addresses. */
  strategies: Hex[];
  description: string;
  /** Index of the log in its block, as RPCs count. */
  logIndex: number;
  /** Index of the log in its receipt, as proofs count. */
  position: number;
}

/** The slashes among the logs of one receipt; `emitter` is the AllocationManager. */
export function slashLogs(logs: readonly RawLog[], emitter: Hex): SlashLog[] {
  return logs.flatMap((log, position) => {
    const isSlash = log.address === emitter.toLowerCase() && log.topics[0] === OPERATOR_SLASHED;
    return isSlash ? [slashOf(log, position)] : [];
  });
}

function slashOf({ data, logIndex }: RawLog, position: number): SlashLog {
  const [operator, operatorSet, strategies, , description] = decodeAbiParameters(DATA, data);
  return {
    operator: lower(operator),
    avs: lower(operatorSet.avs),
    operatorSetId: operatorSet.id,
    strategies: strategies.map(lower),
    description,
    logIndex: Number(logIndex),
    position,
  };
}

const lower = (address: string): Hex => address.toLowerCase() as Hex;
