import { classesOf } from '@odf/market';
import { testPolicy, testValidator } from '@odf/testing';
import { readClasses, storeClasses } from './stored-classes.js';

const policies = [
  testPolicy(),
  testPolicy({
    max_fee_wei: 2n ** 256n - 1n,
    slashable_wei: 2n ** 200n,
    tiers: [
      {
        collateral: { kind: 3, assets: [`0x${'00'.repeat(20)}`, `0x${'ab'.repeat(20)}`], cover_bps: 9_000 },
        min_reputation_bps: 500,
        assurance: 3,
        discount_bps: 1_000,
      },
    ],
    allow: [testValidator(1).pubkey],
    deny: [testValidator(2).pubkey, testValidator(3).pubkey],
  }),
];
const { classes } = classesOf(
  policies.map((policy, index) => ({
    validator_root: testValidator(index).root,
    operator: testValidator(index).account,
    policy,
  })),
);

it('reads back the classes that it stored, through JSON as the database keeps it', () => {
  expect(classes).toHaveLength(2);
  expect(readClasses(JSON.parse(JSON.stringify(storeClasses(classes))))).toEqual(classes);
  expect(readClasses(storeClasses([]))).toEqual([]);
});

it('refuses what it never wrote', () => {
  const [stored] = storeClasses(classes) as [object];
  expect(() => readClasses([{ ...stored, extra: 1 }])).toThrow();
  expect(() => readClasses([{ ...stored, count: '1' }])).toThrow();
  expect(() => readClasses([{ ...stored, root: '0x00' }])).toThrow();
  expect(() => readClasses(null)).toThrow();
});
