// Runs a benchmark written in TypeScript: node test/load/run.mjs NAME [args…]. Only test/ is compiled on the fly;
// @odf/* is what `npm run build` made, so that what is measured is what ships.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);

const [name, ...args] = process.argv.slice(2);
const { run } = await import(`./${name}.ts`);
await run(args);
