import type { PluginConfig } from '@odf/avs';
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
  const callback_url = choice.response_url ?? info.response.url ?? undefined;
  if (callback_url === undefined)
    throw new RefusedError(refuse('AVS_RESPONSE_IMPOSSIBLE', 'Set response_url.'), session.pubkey);
  if (info.response.signature === 'bn254' && !validator.bn254Key) {
    throw new RefusedError(refuse('AVS_RESPONSE_IMPOSSIBLE', 'Set bn254_key_file.'), session.pubkey);
  }
  const { avs_id, chain_id, avs } = info;
  return { plugin: choice.plugin, avs_id, chain_id, avs, source: { signature: info.response.signature, callback_url } };
}
