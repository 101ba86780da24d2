import { Attestation, Award, keyRoot, signingRoot, type ClaimEvidence, type Hex } from '@odf/protocol';
import {
  encodeFunctionData,
  zeroAddress,
  zeroHash,
  type PublicClient,
  type ReadContractReturnType,
  type StateOverride,
} from 'viem';
import type { Deployment } from '../chain/deployment.js';
import {
  ClaimDesk,
  ClaimRefusal,
  type ChainCall,
  type FiledClaim,
  type JudgedClaim,
  type PreparedClaim,
} from '../claim-desk.js';
import { coverLinesAbi, fraudClaimsAbi, odfHubAbi, receiptOracleAbi } from '../contracts/index.js';
import { filingOf, type Filing } from './filing.js';
import { claimRevertOf, refusalOf } from './claim-revert.js';
import type { ReceiptProof } from './receipt-proof.js';
import { SlashProver } from './slash-proof.js';

/** Verifies BLS signatures; `SignatureVerifier` of @odf/bls is one. */
export interface SignatureCheck {
  verify(set: { pubkey: Hex; signingRoot: Hex; signature: Hex }): Promise<boolean>;
}

/** What a desk works with. */
export interface ClaimDeskOptions {
  client: PublicClient;
  deployment: Pick<Deployment, 'chainId' | 'hub' | 'lines' | 'claims'>;
  /** The ReceiptOracle at which blocks are anchored. */
  oracle: Hex;
  signatures: SignatureCheck;
  /** How many blocks deep a slash must be, its own counted. */
  confirmations: bigint;
  /** The account that will send the calls; filings are simulated from it. */
  sender: Hex;
}

type Line = ReadContractReturnType<typeof coverLinesAbi, 'lineOf'>;
type Slash = NonNullable<ClaimEvidence['slash']>;

/** Asks what would be held; an account that is nobody's operator. */
const NOBODY: Hex = '0x000000000000000000000000000000000000da7a';
const PLENTY_WEI = 10n ** 27n;
const BOND_DIVISOR = 100n;
/** As `IFraudClaims.State` counts; a claim that a resolver upheld waits for its payment like one that nobody disputed. */
const STATES = [null, 'filed', 'disputed', 'filed', 'finalised', 'rejected', 'vetoed'] as const;

/** The desk of the contracts on a chain: all is checked before anything is sent. */
export class ChainClaimDesk extends ClaimDesk {
  readonly #prover: SlashProver;

  constructor(private readonly options: ClaimDeskOptions) {
    super();
    this.#prover = new SlashProver(options.client, options.oracle, options.confirmations);
  }

  prepare(evidence: ClaimEvidence, amountWei: bigint): Promise<PreparedClaim> {
    return this.#prepare(evidence, amountWei, (receipt) => this.#prover.requireAnchored(receipt));
  }

