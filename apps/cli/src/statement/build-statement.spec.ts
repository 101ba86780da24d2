import { bytes, claim, fee, OPERATOR, OWNER, relayRecords, TERM, term } from '../../test/statement-records.js';
import { buildStatement, type Statement, type StatementSources } from './build-statement.js';
import { channelKey, outcomeKey, type ChainRecords } from './records.js';
import { statementCsv } from './statement-csv.js';
import { statementText } from './statement-text.js';

const LATER = bytes(32, 0xb0);
const ETHER = 10n ** 18n;
const place = { operator: OPERATOR, owner: OWNER };
const key = channelKey(place);
const fees = [
  fee(1, { fee_wei: ETHER }),
  fee(2, { state: 'void', validator: bytes(48, 0x12) }),
  fee(3, { state: 'exposed', settled_at_ms: null, auction_id: LATER }),
  fee(4, { auction_id: LATER }),
];
const terms = new Map([
  [LATER, term({ auction_id: LATER, term_start_ms: 2n, term_end_ms: 3n })],
  [TERM, term()],
]);
const relay = relayRecords(fees, {
  terms,
  vouchers: new Map([[key, { ...place, cumulative_wei: ETHER + 40n, holds: true }]]),
  claims: [claim(2)],
  outcomes: new Map([[outcomeKey(fees[1]!), 'slashed']]),
});
const chain: ChainRecords = {
  ...{ chain_id: 1n, block: 9n, owners: new Map([[fee(1).coprocessor, OWNER]]) },
  channels: new Map([[key, { ...place, paid_wei: ETHER + 10n, proved_wei: 0n }]]),
  acceptances: new Map([
    ['1', 'final'],
    ['4', 'final'],
  ]),
  claims: new Map([
    [claim(2).claim_id, { ...claim(2), state: 'finalised', amount_wei: 50n, finalisable_at_ms: 3, vetoes: 0 }],
  ]),
};
const make = (members: Partial<StatementSources> = {}): Statement =>
  buildStatement({
    subject: { side: 'operator', accounts: [OPERATOR] },
    ...{ relay, chain, own: null, contradictions: [] },
    ...members,
  });

it('adds up by term and in all', () => {
  const { agrees, terms: shown, totals, channels } = make();
  expect(agrees).toBe(true);
  const none = { exposed_wei: 0n, void_wei: 0n, due_wei: 0n, claims_held_wei: 0n, claims_paid_wei: 0n };
  const [first, second] = [
    { ...none, committed_wei: ETHER + 100n, paid_wei: ETHER, void_wei: 100n, vouched_wei: ETHER, claims_paid_wei: 50n },
    { ...none, committed_wei: 200n, paid_wei: 10n, due_wei: 90n, exposed_wei: 100n, vouched_wei: 40n },
  ];
  expect(shown.map(({ auction_id, sums }) => [auction_id, sums])).toEqual([
    [TERM, first],
    [LATER, second],
  ]);
  expect(totals.committed_wei).toBe(ETHER + 300n);
  expect(channels).toMatchObject([{ owed_wei: ETHER + 100n, difference_wei: 90n }]);
});

it('counts earlier terms for what was paid when it shows a later one alone', () => {
  const only = new Map([[LATER, terms.get(LATER)!]]);
  const { terms: shown, totals } = make({ relay: { ...relay, terms: only } });
  expect(shown).toHaveLength(1);
  expect(totals).toMatchObject({ paid_wei: 10n, due_wei: 90n, claims_paid_wei: 0n });
});

it("shows one validator's part of its operator's statement", () => {
  const subject = { side: 'operator', accounts: [OPERATOR], validator: fees[1]!.validator } as const;
  expect(make({ subject }).totals).toMatchObject({ committed_wei: 100n, void_wei: 100n });
});

it('takes what the relay says of claims where no chain was asked', () => {
  expect(make({ chain: null }).totals).toMatchObject({ claims_held_wei: 50n, claims_paid_wei: 0n, paid_wei: null });
});

it('disagrees when anything does', () => {
  const wrong = { code: 'FEE_DIFFERS', at: 'a fee', expected: '1 wei', found: '2 wei' } as const;
  const statement = make({ contradictions: [wrong] });
  expect(statement.agrees).toBe(false);
  expect(statementText(statement)).toContain(
    'contradiction: FEE_DIFFERS, a fee\n  expected    1 wei\n  found       2 wei',
  );
});

it('says in words what became of each response, in ether', () => {
  const text = statementText(make());
  expect(text).toMatch(/final +1 ETH +1 ETH +1 ETH\n/);
  expect(text).toMatch(/void: slashed +0\.0000000000000001 ETH/);
  expect(text).toMatch(/paid on chain +1\.00000000000000001 ETH/);
  expect(text).toContain('0.00000000000000009 ETH due and not paid');
  expect(text.endsWith('everything that was asked agrees')).toBe(true);
});

it('says what it did not ask', () => {
  const text = statementText(make({ chain: null }));
  expect(text).toContain('no chain (--chain-rpc-url asks it)');
  expect(text).toMatch(/paid on chain +not asked/);
});

it('says that there is nothing', () => {
  expect(statementText(make({ relay: relayRecords([], { terms: new Map() }) }))).toContain('Nothing was served');
});

it('writes a line for every fee and claim in wei', () => {
  const [heading, ...lines] = statementCsv(make())
    .split('\n')
    .map((line) => line.split(','));
  const cells = lines.map((line) => Object.fromEntries(heading!.map((name, index) => [name, line[index]])));
  expect(new Set(lines.map(({ length }) => length))).toEqual(new Set([heading!.length]));
  expect(cells.map(({ kind }) => kind)).toEqual(['fee', 'fee', 'claim', 'fee', 'fee']);
  expect(cells[0]).toMatchObject({ fee_wei: String(ETHER), paid_wei: String(ETHER), acceptance: 'final', outcome: '' });
  expect(cells[2]).toMatchObject({ state: 'finalised', paid_wei: '50', held_wei: '0', fee_wei: '' });
});
