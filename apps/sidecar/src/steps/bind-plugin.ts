import type { PluginConfig } from '@odf/avs';
import type { AvsInfo } from '@odf/protocol';
import type { AvsChoice } from '../policy.js';
import { checkAvsInfo } from '../relay-check.js';
import { refuse, RefusedError } from '../refusal.js';
import type { RelaySession } from '../relay-session.js';
import type { TaskFlow } from '../task-flow.js';

/**
 * How this validator answers the task's AVS: the owner's plug-in and address, the contract that the AVS's id binds, and the
 * relay's word only for what is left.
 *
 * @throws {RefusedError} AVS_CONTRADICTS or AVS_RESPONSE_IMPOSSIBLE.
 */
export function bindPlugin({ record, validator, deps }: TaskFlow, session: RelaySession): PluginConfig {
  const info = session.avs(record.avs_id);
  const choice = validator.avs.get(record.avs_id);
  if (!info || !choice) throw new Error(`the AVS ${record.avs_id} is not served any more`);
  const refusal = checkAvsInfo(info, choice);
  if (refusal) throw new RefusedError(refusal, session.pubkey);
  const { avs_id, chain_id, avs } = info;
  const source = sourceOf(info, choice);
  const problem = problemOf(source, { chain: deps.chain, bn254Key: validator.bn254Key });
  if (problem) throw new RefusedError(refuse('AVS_RESPONSE_IMPOSSIBLE', problem), session.pubkey);
  return { plugin: choice.plugin, avs_id, chain_id, avs, source };
}

/** Where the response goes: to the AVS's contract, or to the callback that the owner or the relay names. */
function sourceOf({ response, task_manager }: AvsInfo, choice: AvsChoice): PluginConfig['source'] {
  const { signature, url } = response;
  if (task_manager) return { kind: 'task-manager', address: task_manager.address, signature };
  return { signature, callback_url: choice.response_url ?? url ?? undefined };
}

/** Why this sidecar cannot respond there; undefined when it can. */
function problemOf(
  source: PluginConfig['source'],
  { chain, bn254Key }: { chain: unknown; bn254Key: unknown },
): string | undefined {
  if ('address' in source) {
    if (source.signature !== 'secp256k1') return 'A task manager takes secp256k1 signatures only.';
    return chain ? undefined : 'Its responses go by transaction: set CHAIN_RPC_URL.';
  }
  if (source.callback_url === undefined) return 'Set response_url.';
  return source.signature === 'bn254' && !bn254Key ? 'Set bn254_key_file.' : undefined;
}
