// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OdfMessages} from "../../src/lib/OdfMessages.sol";
import {AwardLeaf, LeafProof} from "../../src/Types.sol";

/// @title The SSZ list of one award with one or two leaves, and the proof of each.
library AwardTree {
    /// @notice The root of the list and the proof of the leaf at `index`.
    function prove(AwardLeaf[] memory leaves, uint256 index)
        internal
        view
        returns (bytes32 root, LeafProof memory proof)
    {
        require(leaves.length == 1 || leaves.length == 2, "one or two leaves");
        proof = LeafProof({leaf: leaves[index], index: index, branch: new bytes32[](OdfMessages.LEAF_DEPTH + 1)});
        if (leaves.length == 2) proof.branch[0] = OdfMessages.root(leaves[1 - index]);
        for (uint256 level = 1; level < OdfMessages.LEAF_DEPTH; ++level) {
            bytes32 below = level == 1 ? bytes32(0) : proof.branch[level - 1];
            proof.branch[level] = sha256(abi.encodePacked(below, below));
        }
        proof.branch[OdfMessages.LEAF_DEPTH] = bytes32(leaves.length << 248);
        root = rootOf(proof);
    }

    /// @notice The root that a proof leads to.
    function rootOf(LeafProof memory proof) internal view returns (bytes32 node) {
        node = OdfMessages.root(proof.leaf);
        for (uint256 level = 0; level <= OdfMessages.LEAF_DEPTH; ++level) {
            bool isRight = level < OdfMessages.LEAF_DEPTH && (proof.index >> level) & 1 == 1;
            bytes32 sibling = proof.branch[level];
            node = sha256(isRight ? abi.encodePacked(sibling, node) : abi.encodePacked(node, sibling));
        }
    }
}
