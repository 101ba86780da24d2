import { keccak256, encodeFunctionData, toHex } from 'viem';
import { devAccount, fraudClaimsAbi, VETO } from '@odf/settlement';
import type { Hex } from '@odf/protocol';
import { filedClaim, paidClaim } from './claiming.js';
import type { Scenario, Scene } from './scenario.js';
import { checkAcceptances, checkRefusals, playSlash, slashCast } from './slashing.js';

const PATIENCE_MS = 5_000;
const REASON = 'the demo vetoes the first filing';

/** A claim is vetoed with a reason, filed once more, and paid; after that no veto takes anything back. */
export const veto: Scenario = {
  summary: 'a claim is vetoed with a reason, filed again, and paid; a veto after payment is refused',
  tasks: 1,
  cast: (published) => slashCast(published, PATIENCE_MS),
  async play(scene) {
    const { story } = scene;
    const act = await playSlash(scene);
    await checkRefusals(scene, act);
    await checkAcceptances(scene, act);
    const claimId = await filedClaim(scene, act);
    story.transaction(`VETO rejected the claim for the reason "${REASON}"`, await vetoClaim(scene, claimId));
    await filedClaim(scene, act, 2);
    await paidClaim(scene, act, claimId);
    const late = await vetoClaim(scene, claimId).catch(() => undefined);
    story.check('a veto after the payment is refused', late === undefined, late);
  },
};

/** @throws {Error} when the contract refuses it. */
async function vetoClaim({ running }: Scene, claimId: Hex): Promise<Hex> {
  const { ground } = running;
  const args = [claimId, keccak256(toHex(REASON))] as const;
  const data = encodeFunctionData({ abi: fraudClaimsAbi, functionName: 'veto', args });
  const [receipt] = await ground.send(devAccount(VETO), { to: ground.deployment.claims, data, value: 0n });
  return receipt!.transactionHash;
}
