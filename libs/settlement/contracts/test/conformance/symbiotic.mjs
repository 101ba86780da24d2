#!/usr/bin/env node
// Conformance with the real Symbiotic contracts: installs them and the compiler they pin (0.8.25) from npm into a folder of its own,
// compiles them, and runs symbiotic.conformance-spec.ts on what came out. Says so and exits 0 where npm cannot install them.
//
// They are no dev dependency: @symbioticfi/core brings OpenZeppelin 5.0.2 beside our 5.7.0 and a second compiler, 40 MB that
// nothing else needs, under a licence (BUSL-1.1) that nothing here should be built on.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../../compile.mjs';

const HERE = import.meta.dirname;
const CORE = '@symbioticfi/core/src/contracts';
const INSTALL_MS = 120_000;
const TEST_MS = 180_000;

/** What a vault with an instant slasher needs. */
const CONTRACTS = [
  'VaultFactory',
  'DelegatorFactory',
  'SlasherFactory',
  'NetworkRegistry',
  'OperatorRegistry',
  'VaultConfigurator',
  'service/NetworkMiddlewareService',
  'service/OptInService',
  'vault/Vault',
  'delegator/FullRestakeDelegator',
  'slasher/Slasher',
];

/** What went wrong, or null. */
function install(folder) {
  for (const file of ['package.json', 'package-lock.json']) {
    copyFileSync(path.join(HERE, 'symbiotic', file), path.join(folder, file));
  }
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  try {
    execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], timeout: INSTALL_MS });
    return null;
  } catch (error) {
    return String(error.stderr || error.message).trim();
  }
}

/** Contract → its ABI and creation code. */
function compile(folder) {
  const solc = createRequire(path.join(folder, 'package.json'))('solc');
  const file = (name) => `${CORE}/${name}.sol`;
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(CONTRACTS.map((name) => [file(name), { urls: [file(name)] }])),
    settings: {
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  };
  const read = (name) => ({ contents: readFileSync(path.join(folder, 'node_modules', name), 'utf8') });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }));
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  const artifacts = CONTRACTS.map((name) => {
    const contract = path.basename(name);
    const { abi, evm } = output.contracts[file(name)][contract];
    return [contract, { abi, bytecode: `0x${evm.bytecode.object}` }];
  });
  return Object.fromEntries(artifacts);
}

const folder = mkdtempSync(path.join(tmpdir(), 'odf-symbiotic-'));
try {
  const failure = install(folder);
  if (failure !== null) {
    console.error(
      `SKIPPED: the real Symbiotic contracts cannot be installed, so that nothing was compared with them.\n${failure}`,
    );
  } else {
    const artifacts = path.join(folder, 'artifacts.json');
    writeFileSync(artifacts, JSON.stringify(compile(folder)));
    const jest = path.join(root, 'node_modules/jest/bin/jest.js');
    const { status } = spawnSync(process.execPath, [jest, '--config', path.join(HERE, 'jest.config.cjs')], {
      cwd: root,
      stdio: 'inherit',
      timeout: TEST_MS,
      env: { ...process.env, SYMBIOTIC_ARTIFACTS: artifacts },
    });
    process.exitCode = status ?? 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
