// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Openings of `kzg-da` results: a field element under the result's Merkle root, and what the commitment says it is.
/// @notice A result is the KZG commitment (48 bytes) and the Keccak root over the 8,192 field elements of the extended blob (EIP-7594).
library KzgOpening {
    uint256 internal constant RESULT_BYTES = 80;
    uint256 private constant ELEMENTS = 8192;
    uint256 private constant DEPTH = 13;
    uint256 private constant MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    /// 7^((MODULUS − 1) / 8192), a primitive 8,192nd root of unity.
    uint256 private constant ROOT_OF_UNITY = 0x485d512737b1da3d2ccddea2972e89ed146b58bc434906ac6fdd00bfc78c8967;
    address private constant POINT_EVALUATION = address(0x0A);

    /// @notice `leaf` under the root, and `y` with the proof of EIP-4844 under the commitment.
    struct Opening {
        uint256 index;
        bytes32 leaf;
        bytes32[] branch;
        bytes32 y;
        bytes proof;
    }

    error BadResult();
    error NoSuchElement(uint256 index);
    error NotUnderRoot();
    error NotOfCommitment();

    /// @notice EIP-4844's versioned hash of a result's commitment.
    function versionedHash(bytes calldata result) internal pure returns (bytes32) {
        if (result.length != RESULT_BYTES) revert BadResult();
        return bytes32(uint256(1) << 248 | uint256(sha256(result[:48])) & (type(uint256).max >> 8));
    }

    /// @notice Whether the element under the root is another one than that of the commitment, which must be the blob's.
    function isWrong(Opening memory opening, bytes calldata result, bytes32 blobHash) internal view returns (bool) {
        if (result.length != RESULT_BYTES) revert BadResult();
        if (rootOf(opening) != bytes32(result[48:])) revert NotUnderRoot();
        bytes32 z = bytes32(pointOf(opening.index));
        bytes memory input = abi.encodePacked(blobHash, z, opening.y, result[:48], opening.proof);
        (bool ok, bytes memory answer) = POINT_EVALUATION.staticcall(input);
        if (!ok || answer.length != 64) revert NotOfCommitment();
        return opening.leaf != opening.y;
    }

    /// @notice Where the blob's polynomial takes the value of an element: elements stand in the order of reversed bits.
    function pointOf(uint256 index) internal pure returns (uint256 point) {
        if (index >= ELEMENTS) revert NoSuchElement(index);
        point = 1;
        uint256 square = ROOT_OF_UNITY;
        // The lowest bit of the exponent is the highest of the index.
        for (uint256 bit = DEPTH; bit > 0; --bit) {
            if ((index >> (bit - 1)) & 1 == 1) point = mulmod(point, square, MODULUS);
            square = mulmod(square, square, MODULUS);
        }
    }

    /// @notice The Merkle root over an element and its siblings, bottom-up; leaves are not hashed, the depth is fixed.
    function rootOf(Opening memory opening) internal pure returns (bytes32 node) {
        if (opening.index >= ELEMENTS || opening.branch.length != DEPTH) revert NoSuchElement(opening.index);
        node = opening.leaf;
        for (uint256 depth; depth < DEPTH; ++depth) {
            bytes32 sibling = opening.branch[depth];
            bool isRight = (opening.index >> depth) & 1 == 1;
            node = isRight ? keccak256(abi.encode(sibling, node)) : keccak256(abi.encode(node, sibling));
        }
    }
}
