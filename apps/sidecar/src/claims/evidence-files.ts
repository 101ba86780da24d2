import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClaimEvidence, type Hex } from '@odf/protocol';
import { z } from 'zod';
import { writeDurably } from '../durable-file.js';
import type { KeptEvidence } from '../settlement-records.js';

/** Evidence as files that anyone can file a claim with, even without this sidecar. */
export class EvidenceFiles {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'evidence');
  }

  /** Writes the evidence of a response, as `GET …/claims/{id}/evidence` has it. */
  async write({ validator, task_id, evidence }: KeptEvidence): Promise<void> {
    const json = JSON.stringify(z.encode(ClaimEvidence, evidence), null, 2);
    await writeDurably(this.#file(validator, task_id), `${json}\n`);
  }

  /** Forgets evidence whose time is over. */
  async drop({ validator, task_id }: Pick<KeptEvidence, 'validator' | 'task_id'>): Promise<void> {
    await rm(this.#file(validator, task_id), { force: true });
  }

  #file(validator: Hex, taskId: Hex): string {
    return join(this.#folder, `${taskId}-${validator}.json`);
  }
}
