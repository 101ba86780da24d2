#!/usr/bin/env node
// Takes every guard of mutations.mjs out of a copy of the contracts and runs the tests that must fail without it.
// Prints a line per guard; exits 1 if one survived, broke the build or was not found. `mutate.mjs WORD` tries those whose name has it.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './compile.mjs';
import { mutations } from './mutations.mjs';

const CONTRACTS = 'libs/settlement/contracts';
/** A mutant takes some seconds; a mutation that makes a loop endless is stopped, and counts as broken. */
const TIMEOUT_MS = 120_000;

/** Unoptimised code compiles in a third of the time; fuzzed tests start from the same seed each time. */
const environment = {
  ...process.env,
  FOUNDRY_OPTIMIZER: 'false',
  FOUNDRY_FUZZ_SEED: '0x0df',
  FORGE_SNAPSHOT_EMIT: 'false',
};

/** The contracts as they are, where they can be spoilt. */
function copyContracts() {
  const folder = mkdtempSync(path.join(tmpdir(), 'odf-mutants-'));
  for (const each of ['foundry.toml', 'package.json', CONTRACTS]) {
    cpSync(path.join(root, each), path.join(folder, each), { recursive: true });
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

/** What became of tests of one file: name → whether it passed. Null when the contracts do not compile. */
function runTests(folder, suite, tests) {
  const args = [
    '--match-path',
    `${CONTRACTS}/test/${suite}.t.sol`,
    '--match-test',
    `^(${tests.join('|')})(\\(|$)`,
    '--json',
  ];
  const command = [path.join(folder, CONTRACTS, 'forge.mjs'), 'test', ...args];
  const options = { cwd: folder, env: environment, timeout: TIMEOUT_MS, maxBuffer: 1 << 26 };
  return new Promise((resolve) => {
    execFile(process.execPath, command, options, (_, stdout, stderr) => {
      const json = stdout.slice(stdout.indexOf('{'));
      try {
        const suites = Object.values(JSON.parse(json));
        const results = suites.flatMap(({ test_results }) => Object.entries(test_results));
        resolve(new Map(results.map(([name, { status }]) => [name.replace(/\(.*/, ''), status === 'Success'])));
      } catch {
        lastWords = `${stdout}${stderr}`.trim();
        resolve(null);
      }
    });
  });
}

let lastWords = '';

/** Applies the edits; gives what undoes them, or null where a text does not stand in its file exactly once. */
function spoil(folder, edits) {
  const undo = new Map();
  for (const { file, find, replace } of edits) {
    const name = path.join(folder, CONTRACTS, 'src', file);
    const source = readFileSync(name, 'utf8');
    if (!undo.has(name)) undo.set(name, source);
    if (source.split(find).length !== 2) {
      restore(undo);
      lastWords = `${file} does not have this exactly once: ${find}`;
      return null;
    }
    writeFileSync(
      name,
      source.replace(find, () => replace),
    );
  }
  return undo;
}

function restore(undo) {
  for (const [name, source] of undo) writeFileSync(name, source);
}

/** 'killed', or what is wrong. */
async function tryMutant(folder, { edits, suite, tests }) {
  const undo = spoil(folder, edits);
  if (undo === null) return `NOT FOUND: ${lastWords}`;
  const results = await runTests(folder, suite, tests);
  restore(undo);
  if (results === null) return `BROKEN: ${lastWords}`;
  const survived = tests.filter((test) => results.get(test) !== false);
  return survived.length === 0 ? 'killed' : `SURVIVED ${survived.join(', ')}`;
}

/** Tests of the table that do not pass, or are not there, while every guard stands. */
async function failingUnspoilt(folder, chosen) {
  const failing = [];
  for (const suite of new Set(chosen.map((mutation) => mutation.suite))) {
    const tests = chosen.filter((mutation) => mutation.suite === suite).flatMap((mutation) => mutation.tests);
    const results = await runTests(folder, suite, tests);
    if (results === null) throw new Error(`the contracts do not compile: ${lastWords}`);
    failing.push(...tests.filter((test) => results.get(test) !== true).map((test) => `${suite} ${test}`));
  }
  return failing;
}

const word = process.argv[2] ?? '';
const chosen = mutations.filter(({ attack, suite }) => `${attack} ${suite}`.includes(word));
const folder = copyContracts();
try {
  const failing = await failingUnspoilt(folder, chosen);
  if (failing.length > 0) throw new Error(`these must pass while the guards stand: ${failing.join(', ')}`);
  let survivors = 0;
  for (const mutation of chosen) {
    const outcome = await tryMutant(folder, mutation);
    if (outcome !== 'killed') survivors += 1;
    const where = mutation.edits[0].file;
    console.log(`${outcome === 'killed' ? '✔' : '✘'} ${where.padEnd(28)} ${mutation.attack}: ${outcome}`);
  }
  console.log(`${chosen.length - survivors} of ${chosen.length} guards killed by their tests`);
  process.exitCode = survivors === 0 && chosen.length > 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
