import { mkdirSync, renameSync, writeFileSync, openSync, fsyncSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ReceiptKind, SignedReceipt } from '@odf/protocol';

const names = Object.fromEntries(Object.entries(ReceiptKind).map(([name, kind]) => [kind, name]));

/** Keeps receipts as files of wire JSON, evidence for `odf audit --receipt FILE`. */
export class ReceiptFiles {
  readonly #dir: string;

  constructor(dataDir: string) {
    this.#dir = join(dataDir, 'receipts');
    mkdirSync(this.#dir, { recursive: true });
  }

  /** Writes a receipt that was checked, durably, and returns its path; the same one again is written again. */
  keep(receipt: SignedReceipt): string {
    const { kind, auction_id, subject_root, seq } = receipt.receipt;
    const path = join(this.#dir, `${names[kind]}-${auction_id.slice(2, 18)}-${seq || subject_root.slice(2, 18)}.json`);
    const file = openSync(`${path}.new`, 'w', 0o644);
    try {
      writeFileSync(file, `${JSON.stringify(z.encode(SignedReceipt, receipt), null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(`${path}.new`, path);
    return path;
  }
}
