import { testAvs } from '../../test/instance.js';
import { parametersOf, readParameters, storeParameters } from './auction-parameters.js';

const avs = testAvs(1, { reward_per_task_wei: String(2n ** 255n + 1n), cap_bps: 2_500, pricing: 'critical' });
const terms = [{ auction_id: `0x${'cd'.repeat(32)}` as const, median_bps: 700 }];
const parameters = parametersOf(avs, 2, terms);

it('takes from the configuration what an auction fixes', () => {
  expect(parameters).toEqual({
    reward_ref_wei: 2n ** 255n + 1n,
    cap_bps: 2_500,
    pricing: 'critical',
    seed_source: 'vrf',
    reference_terms: terms,
    newcomer_bps: 500,
    slashed_asset: null,
    checked_assurance: 2,
  });
});

it('reads back what it stored, through JSON as the database keeps it, to the last wei', () => {
  const kept = { ...parameters, reference_terms: [], slashed_asset: `0x${'ab'.repeat(20)}` as const };
  for (const each of [parameters, kept]) {
    expect(readParameters(JSON.parse(JSON.stringify(storeParameters(each))) as Record<string, unknown>)).toEqual(each);
  }
});

it('refuses what it never wrote', () => {
  const stored = storeParameters(parameters);
  for (const change of [{ pricing: 'english' }, { seed_source: 'randao' }, { extra: 1 }, { reward_ref_wei: 1 }]) {
    expect(() => readParameters({ ...stored, ...change })).toThrow();
  }
});
