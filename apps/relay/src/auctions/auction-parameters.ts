import type { AvsConfig } from '@odf/avs';
import { REFERENCE_TERMS, type AuctionParameters, type ReferenceTerm } from '@odf/market';
import { bytes20, bytes32, PRICING_RULES } from '@odf/protocol';
import { z } from 'zod';

const stored = z.strictObject({
  reward_ref_wei: z.string().transform(BigInt),
  cap_bps: z.number(),
  pricing: z.enum(PRICING_RULES),
  seed_source: z.enum(['vrf']),
  reference_terms: z.array(z.strictObject({ auction_id: bytes32.json, median_bps: z.number() })).max(REFERENCE_TERMS),
  newcomer_bps: z.number(),
  slashed_asset: bytes20.json.nullable(),
  checked_assurance: z.number(),
});

/**
 * What an AVS fixes at an auction's opening.
 *
 * @param referenceTerms its newest terms that were not thin, oldest first.
 */
export function parametersOf(
  config: AvsConfig,
  checkedAssurance: number,
  referenceTerms: readonly ReferenceTerm[],
): AuctionParameters {
  return {
    reward_ref_wei: config.reward_per_task_wei,
    cap_bps: config.cap_bps,
    pricing: config.pricing,
    seed_source: 'vrf',
    reference_terms: referenceTerms,
    newcomer_bps: config.newcomer_bps,
    slashed_asset: null,
    checked_assurance: checkedAssurance,
  };
}

/** The form in which parameters are stored with their auction. */
export function storeParameters(parameters: AuctionParameters): Record<string, unknown> {
  return { ...parameters, reward_ref_wei: parameters.reward_ref_wei.toString() };
}

/** Reads back what {@link storeParameters} wrote. */
export function readParameters(json: Record<string, unknown>): AuctionParameters {
  return stored.parse(json);
}
