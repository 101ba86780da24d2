import { markdownTable } from './configuration-page.js';
import { mermaidGraph, readDependencies, withGraph } from './dependency-graph.js';

describe('the dependency graph', () => {
  const dependencies = new Map([
    ['apps/relay', new Set(['libs/live-store', 'libs/protocol'])],
    ['libs/live-store', new Set(['libs/protocol'])],
    ['libs/protocol', new Set<string>()],
  ]);

  it('shows apps, libs and the arrows that no others imply', () => {
    expect(mermaidGraph(dependencies).split('\n')).toEqual([
      '```mermaid',
      'flowchart TD',
      '  subgraph apps',
      '    apps_relay[relay]',
      '  end',
      '  subgraph libs',
      '    libs_live_store[live-store]',
      '    libs_protocol[protocol]',
      '  end',
      '  apps_relay --> libs_live_store',
      '  libs_live_store --> libs_protocol',
      '```',
    ]);
  });

  it('is read from the sources that ship', () => {
    const read = readDependencies();
    expect(read.get('libs/protocol')).toEqual(new Set());
    expect(read.get('libs/market')).toEqual(new Set(['libs/protocol']));
    expect([...read.get('apps/relay')!]).toEqual(expect.arrayContaining(['libs/market', 'libs/persistence']));
    expect([...read.values()].some((targets) => targets.has('libs/testing'))).toBe(false);
  });

  it('goes between the markers and replaces what stood there', () => {
    const page = 'a\n<!-- graph:begin -->\nold\n<!-- graph:end -->\nb\n';
    const once = withGraph(page, 'G');
    expect(once).toBe('a\n<!-- graph:begin -->\n\nG\n\n<!-- graph:end -->\nb\n');
    expect(withGraph(once, 'G')).toBe(once);
  });

  it.each(['', '<!-- graph:begin -->', '<!-- graph:end --> <!-- graph:begin -->'])(
    'refuses a page without both: %p',
    (page) => {
      expect(() => withGraph(page, 'G')).toThrow(/needs <!-- graph:begin -->/);
    },
  );
});

it('aligns tables as prettier does', () => {
  expect(markdownTable(['a', 'long'], [['`x`', 'y']])).toBe('| a   | long |\n| --- | ---- |\n| `x` | y    |');
});
