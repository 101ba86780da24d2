import { parseAbi } from 'viem';

/** What of a task manager on chain is read and called; times in Unix seconds. */
export const taskManagerAbi = parseAbi([
  'event TaskCreated(bytes32 indexed taskId, bytes32 nativeRef, uint256 index, bytes32 blobHash, uint64 createdAt, uint64 deadline)',
  'event TaskResponded(bytes32 indexed taskId, address indexed operator, bytes32 responseDigest, bytes result)',
  'event ResponseChallenged(bytes32 indexed taskId, address indexed operator, address challenger, uint8 fault)',
  'function respond(bytes32 taskId, address operator, bytes result, bytes signature)',
  'function challengeLeaf(bytes32 taskId, address operator, bytes result, uint256 index, bytes32 leaf, bytes32[] branch, bytes32 y, bytes proof)',
  'function challengeCommitment(bytes32 taskId, address operator, bytes result)',
  'function acceptedResponse(address avs, bytes32 taskId, address operator) view returns (bytes32 responseDigest, bool isFinal)',
]);

/** What of EigenLayer's AllocationManager is read; of its event nothing is indexed. */
export const allocationManagerAbi = parseAbi([
  'struct OperatorSet { address avs; uint32 id; }',
  'event OperatorSlashed(address operator, OperatorSet operatorSet, address[] strategies, uint256[] wadSlashed, string description)',
]);
