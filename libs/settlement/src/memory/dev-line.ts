import { encodeAbiParameters, keccak256 } from 'viem';
import { keyRoot, type Hex } from '@odf/protocol';
import { lineKinds, NATIVE_ASSET, type CoverLine } from '../settlement.js';

const DAY_MS = 86_400_000n;
/** Long enough that no development set-up outlives its cover. */
const LIFE_MS = 3_650n * DAY_MS;
/** A claim may be filed for 14 days after a slash. */
const SLASH_TAIL_MS = 14n * DAY_MS;

/** The id of a coprocessor's one development line: `keccak256(abi.encode(chain_id, hub, key_root, owner, asset))`. */
export function devLineId(chainId: bigint, hub: Hex, pubkey: Hex, owner: Hex): Hex {
  return keccak256(
    encodeAbiParameters(
      [{ type: 'uint256' }, { type: 'address' }, { type: 'bytes32' }, { type: 'address' }, { type: 'address' }],
      [chainId, hub, keyRoot(pubkey), owner, NATIVE_ASSET],
    ),
  );
}

/** A posted line in the native asset for any AVS, in force from `fromMs` on. */
export function devLine(
  line: Pick<CoverLine, 'line_id' | 'coprocessor' | 'owner' | 'cap_wei'>,
  fromMs: bigint,
): CoverLine {
  return {
    ...line,
    kind: lineKinds.posted,
    asset: NATIVE_ASSET,
    taken_wei: 0n,
    valid_from_ms: fromMs,
    valid_until_ms: fromMs + LIFE_MS,
    slash_tail_ms: SLASH_TAIL_MS,
    avs_id: null,
    relay_root: null,
    operator: null,
    claim_terms: null,
    block_number: 0n,
  };
}
