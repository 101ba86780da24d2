import { routes, SignedReceipt, type Hex } from '@odf/protocol';
import { toBytea } from '@odf/persistence';
import { testPolicy } from '@odf/testing';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { avsEntry } from '../support/avs.js';
import { queryDatabase } from '../support/database.js';
import { Market } from '../support/market.js';
import { odf } from '../support/odf.js';
import { exchange } from '../support/http.js';
import { OPERATOR_TOKEN, startRelay, VIEWER_TOKEN, type RelayProcess } from '../support/relay-process.js';

jest.setTimeout(180_000);

const ETHER = 10n ** 18n;
const windows = { bidding: 6_000, term: 600_000, deliver: 60_000, commit: 120_000 };
const bytes = (length: number, byte: string) => `0x${byte.repeat(length)}`;

const odfAudit = (...args: string[]) => odf('audit', ...args);

type Tree = { [member: string]: Tree | string };
const split = (path: string): string[] => path.split(/[.[\]]+/).filter((key) => key !== '');
const at = (tree: Tree, path: string): Tree | string =>
  split(path).reduce<Tree | string>((node, key) => (node as Tree)[key]!, tree);
const put = (tree: Tree, path: string, value: string): void => {
  const keys = split(path);
  (at(tree, keys.slice(0, -1).join('.')) as Tree)[keys.at(-1)!] = value;
};

