import { Injectable } from '@nestjs/common';
import { FeesRepository, type NewFee, type QueryRunnerLike, type StoredFee } from '@odf/persistence';
import type { FeeState, Hex } from '@odf/protocol';
import { Settlement } from '@odf/settlement';
import { admitted, type FeeAccount } from './fees.rules.js';

/** Whose fees of a task are settled; of one coprocessor if named. */
export interface FeePlace {
  taskId: Hex;
  operator: Hex;
  coprocessor?: Hex;
}

/** Fees: kept within operators' escrows when they are made, due or void when the response is final. */
@Injectable()
export class FeesService {
  constructor(
    private readonly fees: FeesRepository,
    private readonly settlement: Settlement,
  ) {}

  /**
   * Which of these fees their operators' escrows answer for; the accounts stay locked until the end of the transaction, so that
   * no other instance promises the same escrow.
   */
  async admit(runner: QueryRunnerLike, fees: readonly NewFee[]): Promise<boolean[]> {
    const operators = [...new Set(fees.filter(({ escrowed }) => escrowed).map(({ operator }) => operator))];
    if (operators.length === 0) return fees.map(() => true);
    const owed = await this.fees.lockAccounts(runner, operators);
    const accounts = new Map<Hex, FeeAccount>();
    for (const operator of operators) {
      const { balance_wei, leaving_wei, paid_wei } = await this.settlement.escrow(operator);
      accounts.set(operator, {
        owedWei: owed.get(operator)!,
        paidWei: paid_wei,
        balanceWei: balance_wei,
        leavingWei: leaving_wei,
      });
    }
    return admitted(fees, accounts);
  }

  /** Stores fees that were admitted in the same transaction. */
  insert(runner: QueryRunnerLike, fees: readonly NewFee[]): Promise<void> {
    return this.fees.insert(runner, fees);
  }

  /** Makes an operator's exposed fees of a task due or void. */
  settle(
    runner: QueryRunnerLike,
    place: FeePlace,
    state: Exclude<FeeState, 'exposed'>,
    atMs: number,
  ): Promise<StoredFee[]> {
    return this.fees.settle(runner, place, state, atMs);
  }

  /** Escrowed fees whose response came to no AVS before `deadlineMs`; at most `limit`. */
  unanswered(deadlineMs: number, limit: number): Promise<FeePlace[]> {
    return this.fees.unanswered(deadlineMs, limit);
  }
}
