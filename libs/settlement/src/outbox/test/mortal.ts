import { createPublicClient, http, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { LevelIntentStore } from '../level-intent-store.js';
import { TxOutbox } from '../tx-outbox.js';
import { silent } from './scene.js';

/** A life of crash.chain.spec.ts: sends what is stored, and kills itself right after a step. */
async function main([rpcUrl, folder, fatal]: string[]): Promise<void> {
  const account = privateKeyToAccount(process.env['ACCOUNT_KEY'] as Hex);
  const client = createPublicClient({ chain: foundry, transport: http(rpcUrl), cacheTime: 0 });
  const store = await LevelIntentStore.open(folder!);
  const onStep = (step: string) => void (step === fatal && process.kill(process.pid, 'SIGKILL'));
  const clock = { nowMs: () => Date.now() };
  const outbox = new TxOutbox({
    client,
    account,
    chainId: 31_337n,
    store,
    confirmations: 1,
    clock,
    log: silent,
    onStep,
  });
  for (let round = 0; round < 20; round++) await outbox.tick();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
