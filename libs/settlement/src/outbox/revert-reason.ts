import { BaseError, decodeErrorResult, isHex, type Abi, type Hex } from 'viem';

/**
 * Why the chain reverts a call, in the words of the contracts' errors, e.g. `StillLeaving(1800000000)`.
 *
 * @param abis ABIs whose errors are known by name; the chain's own `Error` and `Panic` are always known.
 * @returns null when the error is no revert, so that the call may be tried again.
 */
export function findRevertReason(error: unknown, abis: readonly Abi[] = []): string | null {
  if (!(error instanceof Error)) return null;
  const causes = [...causesOf(error)];
  const data = causes.map(revertData).find((found) => found !== undefined);
  if (data !== undefined && data !== '0x') return decoded(data, abis);
  const reverted = causes.some((cause) => isRevertCode(cause) || /revert/i.test(detailsOf(cause)));
  return reverted || data !== undefined ? 'reverted without a reason' : null;
}

function* causesOf(error: Error): Generator<Error> {
  for (let at: unknown = error; at instanceof Error; at = at.cause) yield at;
}

function detailsOf(error: Error): string {
  return error instanceof BaseError ? error.details : error.message;
}

/** 3 is what nodes answer with for a revert. */
function isRevertCode(error: Error): boolean {
  return (error as { code?: unknown }).code === 3;
}

function revertData(error: Error): Hex | undefined {
  const { data } = error as { data?: unknown };
  const given = typeof data === 'object' && data !== null ? (data as { data?: unknown }).data : data;
  return isHex(given) ? given : undefined;
}

function decoded(data: Hex, abis: readonly Abi[]): string {
  const errors = abis.flatMap((abi) => abi.filter(({ type }) => type === 'error'));
  try {
    const { errorName, args } = decodeErrorResult({ abi: errors, data });
    if (errorName === 'Error') return String(args?.[0]);
    return `${errorName}(${(args ?? []).map(printed).join(', ')})`;
  } catch {
    // An error that nobody named is still worth its selector.
    return `reverted with ${data.slice(0, 74)}`;
  }
}

function printed(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' ? member.toString() : member,
  ).replaceAll('"', '');
}
