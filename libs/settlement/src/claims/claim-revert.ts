import type { Abi } from 'viem';
import { revertOf, type Revert } from '../chain/revert.js';
import { ClaimRefusal } from '../claim-desk.js';
import {
  collateralVaultAbi,
  committeeOracleAbi,
  coverLinesAbi,
  fraudClaimsAbi,
  receiptOracleAbi,
  symbioticOracleAbi,
} from '../contracts/index.js';

const ABIS: readonly Abi[] = [
  ...[fraudClaimsAbi, receiptOracleAbi, committeeOracleAbi, symbioticOracleAbi, coverLinesAbi, collateralVaultAbi],
];

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

/**
 * The contracts' error behind a failed call of a claim.
 *
 * @throws {Error} the failure itself where the chain did not revert: it says nothing of the claim.
 */
export function claimRevertOf(error: unknown): Revert {
  const revert = revertOf(error, ABIS);
  if (revert === null) throw error;
  return revert;
}

/** A revert as the refusal that people read. */
export function refusalOf({ name, text }: Revert): ClaimRefusal {
  const sentence = name === null ? undefined : SENTENCES[name];
  return new ClaimRefusal('refused', sentence === undefined ? text : `${sentence} [${text}]`);
}
