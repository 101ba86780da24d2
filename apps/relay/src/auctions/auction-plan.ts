import { auctionId, type Hex } from '@odf/protocol';
import type { AvsConfig } from '@odf/avs';
import type { AuctionRecord, NewAuction, TaskRecord } from '@odf/persistence';

/** Rounds that close without a bid before the next one waits for its first bid. */
export const ROUNDS_BEFORE_WAITING = 3;

type Plan = Omit<NewAuction, 'parameters'>;
type Windows = Pick<AvsConfig['windows_ms'], 'bidding' | 'term' | 'deliver' | 'commit'>;

/** An open auction of a term that starts when its bidding closes. */
function planRound(
  base: Pick<Plan, 'avsId' | 'mode' | 'taskId' | 'round' | 'termStartMs'>,
  times: { opensAtMs: number; closesAtMs: number; lengthMs: number },
): Plan {
  const id = {
    avs: base.avsId,
    termStartMs: BigInt(base.termStartMs),
    round: base.round,
    task: base.taskId ?? undefined,
  };
  return {
    ...base,
    auctionId: auctionId(id),
    opensAtMs: times.opensAtMs,
    closesAtMs: times.closesAtMs,
    termEndMs: Math.max(base.termStartMs, times.closesAtMs) + times.lengthMs,
  };
}

/**
 * The next term auction of an AVS that is due to open, given its newest one; null while that is not due.
 *
 * Terms follow each other without a gap: bidding for the next one takes the last `bidding` ms of the running one.
 */
export function planTermAuction(
  avsId: Hex,
  windows: Windows,
  newest: AuctionRecord | null,
  nowMs: number,
): Plan | null {
  if (newest?.state === 'void') return planNextRound(newest, windows, nowMs);
  if (newest?.state === 'open' || newest?.state === 'frozen') return null;
  if (newest && newest.termEndMs - windows.bidding > nowMs) return null;
  const earliest = nowMs + windows.bidding;
  const termStartMs = newest ? Math.max(newest.termEndMs, earliest) : earliest;
  return planRound(
    { avsId, mode: 'term', taskId: null, round: 0, termStartMs },
    { opensAtMs: nowMs, closesAtMs: termStartMs, lengthMs: windows.term },
  );
}

/** The auction of a task in task mode: its term is the task. */
export function planTaskAuction(task: TaskRecord, windows: Windows, nowMs: number): Plan {
  const closesAtMs = nowMs + windows.bidding;
  return planRound(
    { avsId: task.avsId, mode: 'task', taskId: task.taskId, round: 0, termStartMs: closesAtMs },
    { opensAtMs: nowMs, closesAtMs, lengthMs: windows.deliver + windows.commit },
  );
}

/** The next round of an auction that closed without a bid; it opens at once and serves a whole term after it closes. */
export function planNextRound(auction: AuctionRecord, windows: Windows, nowMs: number): Plan {
  const lengthMs = auction.mode === 'term' ? windows.term : windows.deliver + windows.commit;
  return planRound(
    {
      avsId: auction.avsId,
      mode: auction.mode,
      taskId: auction.taskId,
      round: auction.round + 1,
      termStartMs: auction.termStartMs,
    },
    { opensAtMs: nowMs, closesAtMs: nowMs + windows.bidding, lengthMs },
  );
}

/** Whether an auction without bids stays open for its first one instead of becoming void. */
export function waitsForFirstBid(auction: Pick<AuctionRecord, 'round'>): boolean {
  return auction.round >= ROUNDS_BEFORE_WAITING;
}
