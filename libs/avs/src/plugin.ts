import { type Hex } from '@odf/protocol';
import { type AvsConfig } from './config/avs-config.js';
import { HttpSink, type ResponseSink } from './http/http-sink.js';
import { plugins } from './plugins.js';
import { responseDigest, type ResponseDigest, type ResponseScheme } from './response/response-digest.js';
import { type AvsWorkload } from './workload.js';

const schemes = {
  secp256k1: 'secp256k1-eip712',
  bn254: 'bn254-g1',
  none: 'none',
} as const satisfies Record<AvsConfig['source']['signature'], ResponseScheme>;

/** What of its configuration a plug-in needs; a sidecar learns it from `/relay/v1/avs`. */
export type PluginConfig = Pick<AvsConfig, 'plugin' | 'avs_id' | 'chain_id' | 'avs'> & {
  source: Pick<AvsConfig['source'], 'signature' | 'callback_url'>;
};

/** One AVS as relay, coprocessor and sidecar see it: a workload joined to a socket. */
export interface AvsPlugin {
  readonly workload: AvsWorkload;
  readonly scheme: ResponseScheme;
  /** What an operator signs for this task and result. */
  responseDigest(taskId: Hex, result: Uint8Array): ResponseDigest;
  /** Where sidecars send responses; absent where the AVS gave no callback. */
  readonly sink?: ResponseSink;
}

/** Joins the workload that the configuration names to its socket. */
export function createPlugin(config: PluginConfig): AvsPlugin {
  const scheme = schemes[config.source.signature];
  const { avs_id, chain_id, avs } = config;
  return {
    workload: plugins[config.plugin],
    scheme,
    responseDigest: (task_id, result) => responseDigest({ avs_id, task_id, chain_id, avs }, result, scheme),
    ...(config.source.callback_url && { sink: new HttpSink({ callbackUrl: config.source.callback_url }) }),
  };
}
