// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimLedger} from "../src/ClaimLedger.sol";
import {FraudClaims} from "../src/FraudClaims.sol";
import {IFraudClaims} from "../src/interfaces/IFraudClaims.sol";
import {Line, SlashFact} from "../src/Types.sol";
import {ClaimsWorld} from "./support/ClaimsWorld.sol";
import {PlainToken} from "./support/FundsDoubles.sol";
import {vm} from "./support/Vm.sol";

/// @dev Lines of tokens, and collateral that flows back after a slash was reversed.
contract ClaimRestoreTest is ClaimsWorld {
    PlainToken private token;

    function setUp() public override {
        super.setUp();
        token = new PlainToken();
        hub.allowAsset(address(token), true);
        token.mint(address(this), 10 ether);
        token.approve(address(vault), 10 ether);
        vault.deposit(owner, address(token), 10 ether);
    }

    // What a token is worth in wei nobody says: the bond is the fixed one.
    function test_a_line_of_tokens_takes_the_fixed_bond_and_pays_tokens() public {
        hub.setBonds(1 ether, 5);
        IFraudClaims.Filing memory filing = filingOn(open(tokenLine()));
        slashTokens();
        vm.deal(KEEPER, 5);
        vm.prank(KEEPER);
        bytes32 claimId = claims.file{value: 5}(filing);
        vm.assertEq(claims.claimOf(claimId).bond, 5);
        passWindows(claimId);
        vm.assertEq(claims.finalise(claimId), COVERED);
        vm.prank(operator);
        vault.collect(address(token), operator);
        vm.assertEq(token.balanceOf(operator), COVERED);
    }

    function test_a_reversed_slash_restores_the_owner_s_ether() public {
        bytes32 claimId = paid(coverLine(true));
        uint256 free = vault.freeOf(owner, NATIVE);
        vm.expectEmit(address(claims));
        emit IFraudClaims.ClaimRestored(claimId, 1 ether);
        vm.assertEq(restore(claimId, 1 ether), 1 ether);
        vm.assertEq(vault.freeOf(owner, NATIVE), free + 1 ether);
        vm.assertEq(claims.claimOf(claimId).restored, 1 ether);
        // The slash stays claimed: it cannot be reimbursed a second time.
        vm.assertEq(claims.claimedOf(keccak256("slash")), COVERED);
    }

    // Guard: ExceedsPayment.
    function test_restores_at_most_what_was_paid() public {
        bytes32 claimId = paid(coverLine(true));
        restore(claimId, COVERED - 1);
        vm.deal(address(this), 2);
        vm.expectRevert(abi.encodeWithSelector(FraudClaims.ExceedsPayment.selector, 1));
        claims.restore{value: 2}(claimId, 2);
        vm.assertEq(restore(claimId, 1), 1);
        vm.expectRevert(abi.encodeWithSelector(ClaimLedger.NothingToMove.selector));
        claims.restore(claimId, 0);
    }

    // Guard: WrongState.
    function test_restores_payments_only() public {
        (, bytes32 claimId) = fileOn(coverLine(true));
        vm.deal(address(this), 1);
        vm.expectRevert(wrongState(IFraudClaims.State.Filed));
        claims.restore{value: 1}(claimId, 1);
    }

    // Guard: WrongValue.
    function test_the_value_sent_is_the_amount() public {
        bytes32 claimId = paid(coverLine(true));
        vm.deal(address(this), 3);
        vm.expectRevert(FraudClaims.WrongValue.selector);
        claims.restore{value: 1}(claimId, 2);
        slashTokens();
        claimId = paid(tokenLine());
        vm.expectRevert(FraudClaims.WrongValue.selector);
        claims.restore{value: 1}(claimId, 1);
    }

    function test_a_reversed_slash_restores_the_owner_s_tokens() public {
        slashTokens();
        bytes32 claimId = paid(tokenLine());
        vm.assertEq(restoreTokens(claimId, 1 ether), 1 ether);
        vm.assertEq(vault.freeOf(owner, address(token)), 1 ether);
        vm.assertEq(token.balanceOf(address(claims)), 0);
    }

    // A token that the hub took off its list since goes to the owner without the vault.
    function test_tokens_that_the_vault_no_longer_takes_wait_for_the_owner() public {
        slashTokens();
        bytes32 claimId = paid(tokenLine());
        hub.allowAsset(address(token), false);
        vm.assertEq(restoreTokens(claimId, 1 ether), 1 ether);
        vm.assertEq(claims.collectable(owner, address(token)), 1 ether);
        vm.prank(owner);
        vm.assertEq(claims.collect(address(token), STRANGER), 1 ether);
        vm.assertEq(token.balanceOf(STRANGER), 1 ether);
    }

    function tokenLine() private view returns (Line memory line) {
        line = coverLine(true);
        line.asset = address(token);
    }

    function slashTokens() private {
        SlashFact memory fact = slashOf(operator, "slash of tokens");
        fact.asset = address(token);
        slash("slash", fact);
    }

    function paid(Line memory line) private returns (bytes32 claimId) {
        (, claimId) = fileOn(line);
        passWindows(claimId);
        claims.finalise(claimId);
    }

    function restore(bytes32 claimId, uint256 amount) private returns (uint256) {
        vm.deal(STRANGER, amount);
        vm.prank(STRANGER);
        return claims.restore{value: amount}(claimId, amount);
    }

    function restoreTokens(bytes32 claimId, uint256 amount) private returns (uint256) {
        token.mint(address(this), amount);
        token.approve(address(claims), amount);
        return claims.restore(claimId, amount);
    }
}
