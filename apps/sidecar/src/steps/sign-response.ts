import { createPlugin, signResponse } from '@odf/avs';
import { fromHex } from '@odf/protocol';
import type { TaskFlow } from '../task-flow.js';

/** Signs the AVS response once the slashing protection has durably taken its digest. */
export async function signResponseOnce(flow: TaskFlow): Promise<void> {
  const { avs_id, task_id } = flow.record;
  const plugin = createPlugin(flow.need('plugin'));
  const response = plugin.responseDigest(task_id, fromHex(flow.need('result')));
  await flow.deps.protection.claim(avs_id, task_id, response.digest);
  const { operatorKey, bn254Key } = flow.validator;
  const key = response.scheme === 'bn254-g1' ? bn254Key : operatorKey;
  if (!key) throw new Error(`no key to sign responses of ${avs_id} with`);
  const signature = await signResponse(response, key.expose());
  await flow.advance('signed', { signature, digest: response.digest });
}
