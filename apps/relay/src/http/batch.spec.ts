import { OdfError } from '@odf/protocol';
import { z } from 'zod';
import { allOrRefusal, BatchRefusal, eachGood, readBatch } from './batch.js';

const batch = { item: z.strictObject({ n: z.string().transform(Number) }), max: 3, one: false };
const refusal = (code: string) => expect.objectContaining({ code });

describe('readBatch', () => {
  it('reads each item or refuses it alone', () => {
    const items = readBatch(batch, [{ n: '1' }, { m: '2' }, 'three'], false);
    expect(items).toEqual([
      { value: { n: 1 } },
      { refused: refusal('REQUEST_MALFORMED') },
      { refused: refusal('REQUEST_MALFORMED') },
    ]);
  });

  it('takes one item without an array only where the route says so', () => {
    expect(readBatch({ ...batch, one: true }, { n: '1' }, false)).toEqual([{ value: { n: 1 } }]);
    expect(readBatch({ ...batch, one: true }, [{ n: '1' }, { n: '2' }], false)).toHaveLength(2);
    for (const wire of [{ n: '1' }, null, 'text', 1]) {
      expect(() => readBatch(batch, wire, false)).toThrow(refusal('REQUEST_MALFORMED'));
    }
  });

  it('takes an empty one, and none past its limit', () => {
    expect(readBatch(batch, [], false)).toEqual([]);
    expect(() => readBatch(batch, Array(4).fill({ n: '1' }), false)).toThrow(refusal('REQUEST_MALFORMED'));
  });

  it('believes what SSZ has read', () => {
    expect(readBatch(batch, [{ n: 7 }], true)).toEqual([{ value: { n: 7 } }]);
  });
});

describe('eachGood', () => {
  const bad = { refused: new OdfError('REQUEST_MALFORMED') };

  it('hands on the good items and puts answers and refusals in the order of the request', async () => {
    const work = jest.fn((values: string[]) =>
      Promise.resolve(values.map((value) => (value === 'b' ? new OdfError('BID_EXPIRED') : value.toUpperCase()))),
    );
    const answers = await eachGood([bad, { value: 'a' }, bad, { value: 'b' }, { value: 'c' }], work);
    expect(work).toHaveBeenCalledWith(['a', 'b', 'c']);
    expect(answers).toEqual([bad.refused, 'A', bad.refused, refusal('BID_EXPIRED'), 'C']);
  });

  it('does no work when nothing is good', async () => {
    const work = jest.fn(() => Promise.resolve([]));
    expect(await eachGood([bad], work)).toEqual([bad.refused]);
    expect(await eachGood([], work)).toEqual([]);
    expect(work).not.toHaveBeenCalled();
  });
});

describe('allOrRefusal', () => {
  it('gives the answers of a good batch', () => {
    expect(allOrRefusal([1, 2])).toEqual([1, 2]);
    expect(allOrRefusal([])).toEqual([]);
  });

  it('refuses a batch with a bad item, and still gives the good answers', () => {
    let thrown: unknown;
    try {
      allOrRefusal(['good', new OdfError('BID_EXPIRED')]);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(BatchRefusal);
    expect((thrown as BatchRefusal).toJson((answer) => `encoded ${String(answer)}`)).toEqual({
      code: 400,
      error: 'BATCH_PARTLY_REFUSED',
      message: expect.stringContaining('failures') as string,
      failures: [{ index: 1, ...new OdfError('BID_EXPIRED').toJson() }],
      data: ['encoded good', null],
    });
  });
});
