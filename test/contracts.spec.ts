import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

jest.setTimeout(180_000);

const FORGE = join(__dirname, '..', 'libs/settlement/contracts/forge.mjs');
/** What forge.mjs ends with where foundry ships no binary for the platform. */
const NOT_INSTALLED = 127;

it('keeps every rule of the contracts: unit tests, fuzzing and a short run of the invariants', () => {
  // Gas figures are written by `npm run contracts:test` alone.
  const env = { ...process.env, FORGE_SNAPSHOT_EMIT: 'false' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [FORGE, 'test'], { env, encoding: 'utf8' });
  if (status === NOT_INSTALLED) {
    process.stderr.write(`SKIPPED: the contracts were not tested. ${stderr}\n`);
    return;
  }
  if (status !== 0) throw new Error(`forge test ended with ${status}:\n${stdout.slice(-8_000)}${stderr.slice(-2_000)}`);
  const passed = /(\d+) tests passed, 0 failed/.exec(stdout);
  expect(Number(passed?.[1])).toBeGreaterThan(100);
});
