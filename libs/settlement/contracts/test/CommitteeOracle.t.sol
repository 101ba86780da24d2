// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {CommitteeOracle} from "../src/oracles/CommitteeOracle.sol";
import {SlashFact} from "../src/Types.sol";
import {vm} from "./support/Vm.sol";

/// @dev A committee of five whose secrets are in the ascending order of their addresses; three must sign.
contract CommitteeOracleTest {
    uint256 private constant THRESHOLD = 3;

    CommitteeOracle private oracle;
    uint256[] private secrets = [uint256(11), 12, 13, 14, 15];

    function setUp() public {
        vm.warp(1_800_000_000);
        vm.roll(20_000_000);
        sort();
        oracle = new CommitteeOracle(members(), THRESHOLD);
    }

    function test_a_majority_s_word_is_the_fact() public {
        SlashFact memory fact = slash();
        SlashFact memory told = oracle.slashFact(abi.encode(fact, signed(fact, 3)));
        vm.snapshotGasLastCall("CommitteeOracle", "slashFact 3 of 5");
        vm.assertEq(keccak256(abi.encode(told)), keccak256(abi.encode(fact)));
        vm.assertTrue(oracle.isCommittee());
        oracle.slashFact(abi.encode(fact, signed(fact, 5)));
    }

    // Guard: the typehash; EIP-712 as any wallet computes it.
    function test_the_digest_is_eip_712() public view {
        SlashFact memory fact = slash();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("ODF Slash Committee"),
                keccak256("1"),
                block.chainid,
                address(oracle)
            )
        );
        bytes32 body = keccak256(bytes.concat(oracle.SLASH_FACT_TYPEHASH(), abi.encode(fact)));
        vm.assertEq(oracle.digestOf(fact), keccak256(abi.encodePacked(hex"1901", domain, body)));
    }

    // Guard: TooFewSignatures.
    function test_refuses_less_than_the_threshold() public {
        SlashFact memory fact = slash();
        refuses(fact, signed(fact, 2), CommitteeOracle.TooFewSignatures.selector);
    }

    // Guard: BadSigner, ascending order.
    function test_refuses_one_member_twice_and_members_out_of_order() public {
        SlashFact memory fact = slash();
        bytes[] memory signatures = signed(fact, 3);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        refuses(fact, signatures, CommitteeOracle.BadSigner.selector);
        signatures[0] = signatures[1];
        refuses(fact, signatures, CommitteeOracle.BadSigner.selector);
    }

    // Guard: BadSigner, membership.
    function test_refuses_a_stranger_even_beside_enough_members() public {
        SlashFact memory fact = slash();
        bytes[] memory signatures = signed(fact, 4);
        signatures[3] = signature(99, fact);
        refuses(fact, signatures, CommitteeOracle.BadSigner.selector);
    }

    // Guard: the digest covers each field.
    function testFuzz_refuses_a_fact_that_was_not_signed(uint8 field) public {
        SlashFact memory fact = slash();
        bytes[] memory signatures = signed(fact, 3);
        field %= 11;
        if (field == 0) fact.key = keccak256("other");
        else if (field == 1) fact.operator = address(2);
        else if (field == 2) fact.avs = address(2);
        else if (field == 3) fact.operatorSetId += 1;
        else if (field == 4) fact.asset = address(2);
        else if (field == 5) fact.loss += 1;
        else if (field == 6) fact.blockNumber -= 1;
        else if (field == 7) fact.timestamp -= 1;
        else if (field == 8) fact.descriptionHash = keccak256("other");
        else if (field == 9) fact.slasher = address(2);
        else fact.redistributed = true;
        refuses(fact, signatures, CommitteeOracle.BadSigner.selector);
    }

    // Guard: replay over chains and deployments.
    function test_refuses_what_was_signed_for_another_committee_or_chain() public {
        SlashFact memory fact = slash();
        bytes[] memory signatures = signed(fact, 3);
        CommitteeOracle other = new CommitteeOracle(members(), THRESHOLD);
        vm.expectPartialRevert(CommitteeOracle.BadSigner.selector);
        other.slashFact(abi.encode(fact, signatures));
        vm.chainId(1);
        refuses(fact, signatures, CommitteeOracle.BadSigner.selector);
    }

    // Guard: malleable signatures.
    function test_refuses_a_signature_with_a_high_s() public {
        SlashFact memory fact = slash();
        bytes[] memory signatures = signed(fact, 3);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secrets[0], oracle.digestOf(fact));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        signatures[0] = abi.encodePacked(r, order - uint256(s), v == 27 ? 28 : 27);
        refuses(fact, signatures, ECDSA.ECDSAInvalidSignatureS.selector);
    }

    // Guard: BadFact.
    function test_refuses_facts_of_nothing_and_of_the_future() public {
        SlashFact memory fact = slash();
        fact.key = bytes32(0);
        refuses(fact, signed(fact, 3), CommitteeOracle.BadFact.selector);
        fact = slash();
        fact.operator = address(0);
        refuses(fact, signed(fact, 3), CommitteeOracle.BadFact.selector);
        fact = slash();
        fact.timestamp = uint64(block.timestamp + 1);
        refuses(fact, signed(fact, 3), CommitteeOracle.BadFact.selector);
        fact = slash();
        fact.blockNumber = uint64(block.number + 1);
        refuses(fact, signed(fact, 3), CommitteeOracle.BadFact.selector);
    }

    // Guard: BadCommittee.
    function test_refuses_committees_without_a_majority_or_with_a_member_twice() public {
        address[] memory five = members();
        for (uint256 threshold = 0; threshold < 7; ++threshold) {
            if (threshold >= 3 && threshold <= 5) continue;
            vm.expectRevert(CommitteeOracle.BadCommittee.selector);
            new CommitteeOracle(five, threshold);
        }
        five[1] = five[0];
        vm.expectRevert(CommitteeOracle.BadCommittee.selector);
        new CommitteeOracle(five, THRESHOLD);
        five = members();
        five[0] = address(0);
        vm.expectRevert(CommitteeOracle.BadCommittee.selector);
        new CommitteeOracle(five, THRESHOLD);
    }

    function slash() private view returns (SlashFact memory) {
        return SlashFact({
            key: keccak256("loss"),
            operator: address(0xB0B),
            avs: address(0xA45),
            operatorSetId: 7,
            asset: address(0),
            loss: 3 ether,
            blockNumber: uint64(block.number - 100),
            timestamp: uint64(block.timestamp - 1_200),
            descriptionHash: keccak256("description"),
            slasher: address(0x51A5),
            redistributed: false
        });
    }

    function signed(SlashFact memory fact, uint256 count) private view returns (bytes[] memory signatures) {
        signatures = new bytes[](count);
        for (uint256 i; i < count; ++i) {
            signatures[i] = signature(secrets[i], fact);
        }
    }

    function signature(uint256 secret, SlashFact memory fact) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, oracle.digestOf(fact));
        return abi.encodePacked(r, s, v);
    }

    function members() private view returns (address[] memory addresses) {
        addresses = new address[](secrets.length);
        for (uint256 i; i < secrets.length; ++i) {
            addresses[i] = vm.addr(secrets[i]);
        }
    }

    function sort() private {
        for (uint256 i; i < secrets.length; ++i) {
            for (uint256 j = i + 1; j < secrets.length; ++j) {
                if (vm.addr(secrets[j]) < vm.addr(secrets[i])) (secrets[i], secrets[j]) = (secrets[j], secrets[i]);
            }
        }
    }

    function refuses(SlashFact memory fact, bytes[] memory signatures, bytes4 selector) private {
        vm.expectPartialRevert(selector);
        oracle.slashFact(abi.encode(fact, signatures));
    }
}
