import { type Hex } from '@odf/protocol';
import { type AvsConfig, type HttpSource, type TaskManagerConfig } from './config/avs-config.js';
import { HttpSink, type ResponseSink } from './http/http-sink.js';
import { plugins } from './plugins.js';
import { responseDigest, type ResponseDigest, type ResponseScheme } from './response/response-digest.js';
import { ChainSink, type ChainAccess } from './task-manager/chain-sink.js';
import { type AvsWorkload } from './workload.js';

const schemes = {
  secp256k1: 'secp256k1-eip712',
  bn254: 'bn254-g1',
  none: 'none',
} as const satisfies Record<AvsConfig['source']['signature'], ResponseScheme>;

/** What of its source a plug-in needs. */
export type PluginSource =
  | Pick<HttpSource, 'signature' | 'callback_url'>
  | (Pick<TaskManagerConfig, 'kind' | 'address'> & Pick<HttpSource, 'signature'>);

/** What of its configuration a plug-in needs; a sidecar learns it from `/relay/v1/avs`. */
export type PluginConfig = Pick<AvsConfig, 'plugin' | 'avs_id' | 'chain_id' | 'avs'> & { source: PluginSource };

/** One AVS as relay, coprocessor and sidecar see it: a workload joined to a socket. */
export interface AvsPlugin {
  readonly workload: AvsWorkload;
  readonly scheme: ResponseScheme;
  /** What an operator signs for this task and result. */
  responseDigest(taskId: Hex, result: Uint8Array): ResponseDigest;
  /** Where sidecars send responses; absent where the AVS gave no callback, or its chain is not at hand. */
  readonly sink?: ResponseSink;
}

/** Joins the workload that the configuration names to its socket; a task manager has a sink only with access to its chain. */
export function createPlugin(config: PluginConfig, chain?: ChainAccess): AvsPlugin {
  const scheme = schemes[config.source.signature];
  const { avs_id, chain_id, avs } = config;
  const digest = (task_id: Hex, result: Uint8Array) =>
    responseDigest({ avs_id, task_id, chain_id, avs }, result, scheme);
  const sink = sinkOf(config, (task_id, result) => digest(task_id, result).digest, chain);
  return { workload: plugins[config.plugin], scheme, responseDigest: digest, ...(sink && { sink }) };
}

function sinkOf(
  { source, avs }: PluginConfig,
  digestOf: (taskId: Hex, result: Uint8Array) => Hex,
  chain: ChainAccess | undefined,
): ResponseSink | undefined {
  if ('address' in source) return chain && new ChainSink({ ...chain, taskManager: source.address, avs, digestOf });
  return source.callback_url === undefined ? undefined : new HttpSink({ callbackUrl: source.callback_url });
}
