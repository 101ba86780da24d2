const shared = require('../../../../../jest.config.cjs');

/** @type {import('jest').Config} */
module.exports = {
  ...shared,
  rootDir: '../../../../..',
  roots: ['<rootDir>/libs/settlement/contracts/test/conformance'],
  testRegex: '\\.conformance-spec\\.ts$',
};
