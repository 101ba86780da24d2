import { verifySignature } from '@odf/bls';
import { parseRelayUrl } from '@odf/client';
import { SignedReceipt } from '@odf/protocol';
import { systemClock } from '@odf/telemetry';
import { Command } from 'commander';
import { auditBundle } from './audit-bundle.js';
import { askEvidence, assertHoldable, contradictionOf, publishedOf } from './audit-receipt.js';
import { AuditBundle, contextOf, readJsonFile, writeBundle } from './bundle.js';
import { auditDay } from './audit-day.js';
import { AuditWatch } from './audit-watch.js';
import { dayJson, dayText } from './day-report.js';
import { Evidence as EvidenceFile, judge, withRelay, writeEvidence } from './evidence.js';
import { askRelay, auctionMeant, fetchBundle, type AskedRelay } from './fetch-bundle.js';
import { stderrProgress, withVerifier } from './progress.js';
import { receiptJson, receiptText, writeContradiction, type ReceiptReport } from './receipt-report.js';
import { auditJson, auditText } from './report.js';

/** Exit codes: scripts tell a contradiction from an audit that could not be made. */
export const EXIT = { valid: 0, contradiction: 1, unchecked: 2 } as const;

interface AuditOptions {
  relay?: string;
  file?: string;
  receipt?: string;
  save?: string;
  out: string;
  json?: boolean;
  day?: string;
  watch?: boolean;
  state?: string;
  evidence?: string;
}

const A_BUNDLE = 'an audit bundle';

/** The bundle of a file, or of the relay; a relay's URL beside a file says which key its signatures must carry. */
async function bundleOf(auction: string | undefined, { relay, file }: AuditOptions): Promise<AuditBundle> {
  if (file) {
    if (auction) throw new Error('give an auction or --file, not both');
    const bundle = readJsonFile(file, AuditBundle, A_BUNDLE);
    return { ...bundle, relay_pubkey: (relay && parseRelayUrl(relay).pubkey) || bundle.relay_pubkey };
  }
  if (!relay) throw new Error('name a relay by --relay, or a saved bundle by --file');
  if (!auction) throw new Error('name an auction, or "latest"');
  const asked = await askRelay(relay);
  if (!asked.client.url.pubkey) stderrProgress(`the URL names no key: taking the relay's word for ${asked.pubkey}`);
  return fetchBundle(await auctionMeant(auction, asked), asked, stderrProgress);
}

async function auditAuctionOf(auction: string | undefined, options: AuditOptions): Promise<number> {
  const bundle = await bundleOf(auction, options);
  if (options.save) writeBundle(options.save, bundle);
  stderrProgress(`replaying with ${bundle.published.frozen.message.count} bids and ${bundle.members.length} members`);
  const report = await withVerifier(stderrProgress, (verify) => auditBundle(bundle, verify));
  console.log(options.json ? auditJson(report) : auditText(report));
  return report.findings.length === 0 ? EXIT.valid : EXIT.contradiction;
}

/** Where the evidence about a receipt comes from: a saved bundle, or the relay. */
async function evidenceFor(signed: SignedReceipt, { relay, file }: AuditOptions): Promise<ReceiptReport> {
  if (file) {
    const { relay_pubkey, info, published } = readJsonFile(file, AuditBundle, A_BUNDLE);
    const pubkey = (relay && parseRelayUrl(relay).pubkey) || relay_pubkey;
    const identity = { pubkey, context: contextOf(info) };
    assertHoldable(signed, identity, verifySignature);
    const evidence = { proof: null, published: publishedOf(published) };
    return { signed, identity, evidence, contradiction: contradictionOf(signed, evidence, identity, verifySignature) };
  }
  if (!relay) throw new Error('name the relay by --relay, or a saved bundle by --file');
  const asked = await askRelay(relay);
  const identity = { pubkey: asked.pubkey, context: contextOf(asked.info) };
  assertHoldable(signed, identity, verifySignature);
  const evidence = await askEvidence(signed, asked);
  return { signed, identity, evidence, contradiction: contradictionOf(signed, evidence, identity, verifySignature) };
}

async function auditReceipt(receipt: string, options: AuditOptions): Promise<number> {
  const report = await evidenceFor(readJsonFile(receipt, SignedReceipt, 'a signed receipt'), options);
  const file = report.contradiction ? writeContradiction(options.out, report) : null;
  console.log(options.json ? receiptJson(report, file) : receiptText(report, file));
  return report.contradiction ? EXIT.contradiction : EXIT.valid;
}

