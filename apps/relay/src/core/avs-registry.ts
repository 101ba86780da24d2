import { Injectable } from '@nestjs/common';
import { createPlugin, type AvsConfig, type AvsPlugin, type AvsSource } from '@odf/avs';
import { OdfError, type AvsInfo, type Hex } from '@odf/protocol';

/** Assurance bits that plug-ins check; none of those that ship does yet. */
export const CHECKED_ASSURANCE = 0;

/** One AVS that this relay serves. */
export interface ServedAvs {
  config: AvsConfig;
  plugin: AvsPlugin;
}

/** The AVSs of the configuration, joined to their plug-ins. */
@Injectable()
export class AvsRegistry {
  readonly #served: ReadonlyMap<Hex, ServedAvs>;

  constructor(configs: readonly AvsConfig[]) {
    this.#served = new Map(configs.map((config) => [config.avs_id, { config, plugin: createPlugin(config) }]));
  }

  /** All of them, in the order of the configuration. */
  all(): ServedAvs[] {
    return [...this.#served.values()];
  }

  /**
   * One of them.
   *
   * @throws {OdfError} AVS_UNKNOWN.
   */
  get(avsId: Hex): ServedAvs {
    const served = this.#served.get(avsId);
    if (!served) throw new OdfError('AVS_UNKNOWN');
    return served;
  }

  /** Whether this relay serves the AVS. */
  has(avsId: Hex): boolean {
    return this.#served.has(avsId);
  }
}

/** How long after a term its cover stays reserved, in ms: nothing can be claimed where nobody attributes faults. */
export function coverTailMs(config: AvsConfig): number {
  return config.attributor === 'none' ? 0 : config.claim_tail_ms;
}

/** The public facts of an AVS. */
export function avsInfo({ config, plugin }: ServedAvs): AvsInfo {
  const { meta } = plugin.workload;
  const { windows_ms: windows } = config;
  return {
    avs_id: config.avs_id,
    name: config.name,
    chain_id: config.chain_id,
    avs: config.avs,
    operator_set_id: config.operator_set_id,
    plugin: { id: meta.id, version: meta.version },
    class: meta.class,
    mode: config.mode,
    windows_ms: {
      bidding: BigInt(windows.bidding),
      term: BigInt(windows.term),
      deliver: BigInt(windows.deliver),
      grace: BigInt(windows.grace),
      commit: BigInt(windows.commit),
    },
    reward_ref_wei: config.reward_per_task_wei,
    cap_bps: config.cap_bps,
    pricing: config.pricing,
    seed: 'vrf',
    limits: {
      input_bytes: meta.limits.inputBytes,
      result_bytes: meta.limits.resultBytes,
      witness_bytes: meta.limits.witnessBytes,
      verify_ms: BigInt(meta.limits.verifyMs),
    },
    verification: config.verification,
    membership: config.membership,
    source: config.source.kind,
    task_manager: taskManagerOf(config.source),
    response: {
      signature: config.source.signature,
      url: config.source.kind === 'http' ? (config.source.callback_url ?? null) : null,
    },
    attributor: config.attributor,
    claim_tail_ms: BigInt(config.claim_tail_ms),
    risk: {
      slasher: config.risk.slasher ?? 'none',
      veto_ms: BigInt(config.risk.veto_ms),
      redistribution: config.risk.redistribution,
    },
  };
}

function taskManagerOf(source: AvsSource): AvsInfo['task_manager'] {
  if (source.kind === 'http') return null;
  return { address: source.address, challenge_ms: BigInt(source.challenge_ms) };
}
