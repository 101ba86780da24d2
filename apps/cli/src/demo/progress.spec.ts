import { Progress } from './progress.js';

function recorder(isTTY: boolean) {
  const written: string[] = [];
  return { written, stream: { isTTY, write: (text: string) => written.push(text) } };
}

describe('Progress', () => {
  it('rewrites task lines in place on a terminal', () => {
    const { written, stream } = recorder(true);
    const progress = new Progress(stream, () => 1500);
    progress.task('a', 'a: sent');
    progress.task('b', 'b: sent');
    written.length = 0;
    progress.task('a', 'a: done');
    expect(written).toEqual(['\x1b[2A\x1b[0J', 'a: done\n', 'b: sent\n']);
    written.length = 0;
    progress.step('hello');
    expect(written[1]).toBe('   1.5 s  hello\n');
    expect(written.slice(2)).toEqual(['a: done\n', 'b: sent\n']);
  });

  it('prints only news without a terminal, and no control characters', () => {
    const { written, stream } = recorder(false);
    const progress = new Progress(stream, () => 0);
    progress.task('a', 'a: sent');
    progress.task('a', 'a: 1 of 6');
    progress.task('a', 'a: done', true);
    expect(written).toEqual(['   0.0 s  a: sent\n', '   0.0 s  a: done\n']);
  });
});
