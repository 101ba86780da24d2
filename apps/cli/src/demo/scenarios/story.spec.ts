import { Progress } from '../progress.js';
import { Story } from './story.js';

describe('Story', () => {
  const told: string[] = [];
  const story = () => new Story(new Progress({ write: (text) => told.push(text) }, () => 0));

  it('holds only if something was checked and all of it holds', () => {
    expect(story().ok).toBe(false);
    const good = story();
    good.check('one', true);
    expect(good.ok).toBe(true);
    good.checkWei('two', 1n, 2n);
    expect(good.ok).toBe(false);
    expect(good.checks).toEqual([
      { what: 'one', ok: true },
      { what: 'two', ok: false, detail: '1 wei, expected 2 wei' },
    ]);
  });

  it('names every transaction', () => {
    const one = story();
    one.transaction('the claim was filed', '0x01');
    expect(one.transactions).toEqual([{ what: 'the claim was filed', transaction: '0x01' }]);
    expect(told.at(-1)).toContain('the claim was filed: 0x01');
  });
});
