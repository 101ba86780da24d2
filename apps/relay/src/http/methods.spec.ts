import { isFixedPath, methodsFor } from './methods.js';

describe('methodsFor', () => {
  it.each([
    ['/relay/v1/coprocessor/bids?x=1', ['POST']],
    [`/relay/v1/coprocessor/0x${'ab'.repeat(48)}`, ['GET']],
    ['/relay/v1/validator/claims', ['POST']],
    ['/relay/v1/nothing', []],
  ])('%s', (url, methods) => {
    expect(methodsFor(url)).toEqual(methods);
  });

  it('tells a path that stands in the protocol from one that fits a parameter', () => {
    expect(isFixedPath('/relay/v1/coprocessor/deliveries')).toBe(true);
    expect(isFixedPath('/relay/v1/coprocessor/delivery')).toBe(false);
  });
});
