import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { packageDir } from './paths.js';

const loadDir = join(packageDir, 'test', 'load');

/** Names of the benchmarks that this checkout has. */
export function benchNames(dir = loadDir): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((file) => file.endsWith('.ts') && !/\.(e2e-)?spec\.ts$/.test(file))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
}

/** `odf bench NAME`: runs `test/load/NAME.ts` against what was built, in a process of its own. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('Measures a part of the relay; needs a checkout with its development dependencies.')
    .argument('<name>', `one of: ${benchNames().join(', ') || 'none here'}`)
    .argument('[args...]', 'handed to the benchmark')
    .allowUnknownOption()
    .passThroughOptions(false)
    .action(async (name: string, args: string[]) => {
      if (!benchNames().includes(name)) {
        throw new Error(
          `there is no benchmark "${name}"; there are: ${benchNames().join(', ') || 'none in this package'}`,
        );
      }
      const child = spawn(process.execPath, [join(loadDir, 'run.mjs'), name, ...args], { stdio: 'inherit' });
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
    });
}
