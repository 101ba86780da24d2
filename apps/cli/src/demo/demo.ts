import { Command, InvalidArgumentError, Option } from 'commander';
import { scenarios } from './scenarios/index.js';
import { runDemo, type DemoOptions } from './run-demo.js';

function number(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^[0-9]{1,4}$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`expected a number from ${least} to ${most}`);
    }
    return value;
  };
}

/** `odf demo`: the whole road on this machine, with real processes. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('Runs a relay, coprocessors and validators on this machine and lets them serve real tasks.')
    .option('--tasks <number>', 'how many blobs to make tasks of', number(1, 1_000), 8)
    .option(
      '--exit',
      'end after the tasks: code 0 only if every awarded validator verified, signed and was accepted',
      false,
    )
    .option('--json', 'print one JSON document at the end, progress on standard error', false)
    .option('--files <dir>', 'pack the files of this folder instead of the files of this package')
    .option('--validators <number>', 'how many, each a process', number(1, 64), 6)
    .option('--coprocessors <number>', 'how many, each a process', number(1, 16), 3)
    .addOption(
      new Option(
        '--scenario <name>',
        `play one of these instead, from a new start:\n${Object.entries(scenarios)
          .map(([name, { summary }]) => `${name}: ${summary}`)
          .join('\n')}\n`,
      ).choices(Object.keys(scenarios)),
    )
    .option(
      '--data-dir <dir>',
      'where keys, logs and data of all processes are kept (default: .odf/demo, a scenario: .odf/demo-<name>)',
    )
    .action(async (options: DemoOptions) => {
      // What still waits for an answer of a stopped process must not hold the demo up.
      process.exit(await runDemo(options).catch(failed));
    });
}

function failed(error: unknown): number {
  console.error(`\nerror: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
}
