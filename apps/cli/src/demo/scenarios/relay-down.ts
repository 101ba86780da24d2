import { filedClaim, paidClaim } from './claiming.js';
import type { Scenario } from './scenario.js';
import { checkRefusals, playSlash, slashCast } from './slashing.js';

const PATIENCE_MS = 5_000;

/** The relay is gone for good when the validator is slashed: it files by itself and is paid. */
export const relayDown: Scenario = {
  summary: 'the relay is killed for good before the claim: the validator files and is paid',
  tasks: 1,
  cast: (published) => slashCast(published, PATIENCE_MS),
  async play(scene) {
    const { stage, story } = scene;
    const act = await playSlash(scene, async () => {
      await stage.children.kill('relay');
      story.say('the relay was killed and stays away');
    });
    await checkRefusals(scene, act);
    const claimId = await filedClaim(scene, act);
    await paidClaim(scene, act, claimId);
  },
};
