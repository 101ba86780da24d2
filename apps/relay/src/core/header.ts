import type { DeliveryRecord, TaskRecord } from '@odf/persistence';
import type { Header, Hex } from '@odf/protocol';

/** The header of a delivery: what a validator sees before it commits. */
export function headerOf(delivery: DeliveryRecord, task: TaskRecord): Header {
  return {
    auction_id: delivery.auctionId,
    task_id: delivery.taskId,
    coprocessor: delivery.coprocessor,
    role: delivery.role,
    attestation_root: delivery.attestationRoot,
    ciphertext_root: delivery.ciphertextRoot,
    ciphertext_size: BigInt(delivery.ciphertextSize),
    key_hash: delivery.keyHash,
    commit_by_ms: BigInt(task.commitByMs!),
  };
}

/** Wake-up topic of a task's headers in the live store. */
export function headerTopic(taskId: Hex): string {
  return `header:${taskId}`;
}
