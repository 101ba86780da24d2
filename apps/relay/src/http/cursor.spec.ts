import { pageBefore } from './cursor.js';

it('takes the id of a row, or none', () => {
  expect([pageBefore(undefined), pageBefore('1'), pageBefore('999999999999999999')]).toEqual([
    undefined,
    '1',
    '999999999999999999',
  ]);
});

it.each(['', '0', '01', '-1', '1.0', ' 1', '1e3', '1000000000000000000', '٣', "1' or 1=1"])('refuses %p', (cursor) => {
  expect(() => pageBefore(cursor)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
});
