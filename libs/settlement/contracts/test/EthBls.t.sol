// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EthBls, G1, G2} from "../src/lib/EthBls.sol";
import {BlsProbe} from "./support/BlsProbe.sol";
import {BlsSigner} from "./support/BlsSigner.sol";
import {BlsVectors} from "./support/BlsVectors.sol";
import {bound, vm} from "./support/Vm.sol";

/// Signatures of blst (test/vectors/protocol.json) and what may be done to them.
contract EthBlsTest {
    uint256 private constant P_H = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_L = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;
    uint256 private constant ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;

    BlsProbe private probe;
    G1 private key;
    G2 private signature;
    bytes32 private signingRoot;

    function setUp() public {
        probe = new BlsProbe();
        BlsVectors.Signed memory vector = BlsVectors.signed(0);
        key = vector.key;
        signature = vector.signature;
        signingRoot = vector.signingRoot;
    }

    function test_acceptsWhatBlstSigned() public view {
        for (uint256 i = 0; i < BlsVectors.COUNT; ++i) {
            BlsVectors.Signed memory vector = BlsVectors.signed(i);
            vm.assertTrue(probe.verify(vector.key, vector.signingRoot, vector.signature), vector.name);
            vm.assertEq(probe.keyRoot(vector.key), vector.keyRoot);
            vm.assertEq(probe.compress(vector.key), vector.compressed);
        }
    }

    function test_costsLessThan170kGas() public {
        probe.verify(key, signingRoot, signature);
        uint256 gasUsed = vm.snapshotGasLastCall("EthBls", "verify");
        vm.assertLt(gasUsed, 170_000);
        probe.keyRoot(key);
        vm.snapshotGasLastCall("EthBls", "keyRoot");
    }

    function test_refusesEverySignatureOfAnotherMessageOrKey() public view {
        for (uint256 i = 0; i < BlsVectors.COUNT; ++i) {
            BlsVectors.Signed memory vector = BlsVectors.signed(i);
            BlsVectors.Signed memory other = BlsVectors.signed((i + 1) % BlsVectors.COUNT);
            vm.assertFalse(probe.verify(vector.key, other.signingRoot, vector.signature), vector.name);
            vm.assertFalse(probe.verify(vector.key, vector.signingRoot, other.signature), vector.name);
        }
        vm.assertFalse(probe.verify(BlsVectors.signed(1).key, signingRoot, signature));
    }

    function test_refusesInfinity() public view {
        G1 memory noKey;
        G2 memory noSignature;
        vm.assertFalse(probe.verify(noKey, signingRoot, noSignature), "the pair that satisfies the equation");
        vm.assertFalse(probe.verify(noKey, signingRoot, signature));
        vm.assertFalse(probe.verify(key, signingRoot, noSignature));
    }

    function test_refusesPointsOutsideTheSubgroup() public view {
        vm.assertFalse(probe.verify(BlsVectors.strayKey(), signingRoot, signature));
        vm.assertFalse(probe.verify(key, signingRoot, BlsVectors.straySignature()));
    }

    function test_refusesNegatedPoints() public view {
        G1 memory negatedKey = key;
        (negatedKey.yh, negatedKey.yl) = _subtractFromP(key.yh, key.yl);
        G2 memory negated = signature;
        (negated.y0h, negated.y0l) = _subtractFromP(signature.y0h, signature.y0l);
        (negated.y1h, negated.y1l) = _subtractFromP(signature.y1h, signature.y1l);
        vm.assertFalse(probe.verify(negatedKey, signingRoot, signature));
        vm.assertFalse(probe.verify(key, signingRoot, negated));
        vm.assertTrue(probe.verify(negatedKey, signingRoot, negated), "both negated: the equation holds, the key is another");
        vm.assertNotEq(probe.keyRoot(negatedKey), probe.keyRoot(key));
    }

    function test_refusesASecondSpellingOfEveryCoordinate() public {
        for (uint256 coordinate = 0; coordinate < 2; ++coordinate) {
            G1 memory spelled = abi.decode(_addP(abi.encode(key), coordinate), (G1));
            vm.assertFalse(probe.verify(spelled, signingRoot, signature));
            vm.expectRevert(EthBls.MalformedKey.selector);
            probe.keyRoot(spelled);
            vm.expectRevert(EthBls.MalformedKey.selector);
            probe.compress(spelled);
        }
        for (uint256 coordinate = 0; coordinate < 4; ++coordinate) {
            G2 memory spelled = abi.decode(_addP(abi.encode(signature), coordinate), (G2));
            vm.assertFalse(probe.verify(key, signingRoot, spelled));
        }
    }

    function test_hasNoRootForInfinity() public {
        G1 memory noKey;
        vm.expectRevert(EthBls.MalformedKey.selector);
        probe.keyRoot(noKey);
    }

    function test_refusesTheModulusItself() public {
        vm.expectRevert(EthBls.MalformedKey.selector);
        probe.keyRoot(G1(P_H, P_L, key.yh, key.yl));
        // One below has a root, though no point has this x: a root does not make a key.
        probe.keyRoot(G1(P_H, P_L - 1, key.yh, key.yl));
        vm.assertFalse(probe.verify(G1(P_H, P_L - 1, key.yh, key.yl), signingRoot, signature));
    }

    /// Also off the curve, and junk in the 16 bytes above each coordinate.
    function testFuzz_refusesAnyFlippedBit(uint256 bit) public view {
        bit = bound(bit, 0, 8 * (0x80 + 0x20 + 0x100) - 1);
        bytes memory all = abi.encode(key, signingRoot, signature);
        all[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (G1 memory key_, bytes32 root, G2 memory signature_) = abi.decode(all, (G1, bytes32, G2));
        vm.assertFalse(probe.verify(key_, root, signature_));
    }

    function testFuzz_acceptsWhatTheEvmSigns(uint256 secret, bytes32 root) public view {
        secret = bound(secret, 1, ORDER - 1);
        vm.assertTrue(probe.verify(BlsSigner.keyOf(secret), root, BlsSigner.sign(secret, root)));
    }

    function test_theTestSignerEqualsBlst() public view {
        for (uint256 i = 0; i < BlsVectors.COUNT; ++i) {
            BlsVectors.Signed memory vector = BlsVectors.signed(i);
            vm.assertEq(abi.encode(BlsSigner.keyOf(vector.secret)), abi.encode(vector.key));
            vm.assertEq(abi.encode(BlsSigner.sign(vector.secret, vector.signingRoot)), abi.encode(vector.signature));
        }
    }

    function test_aMalformedPointLeavesMostOfTheGas() public view {
        G1 memory offCurve = key;
        offCurve.yl ^= 1;
        uint256 before = gasleft();
        vm.assertFalse(probe.verify{gas: 10_000_000}(offCurve, signingRoot, signature));
        vm.assertLt(before - gasleft(), 400_000);
    }

    /// However little gas there is, a good signature is never called bad.
    function testFuzz_aStingySenderGetsNoAnswer(uint256 gasLimit) public view {
        gasLimit = bound(gasLimit, 0, 500_000);
        try probe.verify{gas: gasLimit}(key, signingRoot, signature) returns (bool ok) {
            vm.assertTrue(ok);
        } catch {}
    }

    function test_saysWhenThereIsTooLittleGas() public {
        vm.expectRevert(EthBls.TooLittleGas.selector);
        probe.verify{gas: 250_000}(key, signingRoot, signature);
    }

    function test_thisChainHasThePrecompiles() public view {
        probe.requirePrecompiles();
    }

    /// A pairing that always says yes is not a pairing.
    function test_missesWrongPrecompiles() public {
        vm.mockCall(address(0x0f), "", abi.encode(uint256(1)));
        vm.expectRevert(EthBls.NoBlsPrecompiles.selector);
        probe.requirePrecompiles();
    }

    function test_missesPrecompilesThatAnswerNothing() public {
        for (uint160 precompile = 0x0d; precompile <= 0x11; precompile += 2) {
            vm.mockCall(address(precompile), "", "");
            vm.expectRevert(EthBls.NoBlsPrecompiles.selector);
            probe.requirePrecompiles();
            vm.clearMockedCalls();
        }
    }

    function _subtractFromP(uint256 high, uint256 low) private pure returns (uint256, uint256) {
        unchecked {
            return (P_H - high - (low > P_L ? 1 : 0), P_L - low);
        }
    }

    /// Adds p to one of the coordinates in `words`, which changes its spelling and not its value mod p.
    function _addP(bytes memory words, uint256 coordinate) private pure returns (bytes memory) {
        unchecked {
            uint256 offset = 0x20 + coordinate * 0x40;
            uint256 high;
            uint256 low;
            assembly ("memory-safe") {
                high := mload(add(words, offset))
                low := mload(add(words, add(offset, 0x20)))
            }
            uint256 sum = low + P_L;
            high += P_H + (sum < low ? 1 : 0);
            assembly ("memory-safe") {
                mstore(add(words, offset), high)
                mstore(add(words, add(offset, 0x20)), sum)
            }
            return words;
        }
    }
}
