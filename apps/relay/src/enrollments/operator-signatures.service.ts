import { Injectable } from '@nestjs/common';
import { isSignedByAccount, type Hex } from '@odf/protocol';
import { Settlement } from '@odf/settlement';
import { setImmediate } from 'node:timers/promises';

/** A claim that an operator signed an EIP-712 digest. */
export interface OperatorSignature {
  operator: Hex;
  digest: Hex;
  signature: Hex;
}

/** Signatures checked in one turn of the event loop; each takes about a millisecond. */
const IN_ONE_TURN = 8;

/** Checks what operators sign: accounts by their key, contracts by ERC-1271. */
@Injectable()
export class OperatorSignaturesService {
  constructor(private readonly settlement: Settlement) {}

  /** Whether each signature is the operator's, in their order; other requests get their turn in between. */
  async verifyMany(claims: readonly OperatorSignature[]): Promise<boolean[]> {
    const answers: boolean[] = [];
    for (const [index, claim] of claims.entries()) {
      if (index % IN_ONE_TURN === IN_ONE_TURN - 1) await setImmediate();
      answers.push(await this.#verify(claim));
    }
    return answers;
  }

  async #verify({ operator, digest, signature }: OperatorSignature): Promise<boolean> {
    if (await isSignedByAccount(digest, signature, operator)) return true;
    return this.settlement.isValidContractSignature(operator, digest, signature);
  }
}
