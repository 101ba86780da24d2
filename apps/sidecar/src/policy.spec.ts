import { parsePolicy, PolicyError } from './policy.js';

const avs = `0x${'A1'.repeat(32)}`;
const text = (changes: { avs?: string; rest?: string } = {}) => `
avs:
  - avs_id: ${avs}
    plugin: kzg-da
    trust:
      max_fee_share_bps: 5000
      max_fee_wei: 340282366920938463463374607431768211457
      slashable_wei: "32000000000000000000"
      tiers:
        - collateral: { kind: restaked, cover_bps: 5000 }
          assurance: [zk, tee]
${changes.avs ?? ''}
validators:
  - validator_key_file: keys/v.hex
    operator_key_file: /abs/o.hex
${changes.rest ?? ''}`;
const parse = (yaml: string) => parsePolicy(yaml, '/etc/odf', (plugin) => plugin !== 'echo');

describe('parsePolicy', () => {
  it('keeps every digit, lowers hex, resolves paths and verifies fully by default', () => {
    const { validators } = parse(text());
    expect(validators).toMatchObject([
      {
        validator_key_file: '/etc/odf/keys/v.hex',
        operator_key_file: '/abs/o.hex',
        avs: [{ avs_id: avs.toLowerCase(), enabled: true, verify: 'full', plugin: 'kzg-da' }],
      },
    ]);
    expect(validators[0]!.avs[0]!.trust).toEqual({
      max_fee_share_bps: 5000,
      max_fee_wei: 2n ** 128n + 1n,
      slashable_wei: 32n * 10n ** 18n,
      tiers: [
        { collateral: { kind: 2, assets: [], cover_bps: 5000 }, min_reputation_bps: 0, assurance: 3, discount_bps: 0 },
      ],
      allow: [],
      deny: [],
    });
  });

  it('lets a validator have AVSs of its own, and a Lightweight one go without a trust policy', () => {
    const { validators } = parse(text({ rest: `    avs: [{ avs_id: ${avs}, plugin: echo }]` }));
    expect(validators[0]!.avs).toMatchObject([{ plugin: 'echo', enabled: true }]);
  });

  it.each([
    ['no validators', 'avs: []', 'validators'],
    ['a misspelt member', text({ rest: '    operator_keyfile: x' }), 'operator_keyfile'],
    ['an unknown plug-in', text().replace('kzg-da', 'kzg'), 'expected one of kzg-da, echo'],
    [
      'a cover above the protocol',
      text().replace('cover_bps: 5000', 'cover_bps: 9001'),
      'avs.0.trust.tiers.0.collateral.cover_bps',
    ],
    ['no tiers', text().replace(/tiers:[^]*?tee\]/, 'tiers: []'), 'avs.0.trust.tiers'],
    ['an unknown level', text({ avs: '    verify: some' }), 'avs.0.verify'],
    ['a fraction of a wei', text().replace('"32000000000000000000"', '1.5'), 'slashable_wei'],
    ['the same AVS twice', text({ avs: `  - { avs_id: ${avs}, plugin: echo }` }), 'named twice'],
    [
      'a bought AVS without trust',
      text({ rest: `    avs: [{ avs_id: ${avs}, plugin: kzg-da }]` }),
      'needs a "trust" policy',
    ],
    ['no YAML', 'a: [', 'not YAML'],
  ])('refuses %s and names it', (_, yaml, named) => {
    expect(() => parse(yaml)).toThrow(PolicyError);
    expect(() => parse(yaml)).toThrow(named);
  });
});
