import { fileURLToPath } from 'node:url';

/** The folder of what was built: `dist`, or the sources when they run uncompiled. */
export const builtDir = fileURLToPath(new URL('../../../', import.meta.url));

/** The folder of the package. */
export const packageDir = fileURLToPath(
  new URL(import.meta.url.includes('/dist/apps/') ? '../../../../' : '../../../', import.meta.url),
);
