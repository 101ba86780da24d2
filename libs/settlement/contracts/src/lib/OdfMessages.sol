// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Attestation,
    Award,
    AwardLeaf,
    Commitment,
    EnrollmentConsent,
    KeyDelegation,
    LeafProof,
    Line
} from "../Types.sol";

/// @title What `odf/1` messages hash to: SSZ roots, signing roots and branches by SHA-256, typed data by EIP-712.
/// @notice Byte-equal with libs/protocol; test/vectors/protocol.json is checked against both.
library OdfMessages {
    bytes4 internal constant KEY_DELEGATION = 0x0df00002;
    bytes4 internal constant AWARD = 0x0df00005;
    bytes4 internal constant ATTESTATION = 0x0df00006;
    bytes4 internal constant COMMITMENT = 0x0df00009;
    bytes4 internal constant POSSESSION = 0x0df0000e;

    /// @notice Depth of `List[AwardLeaf, 2**20]`.
    uint256 internal constant LEAF_DEPTH = 20;

    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant LINE_TYPEHASH = keccak256(
        "CoverLine(bytes32 coprocessor,address owner,bytes32 relayRoot,address operator,address avs,uint32 operatorSetId,address asset,uint256 cap,uint64 validFrom,uint64 validUntil,uint64 slashTail,uint16 coverageBips,uint256 faultMask,address oracle,address attributor,address pinnedSlasher,bool allowRedistribution,bytes32 termsHash,bytes32 salt)"
    );
    bytes32 internal constant ENROLLMENT_TYPEHASH = keccak256(
        "Enrollment(bytes32 validatorRoot,address operator,bytes32 avsId,bytes32 policyRoot,bytes32 relayRoot,uint64 validFrom,uint64 validUntil,uint64 nonce)"
    );
    bytes32 internal constant DELEGATED_SIGNER_TYPEHASH =
        keccak256("DelegatedSigner(address operator,address hotKey,uint64 validUntil,uint64 nonce)");
    bytes32 internal constant VOUCHER_TYPEHASH =
        keccak256("Voucher(address operator,address owner,uint256 cumulativeWei)");

    /// @notice SSZ hash_tree_root.
    function root(Attestation memory message) internal view returns (bytes32) {
        bytes32[16] memory chunks;
        chunks[0] = message.lineId;
        chunks[1] = message.auctionId;
        chunks[2] = message.taskId;
        chunks[3] = message.awardRoot;
        chunks[4] = message.inputRoot;
        chunks[5] = message.resultRoot;
        chunks[6] = message.witnessRoot;
        chunks[7] = message.responseDigest;
        chunks[8] = message.salt;
        chunks[9] = _littleEndian(message.issuedAtMs);
        chunks[10] = _littleEndian(message.expiresAtMs);
        chunks[11] = _littleEndian(message.seq);
        return _merkleize(chunks);
    }

    /// @notice SSZ hash_tree_root.
    function root(Award memory message) internal view returns (bytes32) {
        bytes32[16] memory chunks;
        chunks[0] = message.auctionId;
        chunks[1] = message.avsId;
        chunks[2] = _littleEndian(message.role);
        chunks[3] = message.coprocessorRoot;
        chunks[4] = message.lineId;
        chunks[5] = message.awardRoot;
        chunks[6] = _littleEndian(message.units);
        chunks[7] = _littleEndian(message.termStartMs);
        chunks[8] = _littleEndian(message.termEndMs);
        return _merkleize(chunks);
    }

    /// @notice SSZ hash_tree_root.
    function root(AwardLeaf memory message) internal view returns (bytes32) {
        return _root4(
            message.validatorRoot,
            bytes32(bytes20(message.operator)),
            _littleEndian(message.maxLiability),
            _littleEndian(message.feeWei)
        );
    }

    /// @notice SSZ hash_tree_root.
    function root(Commitment memory message) internal view returns (bytes32) {
        bytes32 left = _root4(message.auctionId, message.taskId, message.coprocessorRoot, message.attestationRoot);
        return _hash(left, _root4(_littleEndian(message.feeWei), 0, 0, 0));
    }

    /// @notice SSZ hash_tree_root.
    function root(KeyDelegation memory message) internal view returns (bytes32) {
        return _root4(
            message.validatorRoot,
            message.delegateRoot,
            _littleEndian(message.validUntil),
            _littleEndian(message.nonce)
        );
    }

    /// @notice SSZ hash_tree_root of ProofOfPossession{key, owner_root} for an owner that is an account.
    function possessionRoot(bytes32 keyRoot, address owner) internal view returns (bytes32) {
        return _hash(keyRoot, bytes32(uint256(uint160(owner))));
    }

    /// @notice Whether the leaf stands at its index of the award's list of exactly `units` leaves.
    /// @dev 21 siblings bottom-up, the last one the list's length; the index is below it, so each leaf has one proof.
    function isLeafOf(LeafProof calldata proof, bytes32 awardRoot, uint32 units) internal view returns (bool) {
        bytes32[] calldata branch = proof.branch;
        if (branch.length != LEAF_DEPTH + 1 || units > 1 << LEAF_DEPTH || proof.index >= units) return false;
        if (branch[LEAF_DEPTH] != _littleEndian(units)) return false;
        bytes32 node = root(proof.leaf);
        for (uint256 level = 0; level < LEAF_DEPTH; ++level) {
            bool isRight = (proof.index >> level) & 1 == 1;
            node = isRight ? _hash(branch[level], node) : _hash(node, branch[level]);
        }
        return _hash(node, branch[LEAF_DEPTH]) == awardRoot;
    }

    /// @notice What a BLS key signs: the root of SigningData{object_root, domain}.
    function signingRoot(bytes32 objectRoot, bytes32 domain) internal view returns (bytes32) {
        return _hash(objectRoot, domain);
    }

    /// @notice The domain of a message: its type and 28 bytes of the root of OdfDomain{chain_id, settlement, relay_root}.
    function signingDomain(bytes4 domainType, address hub, bytes32 relayRoot) internal view returns (bytes32) {
        bytes32 domainRoot = _root4(_littleEndian(block.chainid), bytes32(bytes20(hub)), relayRoot, 0);
        return bytes32(domainType) | (domainRoot >> 32);
    }

    /// @notice EIP-712 domain separator of the deployment that `hub` names.
    function domainSeparator(address hub) internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("ODF"), keccak256("1"), block.chainid, hub));
    }

    /// @notice EIP-712 struct hash of a line's terms.
    function structHash(Line memory line) internal pure returns (bytes32) {
        return keccak256(abi.encode(LINE_TYPEHASH, line));
    }

    /// @notice EIP-712 struct hash of an operator's consent.
    function structHash(EnrollmentConsent memory consent) internal pure returns (bytes32) {
        return keccak256(abi.encode(ENROLLMENT_TYPEHASH, consent));
    }

    /// @notice EIP-712 struct hash of a payment-channel voucher.
    function voucherHash(address operator, address owner, uint256 cumulativeWei) internal pure returns (bytes32) {
        return keccak256(abi.encode(VOUCHER_TYPEHASH, operator, owner, cumulativeWei));
    }

    /// @notice EIP-712 struct hash of an operator's hot key for vouchers.
    function delegatedSignerHash(address operator, address hotKey, uint64 validUntil, uint64 nonce)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(DELEGATED_SIGNER_TYPEHASH, operator, hotKey, validUntil, nonce));
    }

    function _root4(bytes32 a, bytes32 b, bytes32 c, bytes32 d) private view returns (bytes32) {
        return _hash(_hash(a, b), _hash(c, d));
    }

    /// Merkle root of 16 chunks, hashed in place.
    function _merkleize(bytes32[16] memory chunks) private view returns (bytes32) {
        for (uint256 width = 8; width > 0; width >>= 1) {
            for (uint256 i = 0; i < width; ++i) {
                chunks[i] = _hash(chunks[2 * i], chunks[2 * i + 1]);
            }
        }
        return chunks[0];
    }

    /// SHA-256 of two chunks.
    function _hash(bytes32 left, bytes32 right) private view returns (bytes32 digest) {
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            if iszero(staticcall(gas(), 0x02, 0x00, 0x40, 0x00, 0x20)) { revert(0, 0) }
            digest := mload(0x00)
        }
    }

    /// The chunk of an unsigned integer of any width: its bytes in reverse, which leaves the padding on the right.
    function _littleEndian(uint256 value) private pure returns (bytes32) {
        uint256 bytes1_ = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
        uint256 bytes2_ = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
        uint256 bytes4_ = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
        uint256 bytes8_ = 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;
        value = ((value >> 8) & bytes1_) | ((value & bytes1_) << 8);
        value = ((value >> 16) & bytes2_) | ((value & bytes2_) << 16);
        value = ((value >> 32) & bytes4_) | ((value & bytes4_) << 32);
        value = ((value >> 64) & bytes8_) | ((value & bytes8_) << 64);
        return bytes32((value >> 128) | (value << 128));
    }
}
