import type { AvsConfig } from '@odf/avs';
import type { AuctionParameters } from '@odf/market';
import { z } from 'zod';

const stored = z.strictObject({
  reward_ref_wei: z.string().transform(BigInt),
  cap_bps: z.number(),
  pricing: z.enum(['first', 'critical']),
  seed_source: z.enum(['vrf']),
  thin_reference_bps: z.number().nullable(),
  slashed_asset: z.custom<AuctionParameters['slashed_asset']>(),
  checked_assurance: z.number(),
});

/** What an AVS fixes at an auction's opening. */
export function parametersOf(config: AvsConfig, checkedAssurance: number): AuctionParameters {
  return {
    reward_ref_wei: config.reward_per_task_wei,
    cap_bps: config.cap_bps,
    pricing: config.pricing,
    seed_source: 'vrf',
    thin_reference_bps: null,
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
