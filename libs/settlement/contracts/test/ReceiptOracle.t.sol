// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {Receipts} from "../src/lib/Receipts.sol";
import {BlockAnchors} from "../src/oracles/BlockAnchors.sol";
import {ReceiptOracle} from "../src/oracles/ReceiptOracle.sol";
import {SlashFact} from "../src/Types.sol";
import {SlashFixtures} from "./fixtures/SlashFixtures.sol";
import {SlashWorld} from "./support/SlashWorld.sol";
import {bound, vm} from "./support/Vm.sol";

/// @dev Proves slashes of a real block (fixtures/slash-fixtures.chain.spec.ts), and nothing else.
contract ReceiptOracleTest is SlashWorld {
    function setUp() public override {
        super.setUp();
        oracle.anchor(slashedAt);
    }

    function test_a_slash_is_proved_2000_blocks_later() public {
        ReceiptOracle.Evidence memory evidence = SlashFixtures.two();
        SlashFact memory fact = oracle.slashFact(abi.encode(evidence));
        vm.snapshotGasLastCall("ReceiptOracle", "slashFact");
        vm.assertEq(fact.operator, SlashFixtures.OPERATOR);
        vm.assertEq(fact.avs, SlashFixtures.AVS);
        vm.assertEq(fact.operatorSetId, 7);
        vm.assertEq(fact.asset, TOKEN);
        vm.assertEq(fact.loss, 6 ether);
        vm.assertEq(fact.blockNumber, slashedAt);
        vm.assertEq(fact.timestamp, BlockHeader.getTimestamp(evidence.header));
        vm.assertEq(fact.descriptionHash, keccak256("odf/1 task 0x01"));
        vm.assertEq(fact.slasher, SLASHER);
        vm.assertFalse(fact.redistributed);
        vm.assertEq(fact.key, keyOf(evidence));
        vm.assertFalse(oracle.isCommittee());
    }

    // Guard: the claimed strategy is a part of the key and of the loss.
    function test_each_strategy_of_a_slash_is_a_loss_of_its_own() public view {
        SlashFact memory fact = factOf(SlashFixtures.beacon());
        vm.assertEq(fact.asset, address(0));
        vm.assertEq(fact.loss, 2 ether);
        vm.assertNotEq(fact.key, factOf(SlashFixtures.two()).key);
    }

    function test_a_legacy_transaction_s_receipt_is_read() public view {
        vm.assertEq(factOf(SlashFixtures.legacy()).loss, 2 ether);
    }

    // Guard: the search for shares ends at the slash before.
    function test_slashes_of_one_transaction_take_the_shares_of_their_own() public {
        vm.assertEq(factOf(SlashFixtures.twice()).loss, 10);
        vm.assertEq(factOf(SlashFixtures.twice2()).loss, 14);
        refuses(SlashFixtures.twice3(), ReceiptOracle.StrategyNotSlashed.selector);
    }

    // Guard: the operator's topic.
    function test_shares_of_another_operator_do_not_count() public {
        setStake(SlashFixtures.OTHER, SlashFixtures.OTHER, 1, 1);
        vm.assertEq(factOf(SlashFixtures.others()).loss, 18);
        SlashFact memory theirs = factOf(SlashFixtures.others2());
        vm.assertEq(theirs.loss, 22);
        vm.assertEq(theirs.operator, SlashFixtures.OTHER);
    }

    // Guard: the emitter of OperatorSlashed.
    function test_refuses_the_same_events_of_another_contract() public {
        refuses(SlashFixtures.impostor(), ReceiptOracle.NotASlash.selector);
    }

    // Guard: the receipt's status.
    function test_refuses_a_reverted_transaction() public {
        refuses(SlashFixtures.failed(), Receipts.TransactionFailed.selector);
    }

    // Guard: the topic of OperatorSlashed.
    function test_refuses_the_log_of_shares_as_a_slash() public {
        ReceiptOracle.Evidence memory evidence = SlashFixtures.two();
        evidence.logIndex = 0;
        refuses(evidence, ReceiptOracle.NotASlash.selector);
    }

    // Guard: NoSuchLog.
    function test_refuses_a_log_that_is_not_there() public {
        ReceiptOracle.Evidence memory evidence = SlashFixtures.two();
        evidence.logIndex = 3;
        refuses(evidence, Receipts.NoSuchLog.selector);
    }

    // Guard: StrategyNotSlashed.
    function test_refuses_a_strategy_that_was_not_slashed() public {
        ReceiptOracle.Evidence memory evidence = SlashFixtures.legacy();
        evidence.strategy = oracle.BEACON_STRATEGY();
        refuses(evidence, ReceiptOracle.StrategyNotSlashed.selector);
    }

    // Guard: the trie's key is the index.
    function test_refuses_the_receipt_of_another_index() public {
        ReceiptOracle.Evidence memory evidence = SlashFixtures.two();
        evidence.transactionIndex += 1;
        refuses(evidence, TrieProof.TrieProofTraversalError.selector);
        evidence = SlashFixtures.two();
        evidence.proof = SlashFixtures.legacy().proof;
        refuses(evidence, TrieProof.TrieProofTraversalError.selector);
    }

    // Guard: the proof's nodes hash to the root in order.
    function test_refuses_permuted_cut_and_padded_proofs() public {
        ReceiptOracle.Evidence memory evidence = SlashFixtures.two();
        (evidence.proof[0], evidence.proof[1]) = (evidence.proof[1], evidence.proof[0]);
        refuses(evidence, TrieProof.TrieProofTraversalError.selector);
        evidence = SlashFixtures.two();
        bytes[] memory nodes = evidence.proof;
        evidence.proof = new bytes[](nodes.length + 1);
        for (uint256 i; i < nodes.length; ++i) {
            evidence.proof[i] = nodes[i];
        }
        evidence.proof[nodes.length] = nodes[nodes.length - 1];
        refuses(evidence, TrieProof.TrieProofTraversalError.selector);
        evidence.proof = new bytes[](0);
        refuses(evidence, TrieProof.TrieProofTraversalError.selector);
    }

    // Guard: the header's hash is the anchor.
    function testFuzz_refuses_a_header_with_any_bit_changed(uint256 place, uint8 bit) public {
        ReceiptOracle.Evidence memory evidence = SlashFixtures.two();
        place = bound(place, 0, evidence.header.length - 1);
        evidence.header[place] ^= bytes1(uint8(1) << (bit % 8));
        refusesAny(evidence);
    }

    // Guard: each node's hash is in its parent.
    function testFuzz_refuses_a_proof_with_any_bit_changed(uint256 node, uint256 place, uint8 bit) public {
        ReceiptOracle.Evidence memory evidence = SlashFixtures.two();
        bytes memory changed = evidence.proof[bound(node, 0, evidence.proof.length - 1)];
        place = bound(place, 0, changed.length - 1);
        changed[place] ^= bytes1(uint8(1) << (bit % 8));
        refusesAny(evidence);
    }

    function testFuzz_refuses_any_other_index(uint256 index) public {
        ReceiptOracle.Evidence memory evidence = SlashFixtures.two();
        vm.assume(index != evidence.transactionIndex);
        evidence.transactionIndex = index;
        refusesAny(evidence);
    }

    // Guard: the anchor is looked up, not given.
    function test_refuses_a_block_that_nobody_anchored() public {
        oracle = new ReceiptOracle(SlashFixtures.ALLOCATION_MANAGER, SlashFixtures.DELEGATION_MANAGER);
        refuses(SlashFixtures.two(), BlockAnchors.NotAnchored.selector);
    }

    // Guard: delegationManager is pinned.
    function test_refuses_shares_that_another_contract_logged() public {
        oracle = new ReceiptOracle(SlashFixtures.ALLOCATION_MANAGER, address(this));
        oracle.anchor(slashedAt);
        refuses(SlashFixtures.two(), ReceiptOracle.StrategyNotSlashed.selector);
    }

    // Guard: permuted evidence is the same loss.
    function test_the_key_is_of_the_loss_and_not_of_the_evidence_s_bytes() public view {
        ReceiptOracle.Evidence memory evidence = SlashFixtures.two();
        bytes memory padded = bytes.concat(abi.encode(evidence), hex"00");
        vm.assertEq(oracle.slashFact(padded).key, factOf(evidence).key);
    }

    // Guard: own part of what is delegated.
    function test_third_parties_loss_is_not_the_operator_s() public {
        setStake(SlashFixtures.OPERATOR, SlashFixtures.OPERATOR, 1 ether, 4 ether);
        vm.assertEq(factOf(SlashFixtures.two()).loss, 1.5 ether);
    }

    // Guard: the own part is at most the whole.
    function test_rounding_never_makes_the_own_part_more_than_the_whole() public {
        setStake(SlashFixtures.OPERATOR, SlashFixtures.OPERATOR, 1 ether + 1, 1 ether);
        vm.assertEq(factOf(SlashFixtures.two()).loss, 6 ether);
    }

    function test_an_operator_that_is_not_delegated_to_itself_lost_nothing_of_its_own() public {
        setStake(SlashFixtures.OPERATOR, address(0), 1 ether, 4 ether);
        vm.assertEq(factOf(SlashFixtures.two()).loss, 0);
    }

    function test_where_all_was_slashed_the_whole_counts() public {
        setStake(SlashFixtures.OPERATOR, SlashFixtures.OPERATOR, 0, 0);
        vm.assertEq(factOf(SlashFixtures.two()).loss, 6 ether);
    }

    // Guard: sham AVS; who redistributes is told.
    function test_tells_who_could_slash_and_whether_funds_went_to_somebody() public {
        setSlasher(address(0xBAD), address(0xF1E2D));
        SlashFact memory fact = factOf(SlashFixtures.two());
        vm.assertEq(fact.slasher, address(0xBAD));
        vm.assertTrue(fact.redistributed);
        setSlasher(SLASHER, oracle.BURN_ADDRESS());
        vm.assertFalse(factOf(SlashFixtures.two()).redistributed);
    }

    function factOf(ReceiptOracle.Evidence memory evidence) private view returns (SlashFact memory) {
        return oracle.slashFact(abi.encode(evidence));
    }

    function keyOf(ReceiptOracle.Evidence memory evidence) private view returns (bytes32) {
        return keccak256(
            abi.encode(block.chainid, slashedAt, evidence.transactionIndex, evidence.logIndex, evidence.strategy)
        );
    }

    function refuses(ReceiptOracle.Evidence memory evidence, bytes4 selector) private {
        bytes memory encoded = abi.encode(evidence);
        vm.expectPartialRevert(selector);
        oracle.slashFact(encoded);
    }

    function refusesAny(ReceiptOracle.Evidence memory evidence) private {
        bytes memory encoded = abi.encode(evidence);
        vm.expectRevert();
        oracle.slashFact(encoded);
    }
}
