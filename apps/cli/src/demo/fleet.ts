import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { avsId, keyRoot, type Hex } from '@odf/protocol';
import { daAvs } from '@odf/settlement';
import { describeSecret, newSecret, readSecret, writeSecret, type KeyKind } from '../keys/secret-file.js';
import type { Casting, CoprocessorRole, ValidatorRole } from './casting.js';
import type { Workspace } from './workspace.js';

const ETHER = 10n ** 18n;

/** Chain of the demo's AVSs. */
export const CHAIN_ID = 31_337n;
/** What a validator could lose; the coprocessors cover half of it. */
export const SLASHABLE_WEI = 32n * ETHER;
const COVER_BPS = 5_000;
const COVER_WEI = (SLASHABLE_WEI * BigInt(COVER_BPS)) / 10_000n;
/** Cover of each coprocessor: what two overlapping terms can ask for, twice. */
const lineWei = (validators: number): bigint => 4n * BigInt(validators) * COVER_WEI;
/** What a coprocessor's owner starts with: collateral, bond, gas. */
export const ownerWei = (validators: number): bigint => lineWei(validators) + 10n * ETHER;

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

export const kzgDa = demoAvs('kzg-da', daAvs.taskManager, ETHER / 1_000n);
export const echo = demoAvs('echo', '0x00000000000000000000000000000000000ec400', ETHER / 100_000n);

/** A validator of the demo. */
export interface DemoValidator {
  name: string;
  dir: string;
  pubkey: Hex;
  root: Hex;
  operator: Hex;
  operatorSecret: Hex;
  policyFile: string;
  role: ValidatorRole;
}

/** A coprocessor of the demo. */
export interface DemoCoprocessor {
  name: string;
  dir: string;
  secret: Hex;
  pubkey: Hex;
  owner: Hex;
  ownerFile: string;
  keyFile: string;
  strategyFile: string;
  role: CoprocessorRole;
}

/** Makes or finds a secret of the demo. */
export function secretIn(
  dir: string,
  name: string,
  kind: KeyKind,
): { file: string; secret: Hex; shown: Record<string, string> } {
  const file = join(dir, name);
  if (!existsSync(file)) writeSecret(file, newSecret(kind, randomBytes));
  const secret = readSecret(file);
  return { file, secret, shown: describeSecret(kind, secret) };
}

/** How the relay reaches the demo's AVSs. */
export interface AvsPlaces {
  /** Where the AVS over HTTP takes responses, and the hash of its token. */
  callbackUrl: string;
  tokenSha256: Hex;
  /** How long a response on chain may be challenged. */
  challengeMs: number;
}

/** The AVS configuration of the relay: blobs on the chain, and echoes over HTTP. */
export function avsConfig(places: AvsPlaces, casting: Casting): string {
  const [validators, coprocessors] = [casting.validators.length, casting.coprocessors.length];
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
    claim_tail_ms: 3_600_000,
  });
  const { tokenSha256: token_sha256, callbackUrl: callback_url } = places;
  return stringify([
    {
      ...common(kzgDa),
      verification: casting.verification,
      membership: 'chain',
      allocation_manager: daAvs.allocationManager,
      attributor: 'chain',
      oracle_contract: daAvs.oracle,
      source: { kind: 'task-manager', confirmations: 1, challenge_ms: places.challengeMs },
    },
    {
      ...common(echo),
      membership: 'open',
      source: { kind: 'http', token_sha256, callback_url, signature: 'secp256k1' },
    },
  ]);
}

/** The policy file of a validator's sidecar. */
function policy({ verify, vouchers }: ValidatorRole, allow: readonly Hex[]): string {
  return stringify({
    avs: [
      {
        avs_id: kzgDa.avs_id,
        plugin: 'kzg-da',
        verify,
        vouchers,
        trust: {
          max_fee_share_bps: 2_500,
          max_fee_wei: kzgDa.reward_wei.toString(),
          slashable_wei: SLASHABLE_WEI.toString(),
          tiers: [{ collateral: { kind: 'either', cover_bps: COVER_BPS } }],
          allow,
        },
      },
      { avs_id: echo.avs_id, plugin: 'echo' },
    ],
    validators: [{ validator_key_file: 'validator.key', operator_key_file: 'operator.key' }],
  });
}

/** The strategy file of coprocessor number `index`: each has its own price; every second one raises it for more units. */
function strategy({ prover, standby, drawAfterMs }: CoprocessorRole, index: number, units: number): string {
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
    avs: [{ avs: kzgDa.name, steps, cover_wei_per_unit: COVER_WEI.toString(), standing: index !== 2, standby }],
    ...(prover !== undefined && { provers: { [kzgDa.name]: prover } }),
    settlement: {
      collateral: [{ wei: lineWei(units).toString() }],
      lines: [{ avs: kzgDa.name, cap_wei: lineWei(units).toString(), oracle: daAvs.oracle }],
      redeem_above_wei: 1,
      redeem_at_shutdown: true,
      draw_after_ms: drawAfterMs,
    },
  });
}

/** Makes or finds the validators' keys and writes their policies. */
export function demoValidators(
  workspace: Workspace,
  { validators }: Casting,
  coprocessors: readonly DemoCoprocessor[],
): DemoValidator[] {
  return validators.map((role, index) => {
    const dir = workspace.folder('validators', String(index + 1));
    const { shown } = secretIn(dir, 'validator.key', 'bls');
    const operator = secretIn(dir, 'operator.key', 'operator');
    const policyFile = join(dir, 'policy.yaml');
    const allow = role.allow.map((number) => coprocessors[number]!.pubkey);
    workspace.write(policyFile, policy(role, allow));
    const pubkey = shown['pubkey'] as Hex;
    return {
      ...{ name: `validator-${index + 1}`, dir, pubkey, root: keyRoot(pubkey), policyFile, role },
      operator: operator.shown['address'] as Hex,
      operatorSecret: operator.secret,
    };
  });
}

/** Makes or finds the coprocessors' keys and writes their strategies. */
export function demoCoprocessors(workspace: Workspace, { validators, coprocessors }: Casting): DemoCoprocessor[] {
  return coprocessors.map((role, index) => {
    const dir = workspace.folder('coprocessors', String(index + 1));
    const { file, secret, shown } = secretIn(dir, 'coprocessor.key', 'bls');
    const owner = secretIn(dir, 'owner.key', 'operator');
    const strategyFile = join(dir, 'strategy.yaml');
    workspace.write(strategyFile, strategy(role, index, validators.length));
    return {
      ...{ name: `coprocessor-${index + 1}`, dir, secret, pubkey: shown['pubkey'] as Hex, strategyFile, role },
      owner: owner.shown['address'] as Hex,
      ownerFile: owner.file,
      keyFile: file,
    };
  });
}
