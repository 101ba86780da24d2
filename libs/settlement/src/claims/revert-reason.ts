import { hexToString, type Abi, type Hex } from 'viem';
import { BaseError, decodeErrorResult } from 'viem';
import {
  collateralVaultAbi,
  committeeOracleAbi,
  coverLinesAbi,
  fraudClaimsAbi,
  receiptOracleAbi,
  symbioticOracleAbi,
} from '../contracts/index.js';

const SOURCES: readonly Abi[] = [
  ...[fraudClaimsAbi, receiptOracleAbi, committeeOracleAbi, symbioticOracleAbi, coverLinesAbi, collateralVaultAbi],
];
const ERRORS: Abi = SOURCES.flatMap((abi) => abi.filter(({ type }) => type === 'error'));

/** A revert that one of the contracts' errors explains. */
export interface Revert {
  name: string;
  args: readonly unknown[];
}

/** What the operator can do about an error, by its name. */
const SENTENCES: Readonly<Record<string, string>> = {
  Paused: 'filings are paused: file again when the hub resumes, deadlines are extended by as long',
  TooLate: 'the slash is too old: claims are filed within 14 days of it',
  WrongState: 'a claim on this slash stands already: read its state',
  UnknownLine: 'there is no such line: the attestation names one that was never opened here',
  Mismatch: 'parts of the evidence do not belong together',
  NotAwarded: 'the leaf is not in the attested award: ask the relay for the award proof again',
  NotInForce: 'the line or the attestation did not hold at that time',
  StakeRedistributed: 'the operator set redistributes slashed stake, and the line does not cover that',
  NoAttributor: 'the line names nobody who says which response was slashed, so it covers nothing',
  NotAttested: 'the slashed response is not the attested one: the coprocessor does not answer for it',
  FaultNotCovered: 'the line does not cover this fault',
  NotForThisResponse: 'the AVS does not link this slash to the attested response',
  BadSignature: 'a signature is not its signer’s',
  NothingDue: 'nothing is left to claim: loss, liability or line are used up',
  AsksTooLittle: 'only the operator itself may ask for less than it is due: file from its account or ask for more',
  WrongBond: 'too little bond comes along',
  NotAnchored: 'the block of the slash is not anchored',
  NotASlash: 'the log is no slash of the AllocationManager that the oracle pins',
  StrategyNotSlashed: 'the slash took nothing of this strategy',
  TransactionFailed: 'the transaction of the slash was reverted',
};

/** The contracts' error behind a failed call; null where it failed otherwise. */
export function revertOf(error: unknown): Revert | null {
  const data = dataOf(error);
  if (data === null) return null;
  try {
    const { errorName, args = [] } = decodeErrorResult({ abi: ERRORS, data });
    return { name: errorName, args };
  } catch {
    return null;
  }
}

/** Why a call was refused, for people. */
export function reasonOf(error: unknown): string {
  const revert = revertOf(error);
  if (revert === null) return error instanceof BaseError ? error.shortMessage : String(error);
  const details = revert.args.map(readable).join(', ');
  const said = `${revert.name}(${details})`;
  const sentence = SENTENCES[revert.name];
  return sentence === undefined ? said : `${sentence} [${said}]`;
}

function dataOf(error: unknown): Hex | null {
  if (!(error instanceof BaseError)) return null;
  const carrier = error.walk((cause) => rawData(cause) !== null);
  return carrier === null ? null : rawData(carrier);
}

function rawData(cause: unknown): Hex | null {
  const { data } = cause as { data?: unknown };
  return typeof data === 'string' && /^0x[0-9a-f]{8}/i.test(data) ? (data as Hex) : null;
}

/** Short texts stand as bytes32 in errors. */
function readable(value: unknown): string {
  if (typeof value === 'string' && /^0x[0-9a-f]{64}$/i.test(value)) {
    const text = hexToString(value as Hex, { size: 32 }).replaceAll('\0', '');
    if (/^[ -~]+$/.test(text)) return text;
  }
  return String(value);
}
