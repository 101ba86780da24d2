import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClaimRefusal } from '@odf/settlement';
import { createPublicClient, http } from 'viem';
import { blocks, httpUrl, seconds, slashPlace, weiAmount } from './claim-options.js';
import { toJson } from '../text.js';
import { judgedText, refusalText, reportText } from './claim-text.js';
import { reasonOf } from './reason-of.js';
import { accountOf } from './claim.js';

const TRANSACTION = `0x${'aB'.repeat(32)}`;
const ID = `0x${'01'.repeat(32)}` as const;

describe('the options of odf claim', () => {
  it('take a slash with or without its log', () => {
    expect(slashPlace(TRANSACTION)).toEqual({ transaction: TRANSACTION.toLowerCase() });
    expect(slashPlace(`${TRANSACTION}:12`)).toEqual({ transaction: TRANSACTION.toLowerCase(), log_index: 12 });
  });

  it.each([
    ['a slash', slashPlace, ['0x12', `${TRANSACTION}:`, `${TRANSACTION}:-1`, `${TRANSACTION}:0x1`]],
    ['an amount', weiAmount, ['0', '-1', '1.5', '1e18', '', '0x10']],
    ['a depth', blocks, ['0', '1000', '2.5', 'twelve']],
    ['a time', seconds, ['0', '86401', '1.5', '-1', 'soon']],
    ['a URL', httpUrl, ['rpc', 'ws://rpc', 'file:///etc/passwd']],
  ] as const)('refuse what is not %s', (_, parse, texts) => {
    for (const text of texts) expect(() => parse(text)).toThrow(/^expected/);
  });

  it('take amounts beyond what a double holds', () => {
    expect(weiAmount('7200000000000000001')).toBe(7_200_000_000_000_000_001n);
  });
});

describe('what odf claim prints', () => {
  it('is amounts to the wei', () => {
    const judged = { claim_id: ID, amount_wei: 7_200_000_000_000_000_001n, bond_wei: 72n };
    expect(judgedText(judged)).toMatch(/7200000000000000001 wei.*bond of 72 wei/);
    expect(JSON.parse(toJson(judged))).toEqual({ claim_id: ID, amount_wei: '7200000000000000001', bond_wei: '72' });
  });

  it('is what became of a claim', () => {
    const ids = { claim_id: ID, line_id: ID, task_id: ID, operator: '0x0b', filer: '0x0c' } as const;
    const held = { ...ids, amount_wei: 7n, bond_wei: 1n, filed_at_ms: 0, finalisable_at_ms: 604_800_000, vetoes: 0 };
    expect(reportText({ ...held, state: 'filed' })).toMatch(/: filed\n7 wei held until 1970-01-08T/);
    expect(reportText({ ...held, state: 'finalised' })).toMatch(/: finalised\n7 wei paid to 0x0b/);
    expect(reportText({ ...held, state: 'rejected' })).toMatch(/nothing is paid/);
    expect(reportText({ ...held, state: 'vetoed', vetoes: 1 })).toMatch(/file it once more/);
    expect(reportText({ ...held, state: 'vetoed', vetoes: 2 })).toMatch(/second time; nothing is paid/);
  });

  it('is the reason of a refusal and what to do', () => {
    expect(refusalText(new ClaimRefusal('unconfirmed', 'the slash has 1 of 12 confirmations'))).toMatch(
      /^refused: the slash has 1 of 12 confirmations \(try again/,
    );
  });

  it('never shows the URL of a node', async () => {
    const client = createPublicClient({ transport: http('http://127.0.0.1:1/v3/APIKEY', { retryCount: 0 }) });
    const error: unknown = await client.getChainId().catch((cause: unknown) => cause);
    expect(String(error)).toContain('APIKEY');
    expect(reasonOf(error)).toBe('HTTP request failed. fetch failed');
  });

  it('never shows a key', () => {
    const folder = mkdtempSync(join(tmpdir(), 'odf-claim-key-'));
    const accountKey = join(folder, 'key');
    writeFileSync(accountKey, `0x${'ff'.repeat(32)}`);
    expect(() => accountOf({ accountKey })).toThrow(`${accountKey} holds no secret key of an account`);
    rmSync(folder, { recursive: true });
  });
});
