#!/usr/bin/env node
// Compiles Solidity with the solc of npm, with the settings of foundry.toml, so that forge tests what ships.
// As a command: `compile.mjs FILE…` prints {"<Contract>": {"abi", "bytecode"}} of these files' contracts.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import solc from 'solc';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Largest runtime code of a contract in bytes (EIP-170). */
const MAX_CODE_BYTES = 24_576;

/** The settings of foundry.toml in the compiler's words. */
function settings() {
  const toml = readFileSync(path.join(root, 'foundry.toml'), 'utf8');
  const value = (key, otherwise) => toml.match(new RegExp(`^${key} = "?([^"\\n]*)"?$`, 'm'))?.[1] ?? otherwise;
  return {
    evmVersion: value('evm_version'),
    optimizer: { enabled: value('optimizer') === 'true', runs: Number(value('optimizer_runs')) },
    viaIR: value('via_ir', 'false') === 'true',
    // Without the metadata's hash in the bytecode, comments and file names do not change it.
    metadata: { bytecodeHash: value('bytecode_hash') },
  };
}

/** Sources are named as forge names them: from the repository's root, packages by their import path. */
function read(name) {
  for (const base of [root, path.join(root, 'node_modules')]) {
    try {
      return { contents: readFileSync(path.join(base, name), 'utf8') };
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  return { error: `${name} is neither in the repository nor in node_modules` };
}

/**
 * Compiles files (paths from the repository's root) to their deployable contracts: neither abstract nor libraries.
 *
 * @throws {Error} with the compiler's words, or when a contract is larger than a chain takes.
 */
export function compile(files) {
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(files.map((file) => [file, { urls: [file] }])),
    settings: {
      ...settings(),
      outputSelection: { '*': { '': ['ast'], '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }));
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  const contracts = files.flatMap((file) =>
    deployable(output.sources[file].ast).map((name) => [name, artifact(name, output.contracts[file][name])]),
  );
  const names = contracts.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`two contracts are called ${twice}`);
  return Object.fromEntries(contracts);
}

function deployable(ast) {
  return ast.nodes
    .filter((node) => node.nodeType === 'ContractDefinition' && node.contractKind === 'contract' && !node.abstract)
    .map(({ name }) => name);
}

function artifact(name, { abi, evm }) {
  const bytes = evm.deployedBytecode.object.length / 2;
  if (bytes > MAX_CODE_BYTES) throw new Error(`${name} has ${bytes} bytes of code; chains take ${MAX_CODE_BYTES}`);
  if (!/^[0-9a-f]+$/.test(evm.bytecode.object)) throw new Error(`${name} needs a linked library; make it internal`);
  return { abi, bytecode: `0x${evm.bytecode.object}`, bytes };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(JSON.stringify(compile(process.argv.slice(2))));
}
