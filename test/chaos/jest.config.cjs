const shared = require('../../jest.config.cjs');

/** @type {import('jest').Config} */
module.exports = {
  ...shared,
  rootDir: '../..',
  roots: ['<rootDir>/test/chaos'],
  testRegex: '\\.chaos-spec\\.ts$',
  // Each spec has relays to itself; two at once would only disturb each other's moments.
  maxWorkers: 1,
};
