import { type AnswerOf } from '@odf/protocol';
import type { RelayClient } from './relay-client.js';
import type { AnyRoute, CallOptions } from './request.js';

/** One item of a route that answers lists. */
export type ItemOf<R> = AnswerOf<R> extends readonly (infer I)[] ? I : never;

const PAGE = 500;

/**
 * Walks a list route to its end, page by page; the next page starts behind the last item's `id`.
 *
 * @throws {RelayError} as the route does; wrap with `retrying` what must survive a restart of the relay.
 */
export async function* paginate<R extends AnyRoute>(
  client: RelayClient,
  route: R,
  options: CallOptions<R> = {} as CallOptions<R>,
): AsyncGenerator<ItemOf<R>, void> {
  const limit = Number((options.query as { limit?: number } | undefined)?.limit ?? PAGE);
  let cursor = (options.query as { cursor?: string } | undefined)?.cursor;
  for (;;) {
    const call = { ...options, query: { ...options.query, limit, ...(cursor !== undefined && { cursor }) } };
    const items = (await client.data(route, ...([call] as never))) as ItemOf<R>[];
    for (const item of items) yield item;
    const last = (items.at(-1) as { id?: string } | undefined)?.id;
    if (items.length < limit || last === undefined || last === cursor) return;
    cursor = last;
  }
}
