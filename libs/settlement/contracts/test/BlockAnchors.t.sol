// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {IBlockAnchors} from "../src/interfaces/IOracles.sol";
import {BlockAnchors} from "../src/oracles/BlockAnchors.sol";
import {SlashFixtures} from "./fixtures/SlashFixtures.sol";
import {SlashWorld} from "./support/SlashWorld.sol";
import {vm} from "./support/Vm.sol";

/// @dev Anchors of blocks: within the chain's memory by number, older ones by headers.
contract BlockAnchorsTest is SlashWorld {
    using RLP for RLP.Encoder;

    bytes private header;

    function setUp() public override {
        super.setUp();
        header = SlashFixtures.two().header;
    }

    function test_anybody_anchors_a_block_once() public {
        vm.expectEmit(address(oracle));
        emit IBlockAnchors.BlockAnchored(slashedAt, keccak256(header));
        vm.prank(address(0x57A));
        vm.assertEq(oracle.anchor(slashedAt), keccak256(header));
        vm.snapshotGasLastCall("ReceiptOracle", "anchor");
        vm.assertEq(oracle.anchorOf(slashedAt), keccak256(header));
        vm.recordLogs();
        vm.assertEq(oracle.anchor(slashedAt), keccak256(header));
        vm.assertEq(vm.getRecordedLogs().length, 0);
    }

    // Guard: BlockUnavailable; the last block that EIP-2935 keeps is 8,191 back.
    function test_refuses_a_block_that_the_chain_forgot() public {
        vm.roll(slashedAt + HISTORY_BLOCKS + 1);
        vm.expectRevert(abi.encodeWithSelector(BlockAnchors.BlockUnavailable.selector, slashedAt));
        oracle.anchor(slashedAt);
        vm.roll(slashedAt + HISTORY_BLOCKS);
        oracle.anchor(slashedAt);
    }

    function test_an_anchor_stays_when_the_chain_has_forgotten_the_block() public {
        oracle.anchor(slashedAt);
        vm.roll(slashedAt + 100_000);
        vm.assertEq(oracle.anchor(slashedAt), keccak256(header));
        vm.assertEq(oracle.slashFact(abi.encode(SlashFixtures.two())).loss, 6 ether);
    }

    // Guard: BlockUnavailable.
    function test_refuses_the_current_block_and_those_to_come() public {
        vm.expectPartialRevert(BlockAnchors.BlockUnavailable.selector);
        oracle.anchor(block.number);
        vm.expectPartialRevert(BlockAnchors.BlockUnavailable.selector);
        oracle.anchor(block.number + 1);
    }

    // A missed anchor costs gas, not the claim.
    function test_headers_lead_back_to_a_block_that_the_chain_forgot() public {
        bytes[] memory headers = descendants(3);
        uint256 anchored = slashedAt + 3;
        remember(anchored, keccak256(headers[0]));
        vm.roll(anchored + HISTORY_BLOCKS);
        vm.expectPartialRevert(BlockAnchors.BlockUnavailable.selector);
        oracle.anchor(slashedAt);
        oracle.anchor(anchored);
        vm.expectEmit(address(oracle));
        emit IBlockAnchors.BlockAnchored(slashedAt, keccak256(header));
        (uint256 number, bytes32 hash) = oracle.anchorBefore(headers);
        vm.snapshotGasLastCall("ReceiptOracle", "anchorBefore 3 headers");
        vm.assertEq(number, slashedAt);
        vm.assertEq(hash, keccak256(header));
        vm.assertEq(oracle.slashFact(abi.encode(SlashFixtures.two())).loss, 6 ether);
        vm.recordLogs();
        oracle.anchorBefore(headers);
        vm.assertEq(vm.getRecordedLogs().length, 0);
    }

    // Guard: the first header is an anchored block's.
    function test_refuses_headers_that_start_at_no_anchor() public {
        bytes[] memory headers = descendants(2);
        vm.expectRevert(abi.encodeWithSelector(BlockAnchors.NotAnchored.selector, slashedAt + 2));
        oracle.anchorBefore(headers);
        remember(slashedAt + 2, keccak256("another"));
        oracle.anchor(slashedAt + 2);
        vm.expectRevert(abi.encodeWithSelector(BlockAnchors.WrongHeader.selector, slashedAt + 2));
        oracle.anchorBefore(headers);
    }

    // Guard: each header is the parent of the one before.
    function test_refuses_headers_that_do_not_follow_each_other() public {
        bytes[] memory headers = descendants(3);
        remember(slashedAt + 3, keccak256(headers[0]));
        oracle.anchor(slashedAt + 3);
        headers[1] = headers[2];
        vm.expectRevert(abi.encodeWithSelector(BlockAnchors.WrongHeader.selector, slashedAt + 1));
        oracle.anchorBefore(headers);
    }

    /// Headers of the `count` blocks after the slash's, the latest first.
    function descendants(uint256 count) private view returns (bytes[] memory headers) {
        headers = new bytes[](count);
        bytes32 parent = keccak256(header);
        for (uint256 i = 1; i <= count; ++i) {
            RLP.Encoder memory fields = RLP.encoder();
            fields.push(parent);
            for (uint256 field = 1; field < 8; ++field) {
                fields.push(bytes32(field));
            }
            fields.push(slashedAt + i);
            bytes memory encoded = fields.encode();
            headers[count - i] = encoded;
            parent = keccak256(encoded);
        }
    }
}
