import { errorCodes, OdfError, type ErrorCode } from '@odf/protocol';
import type { z } from 'zod';
import { malformed } from './malformed.js';

/** One item of a batch: parsed, or refused. */
export type BatchItem<T = unknown> = { value: T } | { refused: OdfError };

/** Parses the items of a batch one by one; SSZ items are parsed already. */
export function readBatch(
  batch: { item: z.ZodType; max: number; one: boolean },
  wire: unknown,
  alreadyParsed: boolean,
): BatchItem[] {
  const list: unknown = batch.one && !Array.isArray(wire) ? [wire] : wire;
  if (!Array.isArray(list)) throw new OdfError('REQUEST_MALFORMED', 'The body is not an array.');
  if (list.length > batch.max) throw new OdfError('REQUEST_MALFORMED', `The body has more than ${batch.max} items.`);
  if (alreadyParsed) return list.map((value: unknown) => ({ value }));
  return list.map((item) => {
    const result = batch.item.safeParse(item);
    return result.success ? { value: result.data } : { refused: malformed(result.error, 'item') };
  });
}

/** The answer to a batch: each item's own, or its refusal. */
export type BatchAnswers<A> = (A | OdfError)[];

/** A batch of which some items were refused; the good ones were accepted. */
export class BatchRefusal extends Error {
  override readonly name = 'BatchRefusal';

  constructor(
    /** One per item, in order. */
    readonly answers: BatchAnswers<unknown>,
  ) {
    super('some items were refused');
  }

  /** The wire form, with the answers written by `encode`. */
  toJson(encode: (answer: unknown) => unknown): object {
    const [code, meaning, hint] = errorCodes['BATCH_PARTLY_REFUSED' satisfies ErrorCode];
    const failures = this.answers.flatMap((answer, index) =>
      answer instanceof OdfError ? [{ index, ...answer.toJson() }] : [],
    );
    return {
      code,
      error: 'BATCH_PARTLY_REFUSED',
      message: `${meaning} ${hint}`,
      failures,
      data: this.answers.map((answer) => (answer instanceof OdfError ? null : encode(answer))),
    };
  }
}

/** The answers if all items were good. */
export function allOrRefusal<A>(answers: BatchAnswers<A>): A[] {
  if (answers.some((answer) => answer instanceof OdfError)) throw new BatchRefusal(answers);
  return answers as A[];
}

/**
 * Runs the good items of a batch through `work`, which answers each with a value or a refusal, and puts all answers in order.
 */
export async function eachGood<T, A>(
  items: readonly BatchItem[],
  work: (values: T[]) => Promise<BatchAnswers<A>>,
): Promise<BatchAnswers<A>> {
  const good = items.flatMap((item) => ('value' in item ? [item.value as T] : []));
  const answers = good.length > 0 ? await work(good) : [];
  let next = 0;
  return items.map((item) => ('refused' in item ? item.refused : answers[next++]!));
}
