import type { PluginConfig } from '@odf/avs';
import type { AvsInfo, Hex } from '@odf/protocol';
import type { Validator } from '../keys.js';
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
export function bindPlugin({ record, validator }: TaskFlow, session: RelaySession): PluginConfig {
  const info = session.avs(record.avs_id);
  const choice = validator.avs.get(record.avs_id);
  if (!info || !choice) throw new Error(`the AVS ${record.avs_id} is not served any more`);
  const refusal = checkAvsInfo(info, choice);
  if (refusal) throw new RefusedError(refusal, session.pubkey);
  const { avs_id, chain_id, avs } = info;
  return { plugin: choice.plugin, avs_id, chain_id, avs, source: sourceOf(info, choice, validator, session.pubkey) };
}

/** Where the response goes: to the AVS's contract, or to the callback that the owner or the relay names. */
function sourceOf(info: AvsInfo, choice: AvsChoice, validator: Validator, relay: Hex): PluginConfig['source'] {
  const { signature, url } = info.response;
  if (info.task_manager) {
    if (signature !== 'secp256k1') throw impossible('A task manager takes secp256k1 signatures only.', relay);
    return { kind: 'task-manager', address: info.task_manager.address, signature };
  }
  const callback_url = choice.response_url ?? url ?? undefined;
  if (callback_url === undefined) throw impossible('Set response_url.', relay);
  if (signature === 'bn254' && !validator.bn254Key) throw impossible('Set bn254_key_file.', relay);
  return { signature, callback_url };
}

function impossible(detail: string, relay: Hex): RefusedError {
  return new RefusedError(refuse('AVS_RESPONSE_IMPOSSIBLE', detail), relay);
}
