import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BidProof, Receipt, SignedBidsFrozen, SignedReceipt } from '@odf/protocol';
import { z } from 'zod';
import type { Contradiction, FrozenEvidence, Identity } from './audit-receipt.js';

/** A receipt, what was held against it, and what came of it. */
export interface ReceiptReport {
  signed: SignedReceipt;
  identity: Identity;
  evidence: FrozenEvidence;
  contradiction: Contradiction | null;
}

const Evidence = z.strictObject({
  version: z.literal('odf-contradiction/1'),
  code: z.string(),
  detail: z.string(),
  relay_pubkey: z.string(),
  chain_id: z.string(),
  settlement: z.string(),
  receipt: SignedReceipt,
  proof: BidProof.nullable(),
  published: z.strictObject({ frozen: SignedBidsFrozen.json, receipts: z.array(Receipt.json) }).nullable(),
});

/** Writes what the relay signed on both sides of a contradiction into a folder and returns the file's path. */
export function writeContradiction(dir: string, { signed, identity, evidence, contradiction }: ReceiptReport): string {
  const { auction_id, seq } = signed.receipt;
  const { pubkey, context } = identity;
  const file = join(dir, `contradiction-${auction_id.slice(2, 18)}-${seq}.json`);
  const content = z.encode(Evidence, {
    version: 'odf-contradiction/1',
    code: contradiction!.code,
    detail: contradiction!.detail,
    relay_pubkey: pubkey,
    chain_id: String(context.chainId),
    settlement: context.settlement,
    receipt: signed,
    ...evidence,
  });
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
  return file;
}

/** The answer for people. */
export function receiptText({ signed, evidence, contradiction }: ReceiptReport, file: string | null): string {
  const { auction_id, subject_root, seq } = signed.receipt;
  if (contradiction) {
    return [
      `contradiction: ${contradiction.code}`,
      `  ${contradiction.detail}`,
      `  auction     ${auction_id}`,
      `  bid         ${subject_root}, receipt number ${seq}`,
      `  evidence    ${file}`,
    ].join('\n');
  }
  const { count } = (evidence.proof ?? evidence.published)!.frozen.message;
  return [
    'valid',
    `  auction     ${auction_id}`,
    `  bid         ${subject_root} is number ${seq} of the ${count} bids that the relay froze and signed`,
    `  transcript  ${evidence.published ? 'has it at that place' : 'not published yet'}`,
  ].join('\n');
}

/** The answer for programs. */
export function receiptJson({ signed, contradiction }: ReceiptReport, file: string | null): string {
  const { auction_id, subject_root, seq } = signed.receipt;
  const json = { valid: !contradiction, auction_id, bid_root: subject_root, seq: String(seq), contradiction, file };
  return JSON.stringify(json, null, 2);
}
