import { readFileSync, writeFileSync } from 'node:fs';
import type { AuditedAuction } from '@odf/market';
import {
  bytes32,
  bytes48,
  Member,
  RelayInfo,
  SignedAward,
  TranscriptAnswer,
  type Hex,
  type SigningContext,
} from '@odf/protocol';
import { z } from 'zod';

/** Everything public about one cleared auction, as `--save` writes it: an audit needs nothing else. */
export const AuditBundle = z.strictObject({
  version: z.literal('odf-audit/1'),
  /** The auction that was asked for. */
  auction_id: bytes32.json,
  /** The key that the relay's signatures must carry. */
  relay_pubkey: bytes48.json,
  info: RelayInfo,
  published: TranscriptAnswer,
  members: z.array(Member.json),
  awards: z.array(SignedAward.json),
});
export type AuditBundle = z.output<typeof AuditBundle>;

/** A file cannot be read as what it should be; the message says why. */
export class FileInvalid extends Error {
  override readonly name = 'FileInvalid';
}

/**
 * Reads a JSON file by its schema.
 *
 * @throws {FileInvalid} when it is not there, not JSON, or has another shape.
 */
export function readJsonFile<T>(file: string, schema: z.ZodType<T>, what: string): T {
  try {
    return z.decode(schema, JSON.parse(readFileSync(file, 'utf8')) as never);
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new FileInvalid(`${file} is not ${what}: ${why}`, { cause });
  }
}

/** Writes a bundle as wire JSON. */
export function writeBundle(file: string, bundle: AuditBundle): void {
  writeFileSync(file, `${JSON.stringify(z.encode(AuditBundle, bundle))}\n`);
}

/** The domain that a relay says its signatures are bound to. */
export function contextOf({ chain_id, settlement, relay_root }: RelayInfo): SigningContext {
  return { chainId: chain_id, settlement, relayRoot: relay_root };
}

/** Whether a signature holds. */
export type Verify = (signer: Hex, signingRoot: Hex, signature: Hex) => Promise<boolean>;

/** What `auditAuction` looks at. */
export function auditedOf(
  { relay_pubkey, info, published, members, awards }: AuditBundle,
  verify: Verify,
): AuditedAuction {
  return {
    transcript: published.transcript,
    members,
    frozen: published.frozen,
    transcriptRoot: published.transcript_root,
    awards,
    relayPubkey: relay_pubkey,
    context: contextOf(info),
    verify,
  };
}
