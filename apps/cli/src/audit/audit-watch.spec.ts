import type { DataAuction, SignedBidsFrozen } from '@odf/protocol';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytes, CONTEXT, RELAY_KEY } from '../../../../libs/market/test/auction.fixture.js';
import type { AuditTools } from './audit-day.js';
import { AuditWatch } from './audit-watch.js';
import type { Contradicting } from './evidence.js';

const frozen = (count: number): SignedBidsFrozen => ({
  message: { auction_id: bytes(32, 1), bids_root: bytes(32, count), count },
  signature: bytes(96, count),
});

let shown: SignedBidsFrozen;
let folder: string;
let shouts: [what: string, evidence: Contradicting][];
beforeEach(() => {
  shouts = [];
  shown = frozen(3);
  folder = mkdtempSync(join(tmpdir(), 'odf-watch-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function watch(): AuditWatch {
  const auction = () => ({ id: '1', auction_id: bytes(32, 1), frozen: shown, transcript_root: null }) as DataAuction;
  const client = { data: () => Promise.resolve([auction()]) };
  const info = { chain_id: CONTEXT.chainId, settlement: CONTEXT.settlement };
  const tools = {
    relay: { client, pubkey: RELAY_KEY, info },
    verify: () => Promise.resolve(true),
    progress: () => undefined,
  };
  return new AuditWatch(tools as unknown as AuditTools, {
    stateDir: folder,
    onContradiction: (what, evidence) => void shouts.push([what, evidence]),
  });
}

it('shouts once when the relay shows other frozen bids than before, with both', async () => {
  const watching = watch();
  await watching.round();
  expect(shouts).toEqual([]);
  shown = frozen(2);
  await watching.round();
  await watching.round();
  const statement = { what: 'frozen', first: frozen(3), second: frozen(2) };
  expect(shouts).toMatchObject([[`two sets of frozen bids of ${bytes(32, 1)}`, { kind: 'signed_twice', statement }]]);
});

it('remembers over restarts what was shown', async () => {
  await watch().round();
  shown = frozen(2);
  await watch().round();
  expect(shouts).toHaveLength(1);
});
