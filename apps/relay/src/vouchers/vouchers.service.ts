import { Inject, Injectable } from '@nestjs/common';
import { VouchersRepository } from '@odf/persistence';
import { OdfError, typedDigest, type Hex, type Voucher } from '@odf/protocol';
import { Settlement } from '@odf/settlement';
import { type Clock } from '@odf/telemetry';
import { OperatorSignaturesService } from '../enrollments/operator-signatures.service.js';
import { RelaySigner } from '../core/relay-signer.js';
import { CLOCK } from '../relay.tokens.js';
import { judgeVouchers } from './vouchers.rules.js';

/** Keeps operators' payment vouchers for the coprocessors' owners. */
@Injectable()
export class VouchersService {
  constructor(
    private readonly vouchers: VouchersRepository,
    private readonly operatorSignatures: OperatorSignaturesService,
    private readonly signer: RelaySigner,
    private readonly settlement: Settlement,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Keeps each voucher in their order, or says why not. */
  async keep(items: readonly Voucher[]): Promise<(Omit<Voucher, 'signature'> | OdfError)[]> {
    const holds = await this.operatorSignatures.verifyMany(items.map((item) => this.#claim(item)));
    const atMs = this.clock.nowMs();
    const good = items.filter((_, index) => holds[index]).map((item) => ({ ...item, at_ms: atMs }));
    const judged = good.length === 0 ? [] : await this.vouchers.change(good, (known) => judgeVouchers(good, known));
    let next = 0;
    return holds.map((hold) => {
      const answer = hold ? judged[next++]! : new OdfError('VOUCHER_INVALID');
      if (answer instanceof OdfError) return answer;
      const { operator, owner, cumulative_wei } = answer;
      return { operator, owner, cumulative_wei };
    });
  }

  /**
   * The highest voucher of each operator, or of one, for a coprocessor's owner, by rising operator.
   *
   * @param cursor the operator of the last voucher of the page before.
   * @throws {OdfError} COPROCESSOR_UNKNOWN, CURSOR_INVALID.
   */
  async ofCoprocessor(
    pubkey: Hex,
    { limit, cursor, operator }: { limit: number; cursor?: string | undefined; operator?: Hex | undefined },
  ): Promise<Voucher[]> {
    const after = cursor?.toLowerCase();
    if (after !== undefined && !isAddress(after)) {
      throw new OdfError('CURSOR_INVALID', 'The cursor of this list is the operator of its last voucher.');
    }
    const coprocessor = await this.settlement.coprocessor(pubkey);
    if (!coprocessor) throw new OdfError('COPROCESSOR_UNKNOWN');
    const rows = await this.vouchers.ofOwner(coprocessor.owner, { limit, after, operator });
    return rows.map((row) => ({
      operator: row.operator,
      owner: row.owner,
      cumulative_wei: row.cumulative_wei,
      signature: row.signature,
    }));
  }

  #claim({ operator, owner, cumulative_wei, signature }: Voucher) {
    const consent = { operator, owner, cumulativeWei: cumulative_wei };
    return { operator, digest: typedDigest('Voucher', consent, this.signer.context), signature };
  }
}

function isAddress(text: string): text is Hex {
  return /^0x[0-9a-f]{40}$/.test(text);
}
