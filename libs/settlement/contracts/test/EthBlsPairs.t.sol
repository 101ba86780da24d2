// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G1, G2} from "../src/lib/EthBls.sol";
import {BlsProbe} from "./support/BlsProbe.sol";
import {BlsSigner} from "./support/BlsSigner.sol";
import {BlsVectors} from "./support/BlsVectors.sol";
import {bound, vm} from "./support/Vm.sol";

/// @dev Two signatures checked as one: with real ones of random keys, and whatever is wrong with either.
contract EthBlsPairsTest {
    uint256 private constant ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;

    struct Pair {
        G1 key1;
        bytes32 root1;
        G2 signature1;
        G1 key2;
        bytes32 root2;
        G2 signature2;
    }

    BlsProbe private probe = new BlsProbe();

    function testFuzz_acceptsWhatBothSigned(uint256 secret1, uint256 secret2, bytes32 root1, bytes32 root2)
        public
        view
    {
        vm.assume(root1 != root2);
        secret1 = bound(secret1, 1, ORDER - 1);
        secret2 = bound(secret2, 1, ORDER - 1);
        Pair memory pair = signed(secret1, root1, secret2, root2);
        vm.assertTrue(verify(pair));
        (pair.signature1, pair.signature2) = (BlsSigner.sign(secret1, root2), BlsSigner.sign(secret2, root1));
        vm.assertTrue(verify(pair) == (secret1 == secret2));
    }

    function test_costsLessThanTwoChecks() public {
        vm.assertTrue(verify(usual()));
        vm.snapshotGasLastCall("EthBls", "verifyBoth");
    }

    // One signer stands in for the other, or signs twice.
    function test_takesBothKeys() public view {
        Pair memory pair = usual();
        pair.signature2 = pair.signature1;
        vm.assertFalse(verify(pair));
        pair = usual();
        pair.signature2 = BlsSigner.sign(1, pair.root2);
        vm.assertFalse(verify(pair));
        pair = usual();
        pair.key2 = pair.key1;
        vm.assertFalse(verify(pair));
    }

    // With one message for both, a key made from the other's negation would sign for it.
    function test_refusesOneMessageForBoth() public view {
        vm.assertFalse(verify(signed(7, keccak256("same"), 9, keccak256("same"))));
    }

    function test_refusesInfinityAndPointsOutsideTheSubgroup() public view {
        Pair memory pair = usual();
        delete pair.signature1;
        vm.assertFalse(verify(pair));
        pair = usual();
        delete pair.signature2;
        delete pair.key2;
        vm.assertFalse(verify(pair));
        pair = usual();
        pair.signature2 = BlsVectors.straySignature();
        vm.assertFalse(verify(pair));
        pair = usual();
        pair.key1 = BlsVectors.strayKey();
        vm.assertFalse(verify(pair));
    }

    // The first signer makes the sum right for a second key that says nothing: 6 H(first) + 1 H(first) is what it signs alone.
    function test_aKeyAtInfinitySignsNothing() public view {
        Pair memory pair = usual();
        delete pair.key2;
        (pair.signature1, pair.signature2) = (BlsSigner.sign(6, pair.root1), BlsSigner.sign(1, pair.root1));
        vm.assertFalse(verify(pair));
    }

    function test_aSignatureAtInfinityIsNone() public view {
        Pair memory pair = usual();
        pair.signature1 = BlsSigner.sum(pair.signature1, pair.signature2);
        delete pair.signature2;
        vm.assertFalse(verify(pair));
    }

    function testFuzz_refusesAnyFlippedBit(uint256 bit) public view {
        bytes memory all = abi.encode(usual());
        bit = bound(bit, 0, 8 * all.length - 1);
        all[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        vm.assertFalse(verify(abi.decode(all, (Pair))));
    }

    function test_aMalformedPointLeavesMostOfTheGas() public view {
        Pair memory pair = usual();
        pair.signature1.x0l ^= 1;
        uint256 before = gasleft();
        vm.assertFalse(verify(pair));
        vm.assertLt(before - gasleft(), 200_000);
        pair = usual();
        pair.key2.yl ^= 1;
        before = gasleft();
        vm.assertFalse(verify(pair));
        vm.assertLt(before - gasleft(), 500_000);
    }

    /// However little gas there is, a good pair is never called bad.
    function testFuzz_aStingySenderGetsNoAnswer(uint256 gasLimit) public view {
        Pair memory pair = usual();
        gasLimit = bound(gasLimit, 0, 600_000);
        try probe.verifyBoth{gas: gasLimit}(
            pair.key1, pair.root1, pair.signature1, pair.key2, pair.root2, pair.signature2
        ) returns (
            bool ok
        ) {
            vm.assertTrue(ok);
        } catch {}
    }

    function usual() private view returns (Pair memory) {
        return signed(7, keccak256("first"), 9, keccak256("second"));
    }

    function signed(uint256 secret1, bytes32 root1, uint256 secret2, bytes32 root2) private view returns (Pair memory) {
        return Pair(
            BlsSigner.keyOf(secret1),
            root1,
            BlsSigner.sign(secret1, root1),
            BlsSigner.keyOf(secret2),
            root2,
            BlsSigner.sign(secret2, root2)
        );
    }

    function verify(Pair memory pair) private view returns (bool) {
        return probe.verifyBoth(pair.key1, pair.root1, pair.signature1, pair.key2, pair.root2, pair.signature2);
    }
}
