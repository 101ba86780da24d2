// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {ISymbioticVaultView} from "../src/interfaces/IOracles.sol";
import {SymbioticOracle} from "../src/oracles/SymbioticOracle.sol";
import {SlashFact} from "../src/Types.sol";
import {SlashFixtures} from "./fixtures/SlashFixtures.sol";
import {SlashWorld} from "./support/SlashWorld.sol";
import {SymbioticVaultDouble} from "./support/SymbioticDoubles.sol";
import {bound, vm} from "./support/Vm.sol";

/// @dev Two vaults of a network whose slashes are told at the second of the fixtures' block.
contract SymbioticOracleTest is SlashWorld {
    address private constant NETWORK = address(0xA45);
    address private constant OPERATOR = address(0xB0B);

    SymbioticOracle private symbiotic;
    SymbioticVaultDouble[] private vaults;
    bytes32 private subnetwork = bytes32(bytes20(NETWORK)) | bytes32(uint256(7));
    uint48 private timestamp;
    bytes private header;

    function setUp() public override {
        super.setUp();
        oracle.anchor(slashedAt);
        header = SlashFixtures.two().header;
        timestamp = uint48(BlockHeader.getTimestamp(header));
        SymbioticVaultDouble a = new SymbioticVaultDouble(TOKEN);
        SymbioticVaultDouble b = new SymbioticVaultDouble(TOKEN);
        (a, b) = address(a) < address(b) ? (a, b) : (b, a);
        vaults = [a, b];
        for (uint256 i; i < 2; ++i) {
            vaults[i].setShares(OPERATOR, 10 ether, 10 ether, 10 ether);
        }
        symbiotic = new SymbioticOracle(oracle, NETWORK, pinned());
    }

    function test_the_slashes_of_one_second_over_all_pinned_vaults_are_the_loss() public {
        vaults[0].slash(subnetwork, OPERATOR, timestamp, 3 ether);
        vaults[1].slash(subnetwork, OPERATOR, timestamp, 1 ether);
        SlashFact memory fact = symbiotic.slashFact(evidence());
        vm.snapshotGasLastCall("SymbioticOracle", "slashFact 2 vaults");
        vm.assertEq(fact.loss, 4 ether);
        vm.assertEq(fact.asset, TOKEN);
        vm.assertEq(fact.avs, NETWORK);
        vm.assertEq(fact.operator, OPERATOR);
        vm.assertEq(fact.operatorSetId, 7);
        vm.assertEq(fact.blockNumber, slashedAt);
        vm.assertEq(fact.timestamp, timestamp);
        vm.assertEq(fact.key, keccak256(abi.encode(block.chainid, slashedAt, TOKEN, OPERATOR)));
        vm.assertFalse(symbiotic.isCommittee());
        vm.assertEq(symbiotic.pinnedVaults().length, 2);
    }

    // Guard: the part of what the history gained in this second only.
    function test_slashes_before_and_after_do_not_count() public {
        vaults[0].slash(subnetwork, OPERATOR, timestamp - 1, 3 ether);
        vaults[0].slash(subnetwork, OPERATOR, timestamp + 1, 5 ether);
        refuses(evidence(), SymbioticOracle.NotSlashed.selector);
    }

    // Guard: own part, as it was before the slash.
    function testFuzz_other_depositors_loss_does_not_count(uint256 slashed, uint256 own, uint256 all) public {
        all = bound(all, 1, type(uint96).max);
        own = bound(own, 0, all);
        slashed = bound(slashed, 1, all);
        vaults[0].setShares(OPERATOR, own, all, all);
        vaults[0].slash(subnetwork, OPERATOR, timestamp, slashed);
        uint256 part = slashed * own / all;
        if (part == 0) return refuses(evidence(), SymbioticOracle.NotSlashed.selector);
        vm.assertEq(symbiotic.slashFact(evidence()).loss, part);
    }

    // Guard: what shares lost in worth. Symbiotic takes a slash from active stake and pending withdrawals alike.
    function test_what_pending_withdrawals_lost_does_not_count() public {
        vaults[0].slash(subnetwork, OPERATOR, timestamp, 5 ether, 1 ether);
        vm.assertEq(symbiotic.slashFact(evidence()).loss, 1 ether);
    }

    // Guard: as above. The history counts what a slash asked, the vault gives what it has.
    function test_what_the_vault_did_not_have_does_not_count() public {
        vaults[0].slash(subnetwork, OPERATOR, timestamp, 10 ether, 0);
        refuses(evidence(), SymbioticOracle.NotSlashed.selector);
    }

    // Guard: at most the part of the operator's slashes, and one key for what a block took, whoever slashed.
    function test_what_other_slashes_of_the_block_took_does_not_count() public {
        vaults[0].slash(subnetwork, OPERATOR, timestamp, 1 ether);
        vaults[0].slash(subnetwork, address(0xBAD), timestamp, 4 ether);
        SlashFact memory fact = symbiotic.slashFact(evidence());
        vm.assertEq(fact.loss, 1 ether);
        vaults[0].slash(bytes32(uint256(subnetwork) + 1), OPERATOR, timestamp, 3 ether);
        SymbioticOracle.Evidence memory other = SymbioticOracle.Evidence(header, OPERATOR, 8);
        vm.assertEq(symbiotic.slashFact(abi.encode(other)).key, fact.key);
    }

    // Guard: the worth is rounded against the operator, also where shares were cheaper before.
    function testFuzz_nobody_loses_more_than_was_there(uint256 own, uint256 all, uint256 stake, uint256 slashed) public {
        all = bound(all, 1, type(uint96).max);
        own = bound(own, 1, all);
        stake = bound(stake, 1, type(uint96).max);
        slashed = bound(slashed, 1, stake);
        vaults[0].setShares(OPERATOR, own, all, stake);
        vaults[0].slash(subnetwork, OPERATOR, timestamp, slashed);
        (bool isProved, bytes memory answer) =
            address(symbiotic).staticcall(abi.encodeCall(symbiotic.slashFact, (evidence())));
        if (!isProved) return;
        uint256 loss = abi.decode(answer, (SlashFact)).loss;
        vm.assertLe(loss, stake * own / all);
        vm.assertLe(loss * all, slashed * own);
    }

    // Guard: a vault without shares, instead of a division by zero that would block the others.
    function test_an_empty_vault_loses_nothing() public {
        vaults[0].setShares(OPERATOR, 0, 0, 0);
        vaults[0].slash(subnetwork, OPERATOR, timestamp, 1 ether, 0);
        vaults[1].slash(subnetwork, OPERATOR, timestamp, 2 ether);
        vm.assertEq(symbiotic.slashFact(evidence()).loss, 2 ether);
    }

    // Guard: as above, where the operator takes the last shares out in the block that slashes.
    function test_a_vault_that_empties_with_the_slash_blocks_no_other() public {
        vaults[0].slash(subnetwork, OPERATOR, timestamp, 1 ether);
        vaults[0].empty(timestamp);
        vaults[1].slash(subnetwork, OPERATOR, timestamp, 2 ether);
        vm.assertEq(symbiotic.slashFact(evidence()).loss, 2 ether);
    }

    // Guard: the subnetwork and the operator.
    function test_slashes_of_others_do_not_count() public {
        vaults[0].slash(subnetwork, address(0xBAD), timestamp, 1 ether);
        vaults[0].slash(bytes32(bytes20(NETWORK)) | bytes32(uint256(8)), OPERATOR, timestamp, 1 ether);
        refuses(evidence(), SymbioticOracle.NotSlashed.selector);
    }

    // Guard: NotAnchored.
    function test_refuses_headers_of_blocks_that_are_not_anchored() public {
        vaults[0].slash(subnetwork, OPERATOR, timestamp, 1 ether);
        header[header.length - 1] ^= 0x01;
        refuses(evidence(), SymbioticOracle.NotAnchored.selector);
    }

    // Guard: BadVault, BadVaultCount.
    function test_refuses_vaults_that_do_not_go_together() public {
        ISymbioticVaultView[] memory none = new ISymbioticVaultView[](0);
        vm.expectPartialRevert(SymbioticOracle.BadVaultCount.selector);
        new SymbioticOracle(oracle, NETWORK, none);
        ISymbioticVaultView[] memory many = new ISymbioticVaultView[](17);
        vm.expectPartialRevert(SymbioticOracle.BadVaultCount.selector);
        new SymbioticOracle(oracle, NETWORK, many);
        ISymbioticVaultView[] memory twice = pinned();
        twice[1] = twice[0];
        refusesVaults(twice);
        vaults[1].setCollateral(address(0xBAD));
        refusesVaults(pinned());
        vaults[1].setCollateral(TOKEN);
        vaults[1].setSlasher(address(0));
        refusesVaults(pinned());
    }

    function pinned() private view returns (ISymbioticVaultView[] memory both) {
        both = new ISymbioticVaultView[](2);
        (both[0], both[1]) = (vaults[0], vaults[1]);
    }

    function evidence() private view returns (bytes memory) {
        return abi.encode(SymbioticOracle.Evidence({header: header, operator: OPERATOR, operatorSetId: 7}));
    }

    function refuses(bytes memory encoded, bytes4 selector) private {
        vm.expectPartialRevert(selector);
        symbiotic.slashFact(encoded);
    }

    function refusesVaults(ISymbioticVaultView[] memory both) private {
        vm.expectRevert(abi.encodeWithSelector(SymbioticOracle.BadVault.selector, address(both[1])));
        new SymbioticOracle(oracle, NETWORK, both);
    }
}
