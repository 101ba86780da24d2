#!/usr/bin/env node
// Runs forge from npm's package for this platform, with the arguments given: `forge.mjs test --match-contract EthBls`.
// Its own wrapper takes most of a second to find the same file.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { root } from './compile.mjs';

const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch];
const binary = `@foundry-rs/forge-${process.platform}-${arch}/bin/forge${process.platform === 'win32' ? '.exe' : ''}`;

function find() {
  try {
    return createRequire(import.meta.url).resolve(binary);
  } catch {
    console.error(
      `${binary} is not installed: npm ci with optional dependencies, on a platform that foundry ships for`,
    );
    process.exit(127);
  }
}

const child = spawn(find(), process.argv.slice(2), { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
