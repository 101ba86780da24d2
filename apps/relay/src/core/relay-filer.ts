import type { QueryRunnerLike } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import type { ChainCall, ClaimDesk, TxOutbox } from '@odf/settlement';

/** What the relay anchors and files with, as anybody could: no contract knows it. */
export interface RelayFiler {
  outbox: Pick<TxOutbox<QueryRunnerLike>, 'enqueue'>;
  /**
   * The desk that proves slashes to the oracle of a line.
   *
   * @throws {ClaimRefusal} refused, when no such line was opened.
   */
  deskOf(lineId: Hex): Promise<Pick<ClaimDesk, 'prepare' | 'judge' | 'isAnchored' | 'anchor' | 'stateOf'>>;
  /** Pays a claim whose windows have passed. */
  finalise(claimId: Hex): ChainCall;
}
