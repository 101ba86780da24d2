import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '@odf/protocol';
import { Command } from 'commander';
import { packageDir } from '../paths.js';
import { configurationPage } from './configuration-page.js';
import { mermaidGraph, readDependencies, withGraph } from './dependency-graph.js';
import { readText, staleFiles, writeFiles, type GeneratedFile } from './generated-file.js';

const ARCHITECTURE = 'docs/architecture.md';

function openApi(): GeneratedFile {
  const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string };
  return { path: 'docs/openapi.json', content: `${JSON.stringify(openApiDocument(version), null, 2)}\n` };
}

function architecture(): GeneratedFile[] {
  const page = readText(ARCHITECTURE);
  if (page === undefined) {
    console.error(`${ARCHITECTURE} does not exist: its dependency graph is left out`);
    return [];
  }
  return [{ path: ARCHITECTURE, content: withGraph(page, mermaidGraph(readDependencies())) }];
}

async function generate(): Promise<GeneratedFile[]> {
  if (!existsSync(join(packageDir, 'libs')))
    throw new Error('the documents are made from a checkout; this is a package');
  const configuration = { path: 'docs/configuration.md', content: await configurationPage() };
  return [openApi(), configuration, ...architecture()];
}

/** `odf docs`: writes what of the documentation follows from the sources, or checks that it is up to date. */
export function docsCommand(): Command {
  return new Command('docs')
    .description('Writes docs/openapi.json, docs/configuration.md and the graph of docs/architecture.md.')
    .option('--check', 'write nothing; fail naming the files that are stale')
    .action(async ({ check }: { check?: boolean }) => {
      const files = await generate();
      if (!check) {
        for (const path of writeFiles(files)) console.log(`wrote ${path}`);
        return;
      }
      const stale = staleFiles(files);
      if (stale.length > 0) throw new Error(`stale: ${stale.join(', ')}; run \`npm run odf -- docs\` after a build`);
    });
}
