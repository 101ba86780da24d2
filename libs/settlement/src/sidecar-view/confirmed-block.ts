import type { PublicClient } from 'viem';

/** The newest block that is so deep that it counts. */
export async function confirmedBlock(at: { client: PublicClient; confirmations: number }): Promise<bigint> {
  const head = await at.client.getBlockNumber({ cacheTime: 0 });
  const above = BigInt(at.confirmations - 1);
  return head > above ? head - above : 0n;
}
