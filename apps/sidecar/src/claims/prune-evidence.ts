import type { Clock } from '@odf/telemetry';
import type { Ciphertexts } from '../ciphertexts.js';
import { isOver } from '../settlement-records.js';
import type { Store } from '../store.js';
import type { EvidenceFiles } from './evidence-files.js';

/** Forgets evidence that no claim can need any more, and the payloads that were kept for it. */
export async function pruneEvidence(deps: {
  store: Store;
  files: EvidenceFiles;
  ciphertexts: Ciphertexts;
  clock: Clock;
}): Promise<void> {
  const { store, files, ciphertexts, clock } = deps;
  const all = await store.list('claim_evidence');
  const open = new Set((await store.list('claim')).filter((claim) => !isOver(claim)).map(placeOf));
  const over = all.filter((kept) => kept.keep_until_ms < clock.nowMs() && !open.has(placeOf(kept)));
  const needed = new Set(all.filter((kept) => !over.includes(kept)).map(({ ciphertext_root }) => ciphertext_root));
  for (const kept of over) {
    await files.drop(kept);
    if (!needed.has(kept.ciphertext_root)) await ciphertexts.drop(kept.ciphertext_root);
    await store.write([{ kind: 'claim_evidence', id: [kept.validator, kept.task_id], record: undefined }]);
  }
}

function placeOf({ validator, task_id }: { validator: string; task_id: string }): string {
  return `${validator}!${task_id}`;
}
