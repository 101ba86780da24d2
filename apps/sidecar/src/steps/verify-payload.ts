import { createPlugin } from '@odf/avs';
import { fromHex, toHex, type Payload } from '@odf/protocol';
import { checkReveal, openAttested } from '../reveal-check.js';
import { refuse, RefusedError } from '../refusal.js';
import type { TaskFlow } from '../task-flow.js';
import { fetchInput } from './task-input.js';

/** Checks everything that was bought; only then the result may be signed. */
export async function verifyPayload(flow: TaskFlow): Promise<void> {
  const { deps, session, validator } = flow;
  const [award, header, reveal] = [flow.need('award'), flow.need('header'), flow.need('reveal')];
  const expected = {
    relay: session.pubkey,
    context: session.context,
    validatorRoot: validator.root,
    award: award.award.message,
    header,
    commitment: flow.need('commitment'),
  };
  const refusal = checkReveal(reveal, expected, deps.check);
  if (refusal) throw new RefusedError(refusal);
  const ciphertext = await deps.ciphertexts.get(session.client, header.message, flow.signal);
  const input = await fetchInput(flow);
  const plugin = createPlugin(flow.need('plugin'));
  const digestOf = (result: Uint8Array) => plugin.responseDigest(flow.record.task_id, result).digest;
  const payload = openAttested(ciphertext, reveal, input, digestOf);
  await checkPayload(flow, input, payload);
  await flow.advance('verified', { result: toHex(payload.result), digest: digestOf(payload.result) });
}

/** Lets the plug-in judge the payload, as deeply as the owner decided. */
async function checkPayload(flow: TaskFlow, input: Uint8Array, payload: Payload): Promise<void> {
  const level = flow.record.verify;
  if (level === 'none') return;
  const { plugin } = flow.need('plugin');
  const seed = fromHex(flow.need('seed'));
  const verdict = await flow.deps.verification.verify(plugin, input, payload, { seed, level });
  if (!verdict.ok) throw new RefusedError(refuse('PAYLOAD_INVALID', verdict.code));
}