  async judge(evidence: ClaimEvidence, amountWei: bigint): Promise<JudgedClaim> {
    const rich = { address: this.options.sender, balance: PLENTY_WEI };
    const { claim_id, amount_wei, call } = await this.#prepare(evidence, amountWei, async (receipt) => [
      ...(await this.#prover.asIfAnchored(receipt)),
      rich,
    ]);
    return { claim_id, amount_wei, bond_wei: call.value };
  }

  async isAnchored(transaction: Hex): Promise<boolean> {
    const { blockNumber } = await this.#prover.receiptOf(transaction);
    return this.#prover.isAnchored(blockNumber);
  }

  async anchor(transaction: Hex): Promise<ChainCall> {
    const { blockNumber } = await this.#prover.receiptOf(transaction);
    await this.#prover.requireAnchorable(blockNumber);
    const data = encodeFunctionData({ abi: receiptOracleAbi, functionName: 'anchor', args: [blockNumber] });
    return { to: this.options.oracle, data, value: 0n };
  }

  async stateOf(claimId: Hex): Promise<FiledClaim | null> {
    const { client, deployment } = this.options;
    const call = { abi: fraudClaimsAbi, address: deployment.claims, functionName: 'claimOf' } as const;
    const claim = await client.readContract({ ...call, args: [claimId] });
    const state = STATES[claim.state];
    if (!state) return null;
    const hub = { abi: odfHubAbi, address: deployment.hub } as const;
    const paused = await client.readContract({ ...hub, functionName: 'pausedSecondsSince', args: [claim.filedAt] });
    return {
      state,
      line_id: claim.lineId,
      task_id: claim.taskId,
      operator: claim.operator.toLowerCase() as Hex,
      filer: claim.filer.toLowerCase() as Hex,
      amount_wei: claim.amount,
      bond_wei: claim.bond,
      filed_at_ms: Number(claim.filedAt) * 1000,
      finalisable_at_ms: Number(claim.finalisableAt + paused) * 1000,
      vetoes: claim.vetoes,
    };
  }

  finalise(claimId: Hex): ChainCall {
    const data = encodeFunctionData({ abi: fraudClaimsAbi, functionName: 'finalise', args: [claimId] });
    return { to: this.options.deployment.claims, data, value: 0n };
  }

  /** `anchorOf` says what the chain is asked to take for given. */
  async #prepare(
    evidence: ClaimEvidence,
    amountWei: bigint,
    anchorOf: (receipt: ReceiptProof) => Promise<StateOverride>,
  ): Promise<PreparedClaim> {
    const slash = this.#slashHere(evidence);
    const line = await this.#lineOf(evidence);
    await this.#requireCoherent(evidence, line);
    const receipt = await this.#prover.receiptOf(slash.transaction);
    const given = await anchorOf(receipt);
    const proved = await this.#prover.prove(receipt, slash.log_index, line.asset.toLowerCase() as Hex, given);
    const due = await this.#due(filingOf(evidence, proved.evidence, 0n), given);
    const amount = due < amountWei ? due : amountWei;
    const call = await this.#fileCall(filingOf(evidence, proved.evidence, amountWei), amount, line);
    return { claim_id: await this.#simulate(call, given), amount_wei: amount, call };
  }

  /** The evidence's slash, if the evidence is for this settlement. */
  #slashHere({ chain_id, settlement, slash }: ClaimEvidence): Slash {
    const { chainId, hub } = this.options.deployment;
    if (chain_id !== chainId || settlement !== hub.toLowerCase()) {
      throw refused(`the evidence is for ${settlement} on chain ${chain_id}, not for ${hub} on chain ${chainId}`);
    }
    if (slash === null) throw refused('the evidence names no slash: nothing was lost yet');
    return slash;
  }

  async #lineOf({ attestation }: ClaimEvidence): Promise<Line> {
    const { client, deployment, oracle } = this.options;
    const lineId = attestation.message.line_id;
    const call = { abi: coverLinesAbi, address: deployment.lines, functionName: 'lineOf' } as const;
    const line = await client.readContract({ ...call, args: [lineId] });
    if (line.owner === zeroAddress) throw refused(`no line ${lineId} was opened at ${deployment.lines}`);
    if (line.oracle.toLowerCase() !== oracle.toLowerCase()) {
      throw refused(`the line trusts the oracle ${line.oracle}, and this desk proves to ${oracle}`);
    }
    return line;
  }

  /** The cheap checks of the contract, and the signatures: a malformed point on chain burns nearly all the gas. */
  async #requireCoherent(evidence: ClaimEvidence, line: Line): Promise<void> {
    const { attestation, award, coprocessor, relay, operator } = evidence;
    if (keyRoot(coprocessor) !== line.coprocessor) throw refused('the line is another coprocessor’s');
    if (award.leaf.operator !== operator) throw refused('the award’s leaf names another operator');
    const context = {
      chainId: evidence.chain_id,
      settlement: evidence.settlement,
      relayRoot: keyRoot(relay),
    };
    await this.#requireSigned('attestation', {
      pubkey: coprocessor,
      signingRoot: signingRoot(Attestation, attestation.message, context),
      signature: attestation.signature,
    });
    if (line.relayRoot === zeroHash) return;
    if (keyRoot(relay) !== line.relayRoot) throw refused('the line counts for awards of another relay only');
    await this.#requireSigned('award', {
      pubkey: relay,
      signingRoot: signingRoot(Award, award.award.message, context),
      signature: award.award.signature,
    });
  }

  async #requireSigned(what: string, set: Parameters<SignatureCheck['verify']>[0]): Promise<void> {
    if (!(await this.options.signatures.verify(set))) throw refused(`the ${what} is not signed by ${set.pubkey}`);
  }

  /** What the contract would hold: it tells whoever asks for too little. */
  async #due(filing: Filing, given: StateOverride): Promise<bigint> {
    const { client, deployment } = this.options;
    const call = { abi: fraudClaimsAbi, address: deployment.claims, functionName: 'file', args: [filing] } as const;
    const stateOverride = [...given, { address: NOBODY, balance: PLENTY_WEI }];
    const error = await client.simulateContract({ ...call, account: NOBODY, value: 10n ** 20n, stateOverride }).then(
      () => null,
      (cause: unknown) => cause as Error,
    );
    if (error === null) throw refused('the contract takes a claim on nothing');
    const revert = claimRevertOf(error);
    if (revert.name === 'AsksTooLittle') return revert.args[0] as bigint;
    throw refusalOf(revert);
  }

  async #fileCall(filing: Filing, amount: bigint, line: Line): Promise<ChainCall> {
    const { client, deployment } = this.options;
    const least = await client.readContract({ abi: odfHubAbi, address: deployment.hub, functionName: 'claimBond' });
    const part = line.asset === zeroAddress ? (amount + BOND_DIVISOR - 1n) / BOND_DIVISOR : 0n;
    const data = encodeFunctionData({ abi: fraudClaimsAbi, functionName: 'file', args: [filing] });
    return { to: deployment.claims, data, value: least > part ? least : part };
  }

  /** Lets the chain judge the very call from the account that will send it; answers the claim's id. */
  async #simulate({ to, data, value }: ChainCall, stateOverride: StateOverride): Promise<Hex> {
    const { client, sender } = this.options;
    const { data: answer } = await client
      .call({ account: sender, to, data, value, stateOverride })
      .catch((error: unknown) => {
        throw refusalOf(claimRevertOf(error));
      });
    return answer!;
  }
}

const refused = (message: string) => new ClaimRefusal('refused', message);
