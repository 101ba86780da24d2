// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

/// @title Reads the logs of a receipt that a block's receipts root proves.
library Receipts {
    using Memory for bytes;
    using Memory for Memory.Slice;
    using RLP for Memory.Slice;

    /// The newest envelope whose receipt is read: EIP-7702. A later one may lay its receipt out in another way.
    uint8 private constant NEWEST_TYPE = 4;
    /// Below this a first byte is the envelope's type (EIP-2718), from 0xc0 on a list.
    uint8 private constant FIRST_UNTYPED = 0x80;

    /// @notice The transaction's envelope is of a type whose receipt nobody has described here.
    error UnknownReceiptType(uint8 envelope);
    /// @notice The transaction was reverted, or the receipt is none.
    error TransactionFailed();
    /// @notice The receipt has no log at this index.
    error NoSuchLog(uint256 logIndex);

    /// @notice A log; `data` as it was emitted.
    struct Log {
        address emitter;
        bytes32[] topics;
        bytes data;
    }

    /// @notice The logs of the successful transaction at `index` of a block, not decoded yet.
    /// @param proof Nodes of the receipts trie, the root first.
    function logsAt(bytes32 receiptsRoot, uint256 index, bytes[] memory proof)
        internal
        pure
        returns (Memory.Slice[] memory)
    {
        bytes memory receipt = TrieProof.traverse(receiptsRoot, RLP.encode(index), proof);
        Memory.Slice[] memory fields = _body(receipt).readList();
        if (fields.length != 4 || fields[0].readUint256() != 1) revert TransactionFailed();
        return fields[3].readList();
    }

    /// @notice The log at `index` of a receipt.
    function logAt(Memory.Slice[] memory logs, uint256 index) internal pure returns (Log memory log) {
        if (index >= logs.length) revert NoSuchLog(index);
        Memory.Slice[] memory fields = logs[index].readList();
        Memory.Slice[] memory topics = fields[1].readList();
        log.emitter = fields[0].readAddress();
        log.topics = new bytes32[](topics.length);
        for (uint256 i = 0; i < topics.length; ++i) {
            log.topics[i] = topics[i].readBytes32();
        }
        log.data = fields[2].readBytes();
    }

    /// @notice Whether a log is the event of a contract.
    function isEvent(Log memory log, address emitter, bytes32 topic) internal pure returns (bool) {
        return log.emitter == emitter && log.topics.length != 0 && log.topics[0] == topic;
    }

    function _body(bytes memory receipt) private pure returns (Memory.Slice) {
        uint8 first = uint8(receipt[0]);
        if (first >= FIRST_UNTYPED) return receipt.asSlice();
        if (first == 0 || first > NEWEST_TYPE) revert UnknownReceiptType(first);
        return receipt.asSlice().slice(1);
    }
}
