import type { QueryRunnerLike } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import type { ClaimDesk, TxOutbox } from '@odf/settlement';

/** What the relay anchors and files with, as anybody could: no contract knows it. */
export interface RelayFiler {
  outbox: Pick<TxOutbox<QueryRunnerLike>, 'enqueue'>;
  /** Where claims on a line are made; null where there is no such line. */
  deskOf(lineId: Hex): Promise<ClaimDesk | null>;
}
