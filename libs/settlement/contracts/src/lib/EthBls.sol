// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A G1 point (public key) as EIP-2537 takes it: each coordinate in 64 bytes big-endian, high word first.
struct G1 {
    uint256 xh;
    uint256 xl;
    uint256 yh;
    uint256 yl;
}

/// @notice A G2 point (signature) as EIP-2537 takes it. `x0`, `y0` are the real parts: zcash's serialisation has them second.
struct G2 {
    uint256 x0h;
    uint256 x0l;
    uint256 x1h;
    uint256 x1l;
    uint256 y0h;
    uint256 y0l;
    uint256 y1h;
    uint256 y1l;
}

/// @title BLS signatures of Ethereum's consensus layer, checked by the precompiles of EIP-2537.
/// @notice Keys in G1, ciphersuite `BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_` (RFC 9380, consensus-specs). About 158k gas a check.
library EthBls {
    /// @notice The chain answers no BLS12-381 precompiles (before Prague), or answers them wrongly.
    error NoBlsPrecompiles();
    /// @notice Too little gas is left to tell a bad signature from an unfinished check.
    error TooLittleGas();
    /// @notice A key at infinity, or a coordinate that is not below the field's modulus.
    error MalformedKey();

    /// The field's modulus p.
    uint256 private constant P_H = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_L = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;
    /// (p − 1) / 2: a larger y is the "greater" of the two roots, which compression marks.
    uint256 private constant HALF_H = 0x0d0088f51cbff34d258dd3db21a5d66b;
    uint256 private constant HALF_L = 0xb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd555;

    /// The generator of G1; its negation differs in y.
    uint256 private constant GENERATOR_XH = 0x17f1d3a73197d7942695638c4fa9ac0f;
    uint256 private constant GENERATOR_XL = 0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb;
    uint256 private constant GENERATOR_YH = 0x08b3f481e3aaa0f1a09e30ed741d8ae4;
    uint256 private constant GENERATOR_YL = 0xfcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1;
    uint256 private constant NEGATED_YH = 0x114d1d6855d545a8aa7d76c8cf2e21f2;
    uint256 private constant NEGATED_YL = 0x67816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca;

    /// A precompile that meets a malformed point burns all gas that it was given, so the pairing gets this much: twice what three
    /// pairs cost (135,500), and what is left of a transaction after a bad point stays with its sender.
    uint256 private constant PAIRING_GAS = 300_000;

    uint256 private constant ONE_PAIR = 0x180;
    uint256 private constant TWO_PAIRS = 0x300;
    uint256 private constant THREE_PAIRS = 0x480;

    /// Likewise for a sum of two points, which costs 600.
    uint256 private constant SUM_GAS = 10_000;

    /// @notice Whether `signature` is the key's over `signingRoot`.
    /// @dev False, never a revert, for whatever is wrong with key or signature: infinity, coordinates not below p, points off the
    /// curve or outside the subgroup. A key that this accepts has exactly one encoding and so one `keyRoot`.
    function verify(G1 calldata key, bytes32 signingRoot, G2 calldata signature) internal view returns (bool) {
        if (!_isPresentable(key) || !_isPresentable(signature)) return false;
        uint256 pairs = _allocate(TWO_PAIRS);
        assembly ("memory-safe") {
            calldatacopy(pairs, key, 0x80)
            calldatacopy(add(pairs, 0x200), signature, 0x100)
        }
        _hashToG2(signingRoot, pairs + 0x80);
        _writeGenerator(pairs + ONE_PAIR, NEGATED_YH, NEGATED_YL);
        return _pairing(pairs, TWO_PAIRS);
    }

    /// @notice Whether both keys signed, the first `root1` and the second `root2`, which must differ. About 70k gas less than two checks.
    /// @dev The sum of the signatures is checked as an aggregate of distinct messages (AggregateVerify of draft-irtf-cfrg-bls-signature),
    /// which nobody makes without both keys. It says nothing of each signature alone: one may be off by what the other makes up for.
    function verifyBoth(
        G1 calldata key1,
        bytes32 root1,
        G2 calldata signature1,
        G1 calldata key2,
        bytes32 root2,
        G2 calldata signature2
    ) internal view returns (bool) {
        if (root1 == root2 || !_isPresentable(key1) || !_isPresentable(key2)) return false;
        if (!_isPresentable(signature1) || !_isPresentable(signature2)) return false;
        uint256 pairs = _allocate(THREE_PAIRS);
        assembly ("memory-safe") {
            calldatacopy(pairs, key1, 0x80)
            calldatacopy(add(pairs, 0x180), key2, 0x80)
        }
        _hashToG2(root1, pairs + 0x80);
        _hashToG2(root2, pairs + ONE_PAIR + 0x80);
        _writeGenerator(pairs + TWO_PAIRS, NEGATED_YH, NEGATED_YL);
        return _addSignatures(signature1, signature2, pairs + TWO_PAIRS + 0x80) && _pairing(pairs, THREE_PAIRS);
    }

    /// @notice The key's identity: SHA-256 of its 48 compressed bytes and 16 zeros, which is the SSZ root of a `BLSPubkey` and
    /// EigenLayer's `validatorPubkeyHash`.
    /// @dev Does not say that the point is on the curve; only what `verify` accepts is a key.
    function keyRoot(G1 calldata key) internal view returns (bytes32 root) {
        (bytes32 high, bytes32 low) = _compress(key);
        assembly ("memory-safe") {
            mstore(0x00, high)
            mstore(0x20, low)
            if iszero(staticcall(gas(), 0x02, 0x00, 0x40, 0x00, 0x20)) { revert(0, 0) }
            root := mload(0x00)
        }
    }

    /// @notice The 48 compressed bytes of a key (zcash's serialisation).
    function compress(G1 calldata key) internal pure returns (bytes memory) {
        (bytes32 high, bytes32 low) = _compress(key);
        return abi.encodePacked(high, bytes16(low));
    }

    /// @notice The point that a key multiplies to sign `signingRoot` (RFC 9380 `hash_to_curve`).
    function hashToG2(bytes32 signingRoot) internal view returns (G2 memory point) {
        uint256 out;
        assembly ("memory-safe") {
            out := point
        }
        _hashToG2(signingRoot, out);
    }

    /// @notice Reverts on a chain whose precompiles do not do what `verify` needs.
    /// @dev A call to a missing precompile succeeds with empty return data. Asks a pairing that is one and a pairing that is not.
    function requirePrecompiles() internal view {
        uint256 pairs = _allocate(TWO_PAIRS);
        _hashToG2(bytes32(0), pairs + 0x80);
        _writeGenerator(pairs, GENERATOR_YH, GENERATOR_YL);
        _writeGenerator(pairs + ONE_PAIR, NEGATED_YH, NEGATED_YL);
        assembly ("memory-safe") {
            mcopy(add(pairs, 0x200), add(pairs, 0x80), 0x100)
        }
        if (!_pairing(pairs, TWO_PAIRS) || _pairing(pairs, ONE_PAIR)) revert NoBlsPrecompiles();
    }

    function _compress(G1 calldata key) private pure returns (bytes32 high, bytes32 low) {
        if (!_isPresentable(key)) revert MalformedKey();
        bool greater = key.yh > HALF_H || (key.yh == HALF_H && key.yl > HALF_L);
        uint256 flags = greater ? 0xa0 : 0x80;
        high = bytes32((flags << 248) | (key.xh << 128) | (key.xl >> 128));
        low = bytes32(key.xl << 128);
    }

    /// Not infinity, and written the one way: also a second spelling x + p of a key would have a root of its own.
    function _isPresentable(G1 calldata point) private pure returns (bool) {
        return (point.xh | point.xl | point.yh | point.yl) != 0 && _isBelowP(point.xh, point.xl)
            && _isBelowP(point.yh, point.yl);
    }

    function _isPresentable(G2 calldata point) private pure returns (bool) {
        uint256 x = point.x0h | point.x0l | point.x1h | point.x1l;
        uint256 y = point.y0h | point.y0l | point.y1h | point.y1l;
        return (x | y) != 0 && _isBelowP(point.x0h, point.x0l) && _isBelowP(point.x1h, point.x1l)
            && _isBelowP(point.y0h, point.y0l) && _isBelowP(point.y1h, point.y1l);
    }

    function _isBelowP(uint256 high, uint256 low) private pure returns (bool) {
        return high < P_H || (high == P_H && low < P_L);
    }

    function _allocate(uint256 size) private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := mload(0x40)
            mstore(0x40, add(pointer, size))
        }
    }

    function _writeGenerator(uint256 out, uint256 yh, uint256 yl) private pure {
        uint256 xh = GENERATOR_XH;
        uint256 xl = GENERATOR_XL;
        assembly ("memory-safe") {
            mstore(out, xh)
            mstore(add(out, 0x20), xl)
            mstore(add(out, 0x40), yh)
            mstore(add(out, 0x60), yl)
        }
    }

    /// Writes the sum to `out`; false where a point is off the curve.
    function _addSignatures(G2 calldata first, G2 calldata second, uint256 out) private view returns (bool isAdded) {
        if (gasleft() < PAIRING_GAS) revert TooLittleGas();
        assembly ("memory-safe") {
            let points := mload(0x40)
            calldatacopy(points, first, 0x100)
            calldatacopy(add(points, 0x100), second, 0x100)
            isAdded := staticcall(SUM_GAS, 0x0d, points, 0x200, out, 0x100)
            isAdded := and(isAdded, eq(returndatasize(), 0x100))
        }
    }

    /// Whether the product of the pairings is one; the precompile checks curve and subgroup of every point.
    function _pairing(uint256 pairs, uint256 size) private view returns (bool isOne) {
        // A caller keeps 1/64 of its gas (EIP-150). Without this a stingy sender could turn a good signature into a bad one.
        if (gasleft() < PAIRING_GAS + PAIRING_GAS / 63 + 2_000) revert TooLittleGas();
        assembly ("memory-safe") {
            let done := staticcall(PAIRING_GAS, 0x0f, pairs, size, 0x00, 0x20)
            isOne := and(and(done, eq(returndatasize(), 0x20)), eq(mload(0x00), 1))
        }
    }

    /// RFC 9380 `hash_to_curve` of 32 bytes; writes 256 bytes to `out`. Points cannot be malformed here, so a call that fails
    /// means that there is no precompile (or no gas).
    function _hashToG2(bytes32 message, uint256 out) private view {
        uint256 uniform = _expandMessage(message);
        _reduce(uniform);
        bool mapped;
        assembly ("memory-safe") {
            // MAP_FP2_TO_G2 of both halves, then G2ADD; the cofactor is cleared by the map.
            let points := add(uniform, 0x100)
            mapped := staticcall(gas(), 0x11, uniform, 0x80, points, 0x100)
            mapped := and(mapped, eq(returndatasize(), 0x100))
            mapped := and(mapped, staticcall(gas(), 0x11, add(uniform, 0x80), 0x80, add(points, 0x100), 0x100))
            mapped := and(mapped, eq(returndatasize(), 0x100))
            mapped := and(mapped, staticcall(gas(), 0x0d, points, 0x200, out, 0x100))
            mapped := and(mapped, eq(returndatasize(), 0x100))
        }
        if (!mapped) revert NoBlsPrecompiles();
    }

    /// RFC 9380 `expand_message_xmd` with SHA-256 to 256 bytes, left in free memory (0x300 bytes of which serve as scratch).
    function _expandMessage(bytes32 message) private view returns (uint256 uniform) {
        assembly ("memory-safe") {
            function hash(data, size) -> digest {
                if iszero(staticcall(gas(), 0x02, data, size, 0x00, 0x20)) { revert(0, 0) }
                digest := mload(0x00)
            }
            // The domain separation tag and its length, 44 bytes.
            function writeTag(at) {
                mstore(at, "BLS_SIG_BLS12381G2_XMD:SHA-256_S")
                mstore(add(at, 0x20), "SWU_RO_POP_\x2b")
            }
            uniform := mload(0x40)
            let scratch := add(uniform, 0x100)
            // b_0 = H(64 zero bytes ‖ message ‖ uint16(256) ‖ 0x00 ‖ tag)
            mstore(scratch, 0)
            mstore(add(scratch, 0x20), 0)
            mstore(add(scratch, 0x40), message)
            mstore(add(scratch, 0x60), shl(240, 0x0100))
            writeTag(add(scratch, 0x63))
            let first := hash(scratch, 0x8f)
            // b_i = H((b_0 xor b_(i−1)) ‖ uint8(i) ‖ tag)
            writeTag(add(scratch, 0x21))
            let block_ := 0
            for { let i := 1 } lt(i, 9) { i := add(i, 1) } {
                mstore(scratch, xor(first, block_))
                mstore8(add(scratch, 0x20), i)
                block_ := hash(scratch, 0x4d)
                mstore(add(uniform, shl(5, sub(i, 1))), block_)
            }
        }
    }

    /// Reduces four numbers of 64 bytes mod p in place, by MODEXP with exponent one.
    function _reduce(uint256 numbers) private view {
        uint256 modulusHigh = P_H;
        uint256 modulusLow = P_L;
        assembly ("memory-safe") {
            // lengths 64, 1, 64 ‖ base ‖ 1 ‖ p
            let input := add(numbers, 0x100)
            mstore(input, 0x40)
            mstore(add(input, 0x20), 0x01)
            mstore(add(input, 0x40), 0x40)
            mstore8(add(input, 0xa0), 1)
            mstore(add(input, 0xa1), modulusHigh)
            mstore(add(input, 0xc1), modulusLow)
            for { let i := 0 } lt(i, 0x100) { i := add(i, 0x40) } {
                mcopy(add(input, 0x60), add(numbers, i), 0x40)
                if iszero(staticcall(gas(), 0x05, input, 0xe1, add(numbers, i), 0x40)) { revert(0, 0) }
            }
        }
    }
}
