import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const TESTS = ['**/*.spec.ts', '**/*.e2e-spec.ts', '**/test/**/*.ts', 'libs/testing/**/*.ts'];
const CLOCKS = ['**/clock.ts', '**/*-clock.ts', '**/*.clock.ts'];

const wallClock = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Take the time from a Clock, so that tests can set it.',
  },
  {
    selector: ":matches(NewExpression, CallExpression)[callee.name='Date'][arguments.length=0]",
    message: 'Take the time from a Clock, so that tests can set it.',
  },
];

/** Named by its rule: a pure lib sees no environment, no clock and no chance but what its caller hands in. */
const impurities = [
  ...wallClock,
  {
    selector: "MemberExpression[object.name='process']",
    message: 'A pure lib sees no process; take it as an argument.',
  },
  {
    selector: "MemberExpression[object.name='performance'][property.name='now']",
    message: 'A pure lib measures no time.',
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'A pure lib draws no chance; take the seed as an argument.',
  },
];

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.odf/', 'libs/settlement/src/contracts/', '**/*.cjs', '**/*.mjs'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  prettier,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      // Nest reads constructor types at run time: a type-only import of an injected class leaves it undefined.
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Methods promise by their port; an in-process implementation may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...wallClock],
    },
  },
  { files: CLOCKS, rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['libs/protocol/src/**/*.ts', 'libs/market/src/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...impurities] },
  },
  { files: ['apps/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: TESTS,
    rules: {
      'no-restricted-syntax': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
