#!/usr/bin/env node
// Lets forge compile with the solc of npm: foundry.toml names this file as its `solc`.
// Sources go in through the import callback, since one JSON string of several MB overruns the wasm stack.
const fs = require('node:fs');
const path = require('node:path');
const solc = require('solc');

const args = process.argv.slice(2);
if (args.includes('--version')) {
  const version = solc.version().replace('.Emscripten.clang', '.Linux.g++');
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${version}`);
  process.exit(0);
}

const base = args.includes('--base-path') ? args[args.indexOf('--base-path') + 1] : process.cwd();
const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const given = new Map();
for (const [name, source] of Object.entries(input.sources)) {
  if (source.content === undefined) continue;
  given.set(name, source.content);
  input.sources[name] = { urls: [name] };
}

function read(name) {
  const contents = given.get(name);
  if (contents !== undefined) return { contents };
  try {
    return { contents: fs.readFileSync(path.resolve(base, name), 'utf8') };
  } catch (error) {
    return { error: error.message };
  }
}

process.stdout.write(solc.compile(JSON.stringify(input), { import: read }));
