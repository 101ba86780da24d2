#!/usr/bin/env node
// Writes ABI and bytecode of every deployable contract under src/ to libs/settlement/src/contracts/, one file each.
// `--check` writes nothing and exits 1 naming the files that are stale.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { compile, root } from './compile.mjs';

const SOURCES = 'libs/settlement/contracts/src';
const GENERATED = 'libs/settlement/src/contracts';
const HEADER = '// Generated from libs/settlement/contracts by `npm run contracts`.';

/** `CoverLines` → `cover-lines`, `DevERC20` → `dev-erc20`. */
function kebab(name) {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();
}

/** `cover-lines` → `coverLines`. */
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

function module_(name, { abi, bytecode }) {
  const entries = abi.map((entry) => `  ${JSON.stringify(entry)},\n`).join('');
  return `${HEADER}

/** ABI of ${name}. */
export const ${camel(kebab(name))}Abi = [
${entries}] as const;

/** Creation code of ${name}, without constructor arguments. */
export const ${camel(kebab(name))}Bytecode =
  '${bytecode}' as const;
`;
}

/** What should be in the generated folder: file name → content. */
function expected() {
  const sources = readdirSync(path.join(root, SOURCES), { recursive: true })
    .filter((file) => file.endsWith('.sol'))
    .map((file) => `${SOURCES}/${file.replaceAll(path.sep, '/')}`)
    .sort();
  const contracts = Object.entries(compile(sources)).sort(([a], [b]) => (a < b ? -1 : 1));
  const files = new Map(contracts.map(([name, artifact]) => [`${kebab(name)}.ts`, module_(name, artifact)]));
  const index = [...files.keys()].map((file) => `export * from './${file.replace(/\.ts$/, '.js')}';\n`).join('');
  files.set('index.ts', `${HEADER}\n${index}`);
  for (const [name, { bytes }] of contracts)
    console.log(`${name.padEnd(24)} ${String(bytes).padStart(6)} bytes of code`);
  return files;
}

/** What is in the generated folder: file name → content. */
function present(folder) {
  return new Map(readdirSync(folder).map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]));
}

const folder = path.join(root, GENERATED);
mkdirSync(folder, { recursive: true });
const wanted = expected();
const found = present(folder);
const stale = [...new Set([...wanted.keys(), ...found.keys()])].filter((file) => wanted.get(file) !== found.get(file));

if (process.argv.includes('--check')) {
  for (const file of stale) console.error(`${GENERATED}/${file} is stale: npm run contracts`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const file of stale) {
    const content = wanted.get(file);
    if (content === undefined) rmSync(path.join(folder, file));
    else writeFileSync(path.join(folder, file), content);
    console.log(`${content === undefined ? 'removed' : 'wrote'} ${GENERATED}/${file}`);
  }
}
