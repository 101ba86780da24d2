import { Injectable } from '@nestjs/common';
import type { Enrollment, Fee, FeeProof, Hex, KeyDelegation, SignedCommitment } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, toBytea } from './columns.js';

/** What of a fee's proof is stored; the award is recomputed from the transcript. */
export type StoredFeeProof = Omit<FeeProof, 'award'>;

/** What an operator and a validator signed for a fee, as it stood when it counted. */
@Injectable()
export class FeeProofsRepository {
  constructor(private readonly database: DataSource) {}

  /** The proof of a fee; null where it was made by an accepted response without a commitment. */
  async of(fee: Fee): Promise<StoredFeeProof | null> {
    const signed = await this.#commitment(fee);
    const enrollment = await this.#enrollment(fee);
    if (!signed || !enrollment) return null;
    const { signer, ...commitment } = signed;
    const delegation = signer === fee.validator ? null : await this.#delegation(fee.validator, signer);
    return { commitment, delegation, enrollment };
  }

  async #commitment(fee: Fee): Promise<(SignedCommitment & { signer: Hex }) | null> {
    const [row]: { attestation_root: Buffer; signer: Buffer; signature: Buffer }[] = await this.database.query(
      `select d.attestation_root, c.signer, c.signature from commitments c
       join deliveries d on d.task_id = c.task_id and d.coprocessor = c.coprocessor
       where c.task_id = $1 and c.validator = $2 and c.role = $3`,
      [toBytea(fee.task_id), toBytea(fee.validator), fee.role],
    );
    if (!row) return null;
    const { auction_id, task_id, coprocessor, fee_wei, validator } = fee;
    const attestation_root = fromBytea(row.attestation_root);
    return {
      message: { auction_id, task_id, coprocessor, attestation_root, fee_wei },
      validator,
      signature: fromBytea(row.signature),
      signer: fromBytea(row.signer),
    };
  }

  /** The enrollment that the auction's snapshot took: the newest when its bids were frozen. */
  async #enrollment(fee: Fee): Promise<{ message: Enrollment; operator_signature: Hex } | null> {
    const [row]: EnrollmentRow[] = await this.database.query(
      `select h.* from enrollment_history h join auctions a on a.auction_id = $3
       where h.validator = $1 and h.avs_id = $2 and h.at_ms <= a.frozen_at_ms order by h.nonce desc limit 1`,
      [toBytea(fee.validator), toBytea(fee.avs_id), toBytea(fee.auction_id)],
    );
    return row
      ? {
          message: {
            validator: fromBytea(row.validator),
            operator: fromBytea(row.operator),
            avs_id: fromBytea(row.avs_id),
            policy_root: fromBytea(row.policy_root),
            valid_from: BigInt(row.valid_from),
            valid_until: BigInt(row.valid_until),
            nonce: BigInt(row.nonce),
          },
          operator_signature: fromBytea(row.operator_signature),
        }
      : null;
  }

  async #delegation(validator: Hex, delegate: Hex): Promise<{ message: KeyDelegation; signature: Hex }> {
    const [row]: { valid_until: string; nonce: string; signature: Buffer }[] = await this.database.query(
      `select valid_until, nonce, signature from delegation_history
       where delegate = $1 and validator = $2 order by valid_until desc, nonce desc limit 1`,
      [toBytea(delegate), toBytea(validator)],
    );
    if (!row) throw new Error(`the delegation of ${delegate} is not in the history`);
    const { valid_until, nonce, signature } = row;
    return {
      message: { validator, delegate, valid_until: BigInt(valid_until), nonce: BigInt(nonce) },
      signature: fromBytea(signature),
    };
  }
}

interface EnrollmentRow {
  validator: Buffer;
  operator: Buffer;
  avs_id: Buffer;
  policy_root: Buffer;
  valid_from: string;
  valid_until: string;
  nonce: string;
  operator_signature: Buffer;
}
