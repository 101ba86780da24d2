import { avsId, keyRoot, type AvsInfo, type Hex, type RelayInfo } from '@odf/protocol';
import { workloadOf } from '@odf/avs';
import type { AvsChoice } from './policy.js';
import { refuse, type Refusal } from './refusal.js';

/** What a relay must not change, remembered from its first answer. */
export interface RelayPin {
  chain_id: bigint;
  settlement: Hex;
}

/** Judges `/relay/v1/info` against the key of the relay's URL, the owner's policy and what the relay said before. */
export function checkRelayInfo(
  info: RelayInfo,
  expected: { pubkey: Hex; policy: Partial<RelayPin>; pin: RelayPin | undefined },
): Refusal | null {
  if (info.pubkey !== expected.pubkey) {
    return refuse('RELAY_KEY_MISMATCH', `The relay says its key is ${info.pubkey}; its URL says ${expected.pubkey}.`);
  }
  if (info.relay_root !== keyRoot(info.pubkey)) {
    return refuse('RELAY_INFO_CONTRADICTS', 'relay_root is not the key_root of pubkey.');
  }
  const { policy, pin } = expected;
  const otherChain = policy.chain_id !== undefined && policy.chain_id !== info.chain_id;
  const otherSettlement = policy.settlement !== undefined && policy.settlement !== info.settlement;
  if (otherChain || otherSettlement) {
    return refuse('RELAY_CHAIN_MISMATCH', `The relay serves chain ${info.chain_id}, settlement ${info.settlement}.`);
  }
  if (pin && (pin.chain_id !== info.chain_id || pin.settlement !== info.settlement)) {
    return refuse('RELAY_CHANGED', `It was chain ${pin.chain_id}, settlement ${pin.settlement} before.`);
  }
  return null;
}

/** Judges what a relay says about an AVS: its id must be that of its contract, its plug-in the one that the owner named. */
export function checkAvsInfo(info: AvsInfo, choice: AvsChoice): Refusal | null {
  if (avsId(info.chain_id, info.avs, info.operator_set_id) !== info.avs_id) {
    return refuse('AVS_CONTRADICTS', 'avs_id is not that of chain_id, avs and operator_set_id.');
  }
  const { meta } = workloadOf(choice.plugin);
  if (info.plugin.id !== meta.id || info.plugin.version !== meta.version || info.class !== meta.class) {
    const theirs = `${info.plugin.id} ${info.plugin.version} (${info.class})`;
    return refuse(
      'AVS_CONTRADICTS',
      `The relay runs ${theirs}, the policy ${meta.id} ${meta.version} (${meta.class}).`,
    );
  }
  return null;
}
