// Runs a TypeScript source without a build: node test/jest/run-typescript.cjs <file.ts> [arguments].
// For helper processes of tests; loads what Jest would load, by the same transformer.
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const { join, resolve } = require('node:path');
const transformer = require('./swc-cjs.cjs');

const root = resolve(__dirname, '../..');
const resolveFilename = Module._resolveFilename;

Module._resolveFilename = function (request, parent, ...rest) {
  const lib = /^@odf\/([^/]+)$/.exec(request);
  if (lib) return join(root, 'libs', lib[1], 'src/index.ts');
  if (/^\.{1,2}\/.*\.js$/.test(request) && parent?.filename?.endsWith('.ts')) {
    const source = resolve(parent.path, request.replace(/\.js$/, '.ts'));
    if (existsSync(source)) return source;
  }
  try {
    return resolveFilename.call(this, request, parent, ...rest);
  } catch (error) {
    // A package that exports only an "import" condition is still found.
    if (error.code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
    const [name] = /^(@[^/]+\/)?[^/]+/.exec(request);
    const folder = join(root, 'node_modules', name);
    const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const entry = exports[`.${request.slice(name.length)}`] ?? exports;
    return join(folder, entry.import.default ?? entry.import);
  }
};

Module._extensions['.ts'] = (module, file) => {
  module._compile(transformer.process(readFileSync(file, 'utf8'), file).code, file);
};

const script = resolve(process.argv[2]);
process.argv.splice(1, 2, script);
require(script);
