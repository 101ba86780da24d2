import { BaseError, decodeErrorResult, hexToString, isHex, type Abi, type Hex } from 'viem';

/** What the chain said when it reverted a call. */
export interface Revert {
  /** The contract's error; null where no ABI names it, or none was given. */
  name: string | null;
  args: readonly unknown[];
  /** For people, e.g. `StillLeaving(1800000000)`. */
  text: string;
}

/**
 * How the chain reverts a call, in the words of the contracts' errors.
 *
 * @param abis ABIs whose errors are known by name; the chain's own `Error` and `Panic` are always known.
 * @returns null when the error is no revert, so that the call may be tried again.
 */
export function revertOf(error: unknown, abis: readonly Abi[] = []): Revert | null {
  if (!(error instanceof Error)) return null;
  const causes = [...causesOf(error)];
  const data = causes.map(revertData).find((found) => found !== undefined);
  if (data !== undefined && data !== '0x') return decoded(data, abis);
  const reverted = causes.some((cause) => isRevertCode(cause) || /revert/i.test(detailsOf(cause)));
  return reverted || data !== undefined ? { name: null, args: [], text: 'reverted without a reason' } : null;
}

/** The text of {@link revertOf}. */
export function findRevertReason(error: unknown, abis?: readonly Abi[]): string | null {
  return revertOf(error, abis)?.text ?? null;
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
  // viem keeps decoded errors in `data` and the bytes in `raw`; nodes nest their answer once more.
  const { raw } = error as { raw?: unknown };
  const given = typeof data === 'object' && data !== null ? (data as { data?: unknown }).data : data;
  return [given, raw].find((one) => isHex(one));
}

function decoded(data: Hex, abis: readonly Abi[]): Revert {
  const errors = abis.flatMap((abi) => abi.filter(({ type }) => type === 'error'));
  try {
    const { errorName: name, args = [] } = decodeErrorResult({ abi: errors, data });
    const text = name === 'Error' ? String(args[0]) : `${name}(${args.map(printed).join(', ')})`;
    return { name, args, text };
  } catch {
    // An error that nobody named is still worth its selector.
    return { name: null, args: [], text: `reverted with ${data.slice(0, 74)}` };
  }
}

function printed(value: unknown): string {
  return shortText(value) ?? JSON.stringify(value, (_, member: unknown) => plain(member)).replaceAll('"', '');
}

const plain = (member: unknown): unknown => (typeof member === 'bigint' ? member.toString() : member);

/** Short texts stand as bytes32 in errors. */
function shortText(value: unknown): string | undefined {
  if (!isHex(value) || value.length !== 66) return undefined;
  const text = hexToString(value, { size: 32 }).replaceAll('\0', '');
  return /^[ -~]+$/.test(text) ? text : undefined;
}
