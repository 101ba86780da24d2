// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {IBlockAnchors} from "../interfaces/IOracles.sol";

/// @title Keeps block hashes on chain: the chain itself remembers 8,191 of them (EIP-2935), about 27 hours.
abstract contract BlockAnchors is IBlockAnchors {
    mapping(uint256 blockNumber => bytes32) private _anchors;

    /// @notice The chain no longer remembers the block, or it is not there yet.
    error BlockUnavailable(uint256 blockNumber);
    /// @notice The block is not anchored.
    error NotAnchored(uint256 blockNumber);
    /// @notice This is not the header of the block that its number, or its child, says it is.
    error WrongHeader(uint256 blockNumber);

    /// @inheritdoc IBlockAnchors
    function anchor(uint256 blockNumber) external returns (bytes32 blockHash) {
        blockHash = _anchors[blockNumber];
        if (blockHash != bytes32(0)) return blockHash;
        blockHash = Blockhash.blockHash(blockNumber);
        if (blockHash == bytes32(0)) revert BlockUnavailable(blockNumber);
        _keep(blockNumber, blockHash);
    }

    /// @inheritdoc IBlockAnchors
    function anchorBefore(bytes[] calldata headers) external returns (uint256 blockNumber, bytes32 blockHash) {
        Memory.Slice[] memory fields = _anchored(headers[0]);
        for (uint256 i = 1; i < headers.length; ++i) {
            bytes memory header = headers[i];
            bytes32 parent = BlockHeader.getParentHash(fields);
            fields = BlockHeader.parseHeader(header);
            if (keccak256(header) != parent) revert WrongHeader(BlockHeader.getNumber(fields));
        }
        blockNumber = BlockHeader.getNumber(fields) - 1;
        blockHash = BlockHeader.getParentHash(fields);
        if (_anchors[blockNumber] == bytes32(0)) _keep(blockNumber, blockHash);
    }

    /// @inheritdoc IBlockAnchors
    function anchorOf(uint256 blockNumber) external view returns (bytes32) {
        return _anchors[blockNumber];
    }

    /// The fields of an anchored block's header.
    function _anchored(bytes memory header) internal view returns (Memory.Slice[] memory fields) {
        fields = BlockHeader.parseHeader(header);
        uint256 blockNumber = BlockHeader.getNumber(fields);
        bytes32 known = _anchors[blockNumber];
        if (known == bytes32(0)) revert NotAnchored(blockNumber);
        if (known != keccak256(header)) revert WrongHeader(blockNumber);
    }

    function _keep(uint256 blockNumber, bytes32 blockHash) private {
        _anchors[blockNumber] = blockHash;
        emit BlockAnchored(blockNumber, blockHash);
    }
}
