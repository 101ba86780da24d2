import type { ClaimEvidence, Hex } from '@odf/protocol';
import { ChainView, proveReceipt, slashLogs, type Deployment } from '@odf/settlement';
import type { PublicClient } from 'viem';
import type { SlashPlace } from './claim-options.js';

type Slash = NonNullable<ClaimEvidence['slash']>;

/** What a slash is looked for with. */
export interface SlashSearch {
  client: PublicClient;
  deployment: Deployment;
  /** The contract that tells of slashes. */
  allocationManager: Hex;
  confirmations: number;
}

/** There is no slash that the evidence could be for; the message says where it was looked for. */
export class SlashNotFound extends Error {
  override readonly name = 'SlashNotFound';
}

/**
 * The slash that a claim is for: the one that was named, the evidence's own, or the newest of the operator for the task.
 *
 * @throws {SlashNotFound} when there is none.
 */
export async function findSlash(
  evidence: ClaimEvidence,
  named: SlashPlace | undefined,
  search: SlashSearch,
): Promise<Slash> {
  if (named?.log_index !== undefined) return { transaction: named.transaction, log_index: named.log_index };
  if (named) return slashIn(named.transaction, evidence, search);
  return evidence.slash ?? newestSlash(evidence, search);
}

async function slashIn(
  transaction: Hex,
  { operator, attestation }: ClaimEvidence,
  { client, allocationManager }: SlashSearch,
): Promise<Slash> {
  const proof = await proveReceipt(client, transaction);
  if (!proof) throw new SlashNotFound(`the chain has no transaction ${transaction}`);
  const { task_id } = attestation.message;
  const found = slashLogs(proof.receipt.logs, allocationManager).find(
    (log) => log.operator === operator && log.description.endsWith(task_id),
  );
  if (found) return { transaction, log_index: found.logIndex };
  throw new SlashNotFound(`${transaction} slashes ${operator} for no response to the task ${task_id}`);
}

async function newestSlash({ operator, attestation }: ClaimEvidence, search: SlashSearch): Promise<Slash> {
  const view = new ChainView(search);
  const { task_id } = attestation.message;
  let found: Slash | undefined;
  for (let cursor: string | undefined; ;) {
    const page = await view.slashesOf([operator], cursor);
    for (const { transaction, log_index, ...slash } of page.slashes) {
      if (slash.task_id === task_id) found = { transaction, log_index };
    }
    if (page.cursor === cursor) break;
    cursor = page.cursor;
  }
  if (found) return found;
  throw new SlashNotFound(
    `${operator} was not slashed for the task ${task_id} in the last 14 days of confirmed blocks: name the slash with --slash`,
  );
}
