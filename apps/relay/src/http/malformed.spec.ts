import { z } from 'zod';
import { malformed } from './malformed.js';

const schema = z.strictObject({ message: z.strictObject({ nonce: z.string(), steps: z.array(z.string()) }) });
const refusalOf = (value: unknown) => malformed(schema.safeParse(value).error!, 'body');

it('names every member that is wrong by its path', () => {
  const { code, message } = refusalOf({ message: { nonce: 1, steps: ['a', 2] } });
  expect(code).toBe('REQUEST_MALFORMED');
  expect(message).toContain('body.message.nonce: ');
  expect(message).toContain('body.message.steps.1: ');
});

it('names unknown members', () => {
  expect(refusalOf({ message: { nonce: '1', steps: [], extra: 1 } }).message).toContain('extra');
});

it('stays short however much is wrong', () => {
  const { message } = refusalOf({ message: { nonce: '1', steps: Array(1_000).fill(1) } });
  expect(message).toContain(' and 995 more.');
  expect(message.length).toBeLessThan(1_000);
});
