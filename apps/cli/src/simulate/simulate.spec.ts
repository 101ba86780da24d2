import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate } from './evaluation.js';
import { LIE_NAMES } from './lies.js';
import { jobsOf, PROFILES } from './profile.js';
import { jsonOf, markdownOf, writeReport } from './report.js';
import { runJob, type Job } from './run.js';
import { simulate, summaryOf } from './simulate.js';

const job: Job = { adversary: 'exit scam', market: 'ours', seed: 3, terms: 18, units: 1000 };
const small = { ...PROFILES.short, seeds: 1, terms: 18, units: 1000, adversaries: [] };

describe('odf simulate --profile short', () => {
  it('finds that every claim holds', async () => {
    const { evaluation } = await simulate(PROFILES.short, () => undefined);
    expect(evaluation.claims.filter(({ holds }) => !holds)).toEqual([]);
    expect(evaluation.claims.length).toBeGreaterThanOrEqual(7);
    expect(evaluation.lies.map(({ lie }) => lie)).toEqual(['nothing', ...LIE_NAMES]);
    expect(summaryOf(evaluation)).not.toContain('✘');
  }, 120_000);
});

describe('a run', () => {
  it('gives the same bytes for the same seed, and others for another', async () => {
    const first = JSON.stringify(await runJob(job));
    expect(JSON.stringify(await runJob(job))).toBe(first);
    expect(JSON.stringify(await runJob({ ...job, seed: 4 }))).not.toBe(first);
  });

  it('loses to a wrong result no more than what validators chose to carry, and all of it where nobody covers', async () => {
    const [ours, naive] = await Promise.all([runJob(job), runJob({ ...job, market: 'naive' })]);
    // Ninety per cent of every stake are covered, but for the few who asked for half.
    expect(ours.uncovered / naive.uncovered).toBeLessThan(0.2);
    expect(naive.uncovered).toBeGreaterThan(50);
  });

  it('refuses names that it does not know', async () => {
    await expect(runJob({ ...job, adversary: 'gremlins' })).rejects.toThrow('no adversary "gremlins"; there are: none');
    await expect(runJob({ ...job, market: 'bazaar' })).rejects.toThrow('no market "bazaar"');
  });
});

describe('judging', () => {
  it('tells claims that fail: withholders in a market without defences, cover promised twice, a lie that passed', async () => {
    const none = await runJob({ ...job, adversary: 'none' });
    const bad = { ...none, job: { ...none.job, adversary: 'withholders' }, net: none.net - 50 };
    const twice = { ...none, overPromised: 3 };
    const passed = { ...none, lies: [{ lie: 'raises a price', finding: null }] };
    const torn = { ...none, replayed: { auctions: 2, equal: 1 } };
    const failing = (...results: (typeof none)[]) =>
      evaluate(results)
        .claims.filter(({ holds }) => !holds)
        .map(({ claim }) => claim);
    expect(failing(none)).toEqual([]);
    expect(failing(none, bad)).toEqual([expect.stringContaining('withholders: costs validators less than 20.0')]);
    expect(failing(twice)).toEqual(['no cover is promised twice']);
    expect(failing(passed)).toEqual([expect.stringContaining('every lie')]);
    expect(failing(torn)).toEqual([expect.stringContaining('replays byte for byte')]);
    expect(failing({ ...none, newcomerTerms: null })).toEqual([expect.stringContaining('newcomer')]);
  });
});

describe('profiles', () => {
  it('compare everybody with the naive market and always know what nobody’s attack is like', () => {
    const jobs = jobsOf({ ...small, adversaries: ['double spending'] });
    expect(jobs.map(({ adversary, market }) => `${adversary}: ${market}`)).toEqual([
      'none: naive',
      'none: ours',
      'double spending: cover at its word',
      'double spending: ours',
    ]);
    expect(jobsOf(PROFILES.full).length).toBeGreaterThan(400);
  });
});

describe('the report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'odf-simulate-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is the same for the same profile, and leaves what people wrote', async () => {
    const report = await simulate(small, () => undefined);
    expect(jsonOf(await simulate(small, () => undefined))).toBe(jsonOf(report));
    const page = join(folder, 'market-evaluation.md');
    const files = writeReport(folder, report);
    writeFileSync(page, readFileSync(page, 'utf8').replace('# Market evaluation', '# By hand'));
    expect(writeReport(folder, report)).toEqual(files);
    const written = readFileSync(page, 'utf8');
    expect(written).toContain('# By hand');
    expect(written).toContain(markdownOf(report).split('\n')[0]);
    for (const file of files.filter((name) => name.endsWith('.svg'))) {
      const picture = readFileSync(file, 'utf8');
      expect(picture).toMatch(/^<svg [^>]*viewBox="0 0 760 \d+"[^>]*>/);
      expect(picture).not.toMatch(/NaN|Infinity|undefined/);
      expect(picture.match(/<text/g)?.length).toBe(picture.match(/<\/text>/g)?.length);
    }
    writeFileSync(page, 'nothing to fill');
    expect(() => writeReport(folder, report)).toThrow('has no place for results');
  });
});
