import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

/** The command line as it was built. */
export const CLI = resolve(import.meta.dirname, '../../dist/apps/cli/src/main.js');

/** What a run of the command line came to. */
export interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `odf` as somebody would at a shell. */
export function odf(...args: string[]): Promise<Run> {
  return new Promise((settle) => {
    execFile(process.execPath, [CLI, ...args], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      settle({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}
