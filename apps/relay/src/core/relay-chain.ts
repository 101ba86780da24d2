import type { Deployment, IndexerLoop, MirrorReader } from '@odf/settlement';
import type { PublicClient } from 'viem';

/** The chain that a relay settles on, and its mirror. */
export interface RelayChain {
  client: PublicClient;
  rpcUrl: string;
  deployment: Deployment;
  /** Blocks from one that counts as confirmed to the newest, both counted. */
  confirmations: number;
  reader: MirrorReader;
  loop: IndexerLoop;
}