/** A relay that was named, with the key that its signatures must carry. */
async function namedRelay({ relay }: AuditOptions): Promise<AskedRelay> {
  if (!relay) throw new Error('name the relay by --relay');
  const asked = await askRelay(relay);
  if (!asked.client.url.pubkey) stderrProgress(`the URL names no key: taking the relay's word for ${asked.pubkey}`);
  return asked;
}

async function auditOfDay(day: string, options: AuditOptions): Promise<number> {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day)))
    throw new Error(`${day} is no UTC day such as 2026-11-27`);
  const relay = await namedRelay(options);
  const report = await withVerifier(stderrProgress, (verify) =>
    auditDay(day, { relay, verify, progress: stderrProgress }),
  );
  const files = report.findings.map(
    ({ evidence }) => evidence && writeEvidence(options.out, evidence, systemClock.nowMs()),
  );
  console.log(options.json ? dayJson(report, files) : dayText(report, files));
  return report.findings.length === 0 ? EXIT.valid : EXIT.contradiction;
}

/** Follows until it is interrupted; contradictions are shouted at once and told by the exit code at the end. */
async function watch(options: AuditOptions): Promise<number> {
  const relay = await namedRelay(options);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  let contradictions = 0;
  await withVerifier(stderrProgress, (verify) =>
    new AuditWatch(
      { relay, verify, progress: stderrProgress },
      {
        stateDir: options.state ?? null,
        onContradiction(what, evidence) {
          contradictions += 1;
          const file = writeEvidence(options.out, evidence, systemClock.nowMs());
          console.log(options.json ? JSON.stringify({ what, file }) : `CONTRADICTION: ${what}\n  evidence    ${file}`);
        },
      },
    ).run(stopping.signal),
  );
  return contradictions === 0 ? EXIT.valid : EXIT.contradiction;
}

async function auditEvidence(file: string, { relay, json }: AuditOptions): Promise<number> {
  const { evidence } = readJsonFile(file, EvidenceFile, 'evidence of a contradiction');
  const named = relay === undefined ? undefined : parseRelayUrl(relay).pubkey;
  const { proved, what } = await withVerifier(stderrProgress, (verify) => judge(withRelay(evidence, named), verify));
  if (json) console.log(JSON.stringify({ proved, what }, null, 2));
  else
    console.log(
      `${proved === null ? 'not signed by the relay' : proved ? 'contradiction' : 'no contradiction'}: ${what}`,
    );
  return proved === null ? EXIT.unchecked : proved ? EXIT.contradiction : EXIT.valid;
}

function answerOf(auction: string | undefined, options: AuditOptions): Promise<number> {
  if (options.evidence) return auditEvidence(options.evidence, options);
  if (options.receipt) return auditReceipt(options.receipt, options);
  if (options.watch) return watch(options);
  if (options.day) return auditOfDay(options.day, options);
  return auditAuctionOf(auction, options);
}

/** `odf audit`: replays a cleared auction, or proves that a receipt's bid was in it. */
export function auditCommand(): Command {
  return new Command('audit')
    .description(
      'Replays a cleared auction and checks every signature and root; or checks that a receipted bid counted.',
    )
    .argument('[auction]', 'its id, or "latest" for the newest that cleared')
    .option('--relay <url>', 'https://0x<pubkey>@host[:port]; with a file only its key is used')
    .option('--file <bundle>', 'audit what --save wrote, offline')
    .option('--save <bundle>', 'keep what the relay published, for --file')
    .option('--receipt <file>', 'check that the bid of this receipt is in the frozen set')
    .option('--day <day>', 'audit every auction of a UTC day, all against each other, and its reputations')
    .option('--watch', 'follow the relay and shout at every contradiction until interrupted')
    .option('--state <dir>', 'where --watch keeps what the relay has shown, over restarts')
    .option('--evidence <file>', 'judge the evidence of a contradiction offline')
    .option('--out <dir>', 'where evidence of contradictions is written', '.')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit code: 0 valid, 1 contradiction, 2 could not check.\n' +
        '\nExamples:\n  odf audit latest --relay https://0x…@relay\n  odf audit --day 2026-11-27 --relay https://0x…@relay --out evidence\n' +
        '  odf audit --watch --relay https://0x…@relay --state watch\n  odf audit --evidence contradiction-….json\n',
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT.unchecked))
    .action(async (auction: string | undefined, options: AuditOptions) => {
      try {
        process.exitCode = await answerOf(auction, options);
      } catch (error) {
        console.error(`could not check: ${error instanceof Error ? error.message : String(error)}`);
        if (process.env['LOG_LEVEL'] === 'debug') console.error(error);
        process.exitCode = EXIT.unchecked;
      }
    });
}
