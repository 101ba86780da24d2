import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { avsId, keyRoot, type Hex } from '@odf/protocol';
import { describeSecret, newSecret, readSecret, writeSecret, type KeyKind } from '../keys/secret-file.js';
import type { Workspace } from './workspace.js';

const ETHER = 10n ** 18n;

/** Chain of the demo's AVSs. */
export const CHAIN_ID = 31_337n;
/** What a validator could lose; the coprocessors cover half of it. */
const SLASHABLE_WEI = 32n * ETHER;
const COVER_BPS = 5_000;
const COVER_WEI = (SLASHABLE_WEI * BigInt(COVER_BPS)) / 10_000n;
/** Test cover of each coprocessor. */
export const LINE_WEI = 10_000n * ETHER;

/** Windows of the demo's AVSs, milliseconds: wide enough for a dozen processes on two busy cores; a term costs no more when it is fast. */
export const windows = { bidding: 3_000, term: 60_000, deliver: 20_000, commit: 20_000 } as const;

/** One of the demo's two AVSs. */
export interface DemoAvs {
  name: 'kzg-da' | 'echo';
  avs: Hex;
  avs_id: Hex;
  reward_wei: bigint;
}

function demoAvs(name: DemoAvs['name'], avs: Hex, reward_wei: bigint): DemoAvs {
  return { name, avs, avs_id: avsId(CHAIN_ID, avs, 0), reward_wei };
}

export const kzgDa = demoAvs('kzg-da', '0x00000000000000000000000000000000000da001', ETHER / 1_000n);
export const echo = demoAvs('echo', '0x00000000000000000000000000000000000ec400', ETHER / 100_000n);

/** A validator of the demo. */
export interface DemoValidator {
  name: string;
  dir: string;
  pubkey: Hex;
  root: Hex;
  operator: Hex;
  policyFile: string;
}

/** A coprocessor of the demo. */
export interface DemoCoprocessor {
  name: string;
  dir: string;
  secret: Hex;
  pubkey: Hex;
  owner: Hex;
  keyFile: string;
  strategyFile: string;
}

function secretIn(
  dir: string,
  name: string,
  kind: KeyKind,
): { file: string; secret: Hex; shown: Record<string, string> } {
  const file = join(dir, name);
  if (!existsSync(file)) writeSecret(file, newSecret(kind, randomBytes));
  const secret = readSecret(file);
  return { file, secret, shown: describeSecret(kind, secret) };
}

/** The AVS configuration of the relay: both AVSs over HTTP, answered at `callbackUrl`. */
export function avsConfig(callbackUrl: string, tokenSha256: Hex, validators: number, coprocessors: number): string {
  // Every coprocessor wins its equal share, so that a failure of one shows.
  const share = Math.ceil(validators / coprocessors);
  const common = (avs: DemoAvs) => ({
    name: avs.name,
    plugin: avs.name,
    chain_id: Number(CHAIN_ID),
    avs: avs.avs,
    mode: 'term',
    windows_ms: windows,
    reward_per_task_wei: avs.reward_wei.toString(),
    cap_bps: Math.min(10_000, Math.ceil((10_000 * share) / validators)),
    slashable_wei: SLASHABLE_WEI.toString(),
    membership: 'open',
    claim_tail_ms: 3_600_000,
    source: { kind: 'http', token_sha256: tokenSha256, callback_url: callbackUrl, signature: 'secp256k1' },
  });
  return stringify([common(kzgDa), common(echo)]);
}

/** The policy file of a validator's sidecar. */
function policy(): string {
  return stringify({
    avs: [
      {
        avs_id: kzgDa.avs_id,
        plugin: 'kzg-da',
        verify: 'full',
        trust: {
          max_fee_share_bps: 2_500,
          max_fee_wei: kzgDa.reward_wei.toString(),
          slashable_wei: SLASHABLE_WEI.toString(),
          tiers: [{ collateral: { kind: 'either', cover_bps: COVER_BPS } }],
        },
      },
      { avs_id: echo.avs_id, plugin: 'echo' },
    ],
    validators: [{ validator_key_file: 'validator.key', operator_key_file: 'operator.key' }],
  });
}

/** The strategy file of coprocessor number `index`: each has its own price; every second one raises it for more units. */
function strategy(index: number, units: number): string {
  const first = 800 + 200 * index;
  const half = Math.floor(units / 2);
  const steps =
    index % 2 === 0 || half === 0
      ? [{ fee_share_bps: first, units }]
      : [
          { fee_share_bps: first, units: half },
          { fee_share_bps: first + 150, units: units - half },
        ];
  return stringify({
    // Two terms overlap while one ends and the next begins.
    capacity: { units: 2 * units },
    avs: [{ avs: kzgDa.name, steps, cover_wei_per_unit: COVER_WEI.toString(), standing: index !== 2 }],
  });
}

/** Makes or finds the validators' keys and writes their policies. */
export function demoValidators(workspace: Workspace, count: number): DemoValidator[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `validator-${index + 1}`;
    const dir = workspace.folder('validators', String(index + 1));
    const { shown } = secretIn(dir, 'validator.key', 'bls');
    const operator = secretIn(dir, 'operator.key', 'operator').shown['address'] as Hex;
    const policyFile = join(dir, 'policy.yaml');
    workspace.write(policyFile, policy());
    const pubkey = shown['pubkey'] as Hex;
    return { name, dir, pubkey, root: keyRoot(pubkey), operator, policyFile };
  });
}

/** Makes or finds the coprocessors' keys and writes their strategies. */
export function demoCoprocessors(workspace: Workspace, count: number, validators: number): DemoCoprocessor[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `coprocessor-${index + 1}`;
    const dir = workspace.folder('coprocessors', String(index + 1));
    const { file, secret, shown } = secretIn(dir, 'coprocessor.key', 'bls');
    const owner = secretIn(dir, 'owner.key', 'operator').shown['address'] as Hex;
    const strategyFile = join(dir, 'strategy.yaml');
    workspace.write(strategyFile, strategy(index, validators));
    return { name, dir, secret, pubkey: shown['pubkey'] as Hex, owner, keyFile: file, strategyFile };
  });
}
