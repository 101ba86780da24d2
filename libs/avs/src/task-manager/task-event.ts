import { type Hex } from '@odf/protocol';

/** Where on the chain something was said. */
export interface ChainPlace {
  blockNumber: bigint;
  transaction: Hex;
  /** Of the log within its block. */
  logIndex: number;
  /** The block's time, Unix ms. */
  atMs: number;
}

/** The AVS asked; `blobHash` is the versioned hash of the input. */
export interface TaskCreated extends ChainPlace {
  kind: 'created';
  taskId: Hex;
  nativeRef: Hex;
  index: bigint;
  blobHash: Hex;
  /** Unix ms. */
  createdAtMs: number;
  /** Unix ms. */
  deadlineMs: bigint;
}

/** The AVS took an operator's response. */
export interface TaskResponded extends ChainPlace {
  kind: 'responded';
  taskId: Hex;
  operator: Hex;
  responseDigest: Hex;
  result: Hex;
}

/** A response was proved wrong and its operator slashed; `logIndex` is that of OperatorSlashed where the transaction has it. */
export interface ResponseSlashed extends ChainPlace {
  kind: 'slashed';
  taskId: Hex;
  operator: Hex;
  /** The AVS's code of the fault; 1: a wrong result. */
  fault: number;
}

/** The chain has dropped its blocks from this one on; what they said is void and comes again if it still holds. */
export interface BlocksOrphaned {
  kind: 'orphaned';
  fromBlock: bigint;
}

/** What a task manager's chain tells, in its order. */
export type TaskEvent = TaskCreated | TaskResponded | ResponseSlashed | BlocksOrphaned;