describe('odf audit', () => {
  let folder: string;
  let relay: RelayProcess;
  let market: Market;
  let auctionId: Hex;
  let bundleFile: string;
  let bundle: Tree;
  const receipts: SignedReceipt[] = [];
  let standing: SignedReceipt;

  const file = async (name: string, content: unknown): Promise<string> => {
    await writeFile(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  const receiptFile = (name: string, receipt: SignedReceipt) => file(name, z.encode(SignedReceipt, receipt));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'odf-audit-'));
    relay = await startRelay({ avs: [avsEntry('da', 1, { windows_ms: windows, cap_bps: 5_000 })] });
    market = await Market.of(relay);
    const policy = testPolicy();
    await market.enrol('da', 5, { policy });
    const [replacer, quitter, stander] = await Promise.all(
      [0, 1, 2].map((number) => market.coprocessor(number, ETHER)),
    );
    const { auction_id } = await market.openAuction('da', 3_000);
    auctionId = auction_id;
    const steps = (fee_share_bps: number, units: number) => ({ auction_id, steps: [{ fee_share_bps, units }] });
    receipts.push(await market.bid(replacer!, 'da', steps(1_500, 4)));
    receipts.push(await market.bid(quitter!, 'da', steps(100, 5)));
    receipts.push(await market.bid(replacer!, 'da', steps(1_000, 3)));
    receipts.push(await market.bid(quitter!, 'da', { auction_id, steps: [] }));
    standing = await market.bid(stander!, 'da', { steps: [{ fee_share_bps: 1_200, units: 5 }] });
    await market.cleared('da', auctionId);
    bundleFile = join(folder, 'bundle.json');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('finds an honest auction valid, says what it checked and saves it', async () => {
    const { code, stdout } = await odfAudit('latest', '--relay', relay.url, '--save', bundleFile);
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'valid']);
    expect(stdout).toContain(`auction     ${auctionId}`);
    expect(stdout).toMatch(/bids {8}5:.*\n {2}members {5}5 in 1 /);
    bundle = JSON.parse(await readFile(bundleFile, 'utf8')) as Tree;
  });

  it('says the same offline, of the id, and as JSON', async () => {
    const runs = [
      await odfAudit('--file', bundleFile, '--json'),
      await odfAudit(auctionId, '--relay', relay.url, '--json'),
    ];
    for (const { code, stdout } of runs) {
      expect(code).toBe(0);
      const awards = (bundle['awards'] as unknown as unknown[]).length;
      expect(awards).toBeGreaterThan(0);
      expect(JSON.parse(stdout)).toMatchObject({
        valid: true,
        auction_id: auctionId,
        findings: [],
        checked: { bids: 5, members: 5, awards, signatures: 5 + 2 + awards },
      });
    }
  });

  const changes: [what: string, path: string, value: string, code: string, at: string][] = [
    ['bid', 'transcript.bids[0].bid.message.steps[0].units', '5', 'BID_SIGNATURE_INVALID', 'bids[0].bid.signature'],
    ['price', 'transcript.allocation[0].price_bps', '1', 'PRICE_DIFFERS', 'allocation[0].price_bps'],
    ['seed', 'transcript.seed', bytes(32, '11'), 'SEED_WRONG', 'seed'],
    ['count', 'transcript.classes[0].count', '6', 'MEMBER_COUNT_WRONG', 'classes[0].count'],
    ['signature', 'frozen.signature', bytes(96, '22'), 'FROZEN_DIFFERS', 'frozen.signature'],
    ['award root', 'transcript.awards[0].award_root', bytes(32, '33'), 'AWARD_DIFFERS', 'awards[0].award_root'],
  ];

  it.each(changes)('names a changed %s', async (_, path, value, code, where) => {
    const changed = structuredClone(bundle);
    expect(at(changed, `published.${path}`)).not.toBe(value);
    put(changed, `published.${path}`, value);
    const run = await odfAudit('--file', await file('changed.json', changed));
    expect([run.code, run.stdout.split('\n')[0]]).toEqual([1, `contradiction: ${code} at ${where}`]);
  });

  it.each([
    ['member', 'members[0].operator', bytes(20, '44'), 'MEMBERS_ROOT_WRONG at members_root'],
    ['signed award', 'awards[0].signature', bytes(96, '55'), 'SIGNATURE_INVALID at signed_awards[0].signature'],
    ['question', 'auction_id', bytes(32, '66'), 'AUCTION_ID_WRONG at auction.auction_id'],
  ])('names a changed %s', async (_, path, value, first) => {
    const changed = structuredClone(bundle);
    put(changed, path, value);
    const run = await odfAudit('--file', await file('changed.json', changed));
    expect([run.code, run.stdout.split('\n')[0]]).toEqual([1, `contradiction: ${first}`]);
    expect(run.stdout).toMatch(/\n {2}expected {4}\S/);
  });

  it('proves that receipted bids were in, the replaced and the cancelled one too', async () => {
    const paths = await Promise.all(receipts.map((receipt, index) => receiptFile(`receipt-${index}.json`, receipt)));
    const runs = await Promise.all(paths.map((path) => odfAudit('--receipt', path, '--relay', relay.url, '--json')));
    runs.forEach(({ code, stdout }, index) => {
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { valid: true, seq: String(index + 1) }]);
    });
    expect((await odfAudit('--receipt', paths[0]!, '--file', bundleFile)).code).toBe(0);
  });

  it('writes the contradiction down when the frozen bids are others', async () => {
    const changed = structuredClone(bundle);
    const bids = at(changed, 'published.transcript.bids') as unknown as Tree[];
    bids.splice(2, 1);
    const path = await receiptFile('receipt.json', receipts[2]!);
    const run = await odfAudit('--receipt', path, '--file', await file('short.json', changed), '--out', folder);
    expect([run.code, run.stdout.split('\n')[0]]).toEqual([1, 'contradiction: FROZEN_DIFFERS']);
    const [name] = (await readdir(folder)).filter((one) => one.startsWith('contradiction-'));
    const evidence = JSON.parse(await readFile(join(folder, name!), 'utf8')) as Tree;
    expect(evidence).toMatchObject({
      code: 'FROZEN_DIFFERS',
      receipt: JSON.parse(await readFile(path, 'utf8')) as Tree,
      published: { frozen: at(bundle, 'published.frozen') },
    });
  });

  describe('reputations', () => {
    const DAY_MS = 86_400_000;
    const reputation = (name: string, ...args: string[]) => odf('reputation', name, '--relay', relay.url, ...args);
    const iso = (daysAgo: number) => new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);
    let owner: string;

    /** What a relay of some days ago would have recorded. */
    async function record(daysAgo: number, kind: string, attribution = 'coprocessor'): Promise<void> {
      const message = at(bundle, 'awards[0].message') as Tree;
      owner = at(bundle, 'published.transcript.awards[0].owner') as string;
      const evidence = { auction_id: auctionId, role: message['role'] };
      const [coprocessor, avs] = [message['coprocessor'] as Hex, message['avs_id'] as Hex];
      await queryDatabase(
        relay,
        `insert into reputation_events (coprocessor, owner, avs_id, task_id, kind, attribution, evidence, at_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          ...[coprocessor, owner as Hex, avs, bytes(32, `0${daysAgo}`) as Hex].map(toBytea),
          ...[kind, attribution, evidence, Date.now() - daysAgo * DAY_MS],
        ],
      );
    }

    it('follow from public events and audited transcripts', async () => {
      for (const daysAgo of [5, 4, 2]) await record(daysAgo, 'delivered');
      await record(3, 'withheld');
      await record(1, 'withheld', 'infrastructure');
      // Whoever asks for a score has the days folded that are over.
      const { coprocessor } = at(bundle, 'awards[0].message') as { coprocessor: Hex };
      const { reputation: told } = await market.client.data(routes.getCoprocessor, { params: { pubkey: coprocessor } });
      expect([told.live.r > 0n, told.live.s > 0n]).toEqual([true, true]);
      const { code, stdout } = await reputation('recompute');
      expect([code, stdout]).toEqual([
        0,
        expect.stringContaining('1 owners from 5 events and 1 auctions\nevery stored'),
      ]);
      const shown = JSON.parse((await reputation('show', '--as-of', iso(5), '--json')).stdout) as Tree[];
      expect(shown).toMatchObject([{ owner, day: iso(5), live: { s: '0' } }]);
      const earlier = await reputation('recompute', '--as-of', iso(4), '--json');
      expect([earlier.code, JSON.parse(earlier.stdout)]).toMatchObject([0, { events: 2, differences: [] }]);
    });

    it('are corrected by an event with a reason, from that day on', async () => {
      const query = { order_by: 'id', limit: 500 } as const;
      const events = await market.client.data(routes.dataReputation, { query });
      const withheld = events.find(({ kind, attribution }) => kind === 'withheld' && attribution === 'coprocessor')!;
      const correct = (id: string, token: string | undefined) =>
        exchange(relay, '/internal/v1/reputation/corrections', {
          headers: token ? { authorization: `Bearer ${token}` } : {},
          body: { event_id: id, attribution: 'relay', reason: 'the relay was down for an hour' },
        });
      const statuses = [
        await correct(withheld.id, undefined),
        await correct(withheld.id, VIEWER_TOKEN),
        await correct('999999', OPERATOR_TOKEN),
        await correct(withheld.id, OPERATOR_TOKEN),
      ].map(({ status }) => status);
      expect(statuses).toEqual([401, 403, 404, 200]);
      const [newest] = await market.client.data(routes.dataReputation, { query: { limit: 1 } });
      expect(newest).toMatchObject({ kind: 'correction', evidence: { corrects: withheld.id, attribution: 'relay' } });
      expect((await reputation('recompute')).code).toBe(0);
    });

    it('are never changed, and a stored score that does not follow is named', async () => {
      await expect(queryDatabase(relay, 'delete from reputation_events')).rejects.toThrow('append-only');
      await queryDatabase(relay, 'update reputation_scores set live_s = live_s - 1 where live_s > 0');
      const { code, stdout } = await reputation('recompute');
      expect([code, stdout]).toEqual([1, expect.stringMatching(/contradiction: live_s of 0x.*\n {2}stored +\d+\n/)]);
    });

    it('are not told of days that are none', async () => {
      const runs = [await reputation('show', '--as-of', 'today'), await odf('reputation', 'recompute')];
      expect(runs.map(({ code }) => code)).toEqual([2, 2]);
    });
  });

  it('says 2 for what it cannot check', async () => {
    const foreign = { ...receipts[0]!, receipt: { ...receipts[0]!.receipt, at_ms: 1n } };
    const cases: [args: string[], why: RegExp][] = [
      [[auctionId], /name a relay/],
      [['latest', '--relay', 'http://127.0.0.1:1'], /cannot be reached/],
      [['nonsense', '--relay', relay.url], /is no auction/],
      [[bytes(32, '77'), '--relay', relay.url], /no such auction/],
      [['--file', await file('nonsense.json', {})], /is not an audit bundle/],
      [['--receipt', await receiptFile('standing.json', standing), '--relay', relay.url], /standing bid's own receipt/],
      [['--receipt', await receiptFile('foreign.json', foreign), '--relay', relay.url], /does not hold/],
      [['--nonsense'], /unknown option/],
    ];
    const runs = await Promise.all(cases.map(([args]) => odfAudit(...args)));
    runs.forEach(({ code, stderr }, index) => {
      expect([code, stderr]).toEqual([2, expect.stringMatching(cases[index]![1])]);
    });
  });
});
