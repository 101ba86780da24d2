import type { Hex } from '@odf/protocol';
import { InvalidArgumentError } from 'commander';

/** What `odf claim` is told. */
export interface ClaimOptions {
  evidence: string;
  chainRpcUrl: string;
  accountKey?: string;
  dryRun: boolean;
  wait: boolean;
  slash?: SlashPlace;
  amount?: bigint;
  confirmations: number;
  /** How long a transaction may take until it is in a block, seconds. */
  patience: number;
  dataDir: string;
  json: boolean;
}

/** Where a slash stands; without an index it is looked up in the transaction. */
export interface SlashPlace {
  transaction: Hex;
  log_index?: number;
}

/** Reads `0x<transaction>[:<log index>]`. */
export function slashPlace(text: string): SlashPlace {
  const match = /^(0x[0-9a-fA-F]{64})(?::([0-9]{1,6}))?$/.exec(text);
  if (!match) throw new InvalidArgumentError('expected a transaction, 0x and 64 hex digits, and maybe :<log index>');
  const transaction = match[1]!.toLowerCase() as Hex;
  return match[2] === undefined ? { transaction } : { transaction, log_index: Number(match[2]) };
}

/** Reads an amount of wei above zero. */
export function weiAmount(text: string): bigint {
  if (!/^[1-9][0-9]{0,76}$/.test(text)) throw new InvalidArgumentError('expected a whole number of wei above zero');
  return BigInt(text);
}

/** Reads a number of blocks. */
export function blocks(text: string): number {
  if (!/^[1-9][0-9]{0,2}$/.test(text)) throw new InvalidArgumentError('expected 1 to 999 blocks');
  return Number(text);
}

/** Reads a number of seconds, a day at most. */
export function seconds(text: string): number {
  const read = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(read <= 86_400)) throw new InvalidArgumentError('expected 1 to 86400 seconds');
  return read;
}

/** Reads an http(s) URL. */
export function httpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('expected an http or https URL');
  }
  return text;
}
