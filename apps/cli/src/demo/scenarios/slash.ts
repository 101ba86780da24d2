import { createRelayClient } from '@odf/client';
import { routes } from '@odf/protocol';
import { filedClaim, paidClaim } from './claiming.js';
import type { Scenario } from './scenario.js';
import { checkAcceptances, checkRefusals, playSlash, slashCast } from './slashing.js';
import { until } from './waiting.js';

/** How long the careless validator waits for its relay to file. */
const PATIENCE_MS = 60_000;

/** A validator that signs unseen is slashed, and made whole through its relay. */
export const slash: Scenario = {
  summary: 'a wrong delivery is signed unseen, slashed, claimed and made good to the wei',
  tasks: 1,
  cast: (published) => slashCast(published, PATIENCE_MS),
  async play(scene) {
    const act = await playSlash(scene);
    await checkRefusals(scene, act);
    await checkAcceptances(scene, act);
    const claimId = await filedClaim(scene, act);
    const { stage, running, story, signal } = scene;
    const client = createRelayClient({ url: running.relayUrl });
    const { pubkey, name } = stage.coprocessors[0]!;
    const standing = await until(
      `the quarantine of ${name}`,
      async () => {
        const told = await client.data(routes.getCoprocessor, { params: { pubkey } });
        return told.standing === 'suspended' ? told.standing : undefined;
      },
      signal,
    );
    story.check(`${name} is in quarantine`, standing === 'suspended');
    await paidClaim(scene, act, claimId);
  },
};
