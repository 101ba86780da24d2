import { keyRoot, ProofOfPossession, signingRoot, zeroHex, type Hex } from '@odf/protocol';
import { registerCall } from '@odf/settlement';
import { sendFunded, type SettlementDesk } from './desk.js';
import { Blocked } from './ports.js';

/**
 * Registers the key for its owner unless it is.
 *
 * @throws {Blocked} when the key is another owner's or revoked, or the bond cannot be paid.
 */
export async function keepRegistered(desk: SettlementDesk, signal: AbortSignal): Promise<void> {
  const { key, owner, chain, deployment } = desk;
  const root = keyRoot(key.pubkey);
  const known = await chain.registration(root);
  if (!known) {
    const call = registerCall(deployment, {
      pubkey: key.pubkey,
      possession: possessionOf(desk),
      owner,
      bond_wei: await chain.bondWei(),
    });
    return sendFunded(desk, `register:${root}`, call, signal);
  }
  if (known.owner !== owner) {
    throw new Blocked(
      `the key ${key.pubkey} belongs to ${known.owner}, not to ${owner}: set --owner-key to its owner's`,
    );
  }
  if (known.revokedAt !== 0n) throw new Blocked(`the key ${key.pubkey} is revoked: start with another --key`);
}

function possessionOf({ key, owner, deployment }: SettlementDesk): Hex {
  const message = { key: key.pubkey, owner_root: `0x${owner.slice(2).padStart(64, '0')}` };
  const context = { chainId: deployment.chainId, settlement: deployment.hub, relayRoot: zeroHex(32) };
  return key.sign(signingRoot(ProofOfPossession, message, context));
}
