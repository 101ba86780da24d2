// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {CollateralVault} from "../src/CollateralVault.sol";
import {ICollateralVault} from "../src/interfaces/ICollateralVault.sol";
import {Attacker, CallbackToken, FalseToken, FeeToken, PlainToken, Refuser} from "./support/FundsDoubles.sol";
import {FundsWorld} from "./support/FundsWorld.sol";
import {vm} from "./support/Vm.sol";

contract CollateralVaultTest is FundsWorld {
    address private constant BENEFICIARY = address(0xBEEF);

    PlainToken private token;

    function setUp() public override {
        super.setUp();
        token = new PlainToken();
        hub.allowAsset(address(token), true);
    }

    function test_anybody_deposits_ether_for_an_owner() public {
        vm.deal(STRANGER, 3 ether);
        vm.expectEmit(address(vault));
        emit ICollateralVault.Deposited(owner, NATIVE, 3 ether);
        vm.prank(STRANGER);
        vm.assertEq(vault.deposit{value: 3 ether}(owner, NATIVE, 3 ether), 3 ether);
        expectAccount(NATIVE, 3 ether, 0, 0);
        vm.assertEq(vault.freeOf(owner, NATIVE), 3 ether);
        vm.assertEq(vault.freeOf(STRANGER, NATIVE), 0);
    }

    function test_a_token_deposit_moves_the_tokens() public {
        deposit(token, 500);
        vm.assertEq(token.balanceOf(address(vault)), 500);
        expectAccount(address(token), 500, 0, 0);
    }

    // Guard: credited is the balance's difference.
    function test_a_token_that_takes_fees_credits_only_what_arrived() public {
        FeeToken taxed = new FeeToken();
        hub.allowAsset(address(taxed), true);
        taxed.mint(address(this), 1000);
        taxed.approve(address(vault), 1000);
        vm.assertEq(vault.deposit(owner, address(taxed), 1000), 900);
        vm.assertEq(vault.freeOf(owner, address(taxed)), 900);
        vm.assertEq(taxed.balanceOf(address(vault)), 900);
    }

    // Guard: SafeERC20 on the way in.
    function test_a_token_that_answers_false_credits_nothing() public {
        FalseToken lying = new FalseToken();
        hub.allowAsset(address(lying), true);
        lying.mint(address(vault), 1000);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(lying)));
        vault.deposit(owner, address(lying), 1000);
    }

    // Guard: AssetNotAllowed.
    function test_refuses_assets_that_the_hub_does_not_allow() public {
        hub.allowAsset(address(token), false);
        token.mint(address(this), 1);
        token.approve(address(vault), 1);
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.AssetNotAllowed.selector, address(token)));
        vault.deposit(owner, address(token), 1);
    }

    // Guard: ZeroAddress of the owner.
    function test_refuses_a_deposit_for_nobody() public {
        vm.deal(address(this), 1);
        vm.expectRevert(CollateralVault.ZeroAddress.selector);
        vault.deposit{value: 1}(address(0), NATIVE, 1);
    }

    // Guard: NothingToMove of a deposit.
    function test_refuses_an_empty_deposit() public {
        vm.expectRevert(CollateralVault.NothingToMove.selector);
        vault.deposit(owner, NATIVE, 0);
    }

    // Guard: WrongValue.
    function test_refuses_value_that_is_not_the_amount() public {
        vm.deal(address(this), 2);
        vm.expectRevert(CollateralVault.WrongValue.selector);
        vault.deposit{value: 1}(owner, NATIVE, 2);
        token.mint(address(this), 1);
        token.approve(address(vault), 1);
        vm.expectRevert(CollateralVault.WrongValue.selector);
        vault.deposit{value: 1}(owner, address(token), 1);
    }

    // Guard: nonReentrant of deposit; the inner deposit would be credited twice, by itself and by the outer difference.
    function test_a_token_cannot_deposit_inside_a_deposit() public {
        CallbackToken hooked = new CallbackToken();
        hub.allowAsset(address(hooked), true);
        Attacker attacker = new Attacker();
        hooked.mint(address(attacker), 200);
        attacker.run(address(hooked), abi.encodeCall(hooked.approve, (address(vault), 200)));
        hooked.hook(address(attacker));
        bytes memory inner = abi.encodeCall(vault.deposit, (address(attacker), address(hooked), 100));
        attacker.arm(address(vault), inner);
        vm.assertTrue(attacker.run(address(vault), inner));
        vm.assertFalse(attacker.succeeded());
        vm.assertTrue(attacker.failure() == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        vm.assertEq(vault.freeOf(address(attacker), address(hooked)), 100);
        vm.assertEq(hooked.balanceOf(address(vault)), 100);
    }

    function test_unbonded_funds_leave_after_21_days() public {
        fund(owner, NATIVE, 5 ether);
        unbond(NATIVE, 2 ether);
        expectAccount(NATIVE, 5 ether, 0, 2 ether);
        vm.assertEq(vault.freeOf(owner, NATIVE), 3 ether);
        vm.warp(START + 21 days);
        vm.prank(owner);
        vm.assertEq(vault.withdraw(NATIVE, STRANGER), 2 ether);
        vm.assertEq(STRANGER.balance, 2 ether);
        expectAccount(NATIVE, 3 ether, 0, 0);
    }

    function test_unbonded_tokens_leave_even_when_they_are_allowed_no_more() public {
        deposit(token, 100);
        unbond(address(token), 100);
        hub.allowAsset(address(token), false);
        vm.warp(START + 21 days);
        vm.prank(owner);
        vault.withdraw(address(token), owner);
        vm.assertEq(token.balanceOf(owner), 100);
    }

    // Guard: StillUnbonding.
    function test_nothing_leaves_within_21_days() public {
        fund(owner, NATIVE, 1 ether);
        unbond(NATIVE, 1 ether);
        vm.warp(START + 21 days - 1);
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.StillUnbonding.selector, uint64(START + 21 days)));
        vm.prank(owner);
        vault.withdraw(NATIVE, owner);
    }

    // Guard: readyAt restarts.
    function test_a_further_request_adds_and_restarts_the_clock() public {
        fund(owner, NATIVE, 3 ether);
        unbond(NATIVE, 1 ether);
        vm.warp(START + 20 days);
        unbond(NATIVE, 2 ether);
        vm.warp(START + 21 days);
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.StillUnbonding.selector, uint64(START + 41 days)));
        vm.prank(owner);
        vault.withdraw(NATIVE, owner);
        vm.warp(START + 41 days);
        vm.prank(owner);
        vm.assertEq(vault.withdraw(NATIVE, owner), 3 ether);
    }

    // Guard: only free funds unbond. The coprocessor that sees a claim coming cannot take locked collateral away.
    function test_a_withdrawal_does_not_run_ahead_of_a_claim() public {
        fund(owner, NATIVE, 5 ether);
        lock(NATIVE, 4 ether);
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.Insufficient.selector, 1 ether, 2 ether));
        vm.prank(owner);
        vault.requestUnbond(NATIVE, 2 ether);
        unbond(NATIVE, 1 ether);
        vm.warp(START + 21 days);
        vm.prank(address(lines));
        vm.assertEq(vault.seize(owner, NATIVE, 4 ether, BENEFICIARY), 4 ether);
    }

    // Guard: NothingToMove of a request and of a withdrawal.
    function test_refuses_empty_requests_and_withdrawals() public {
        vm.expectRevert(CollateralVault.NothingToMove.selector);
        vault.requestUnbond(NATIVE, 0);
        vm.expectRevert(CollateralVault.NothingToMove.selector);
        vault.withdraw(NATIVE, owner);
    }

    // Guard: nonReentrant of withdraw, and the request is cleared.
    function test_a_withdrawal_happens_once() public {
        Attacker attacker = new Attacker();
        fund(address(attacker), NATIVE, 1 ether);
        fund(owner, NATIVE, 5 ether);
        attacker.run(address(vault), abi.encodeCall(vault.requestUnbond, (NATIVE, 1 ether)));
        vm.warp(START + 21 days);
        bytes memory withdrawal = abi.encodeCall(vault.withdraw, (NATIVE, address(attacker)));
        attacker.arm(address(vault), withdrawal);
        vm.assertTrue(attacker.run(address(vault), withdrawal));
        vm.assertTrue(attacker.failure() == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        vm.assertFalse(attacker.run(address(vault), withdrawal));
        vm.assertEq(address(attacker).balance, 1 ether);
    }

    // Guard: ZeroAddress of the receiver.
    function test_refuses_to_send_to_nobody() public {
        fund(owner, NATIVE, 1 ether);
        unbond(NATIVE, 1 ether);
        vm.warp(START + 21 days);
        vm.expectRevert(CollateralVault.ZeroAddress.selector);
        vm.prank(owner);
        vault.withdraw(NATIVE, address(0));
    }

    function test_what_is_released_is_free_again() public {
        fund(owner, NATIVE, 3 ether);
        lock(NATIVE, 3 ether);
        vm.assertEq(vault.freeOf(owner, NATIVE), 0);
        vm.prank(address(lines));
        vault.release(owner, NATIVE, 1 ether);
        expectAccount(NATIVE, 3 ether, 2 ether, 0);
        vm.assertEq(vault.freeOf(owner, NATIVE), 1 ether);
    }

    // Guard: a lock takes free funds only.
    function test_the_same_collateral_is_not_locked_twice() public {
        fund(owner, NATIVE, 3 ether);
        lock(NATIVE, 2 ether);
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.Insufficient.selector, 1 ether, 2 ether));
        lock(NATIVE, 2 ether);
    }

    // Guard: a lock does not take what is unbonding.
    function test_unbonding_funds_are_not_locked() public {
        fund(owner, NATIVE, 3 ether);
        unbond(NATIVE, 2 ether);
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.Insufficient.selector, 1 ether, 2 ether));
        lock(NATIVE, 2 ether);
    }

    // Guard: no more is released than is locked.
    function test_refuses_to_release_more_than_is_locked() public {
        fund(owner, NATIVE, 3 ether);
        lock(NATIVE, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.Insufficient.selector, 1 ether, 2 ether));
        vm.prank(address(lines));
        vault.release(owner, NATIVE, 2 ether);
    }

    // Guard: onlyLines of lock, release and seize; FraudClaims itself goes through its line too.
    function test_nobody_but_the_lines_locks_releases_or_seizes() public {
        fund(owner, NATIVE, 3 ether);
        lock(NATIVE, 1 ether);
        address[3] memory others = [owner, CLAIMS, address(this)];
        for (uint256 i; i < others.length; ++i) {
            vm.startPrank(others[i]);
            vm.expectRevert(CollateralVault.OnlyLines.selector);
            vault.lock(owner, NATIVE, 1);
            vm.expectRevert(CollateralVault.OnlyLines.selector);
            vault.release(owner, NATIVE, 1);
            vm.expectRevert(CollateralVault.OnlyLines.selector);
            vault.seize(owner, NATIVE, 1, others[i]);
            vm.stopPrank();
        }
    }

    // Guard: seizures take locked funds first, then unbonding ones, never free ones.
    function test_unbonding_funds_are_the_second_recourse() public {
        fund(owner, NATIVE, 10 ether);
        lock(NATIVE, 3 ether);
        unbond(NATIVE, 4 ether);
        vm.prank(address(lines));
        vm.assertEq(vault.seize(owner, NATIVE, 2 ether, BENEFICIARY), 2 ether);
        expectAccount(NATIVE, 8 ether, 1 ether, 4 ether);
        vm.prank(address(lines));
        vm.assertEq(vault.seize(owner, NATIVE, 3 ether, BENEFICIARY), 3 ether);
        expectAccount(NATIVE, 5 ether, 0, 2 ether);
        vm.prank(address(lines));
        vm.assertEq(vault.seize(owner, NATIVE, 9 ether, BENEFICIARY), 2 ether);
        expectAccount(NATIVE, 3 ether, 0, 0);
        vm.assertEq(vault.entitlementOf(BENEFICIARY, NATIVE), 7 ether);
        vm.assertEq(vault.freeOf(owner, NATIVE), 3 ether);
    }

    // Guard: ZeroAddress of the beneficiary.
    function test_refuses_to_seize_for_nobody() public {
        vm.expectRevert(CollateralVault.ZeroAddress.selector);
        vm.prank(address(lines));
        vault.seize(owner, NATIVE, 1, address(0));
    }

    function test_a_beneficiary_pulls_its_entitlement() public {
        seized(BENEFICIARY, 2 ether);
        vm.prank(BENEFICIARY);
        vm.assertEq(vault.collect(NATIVE, STRANGER), 2 ether);
        vm.assertEq(STRANGER.balance, 2 ether);
        vm.assertEq(vault.entitlementOf(BENEFICIARY, NATIVE), 0);
        vm.expectRevert(CollateralVault.NothingToMove.selector);
        vm.prank(BENEFICIARY);
        vault.collect(NATIVE, STRANGER);
    }

    // Guard: nonReentrant of collect, and the entitlement is cleared.
    function test_a_beneficiary_is_paid_once() public {
        Attacker attacker = new Attacker();
        seized(address(attacker), 1 ether);
        fund(owner, NATIVE, 5 ether);
        bytes memory collection = abi.encodeCall(vault.collect, (NATIVE, address(attacker)));
        attacker.arm(address(vault), collection);
        vm.assertTrue(attacker.run(address(vault), collection));
        vm.assertTrue(attacker.failure() == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        vm.assertEq(address(attacker).balance, 1 ether);
        vm.assertEq(vault.entitlementOf(address(attacker), NATIVE), 0);
    }

    // Guard: payouts are pulled.
    function test_a_receiver_that_reverts_hurts_only_itself() public {
        Refuser refuser = new Refuser();
        seized(address(refuser), 1 ether);
        seized(BENEFICIARY, 1 ether);
        vm.assertFalse(refuser.run(address(vault), abi.encodeCall(vault.collect, (NATIVE, address(refuser)))));
        vm.assertEq(vault.entitlementOf(address(refuser), NATIVE), 1 ether);
        vm.prank(BENEFICIARY);
        vm.assertEq(vault.collect(NATIVE, BENEFICIARY), 1 ether);
        vm.assertTrue(refuser.run(address(vault), abi.encodeCall(vault.collect, (NATIVE, STRANGER))));
        vm.assertEq(STRANGER.balance, 1 ether);
    }

    function testFuzz_parts_always_make_the_total(uint96 put, uint96 locked, uint96 leaving, uint96 taken) public {
        vm.assume(put != 0);
        fund(owner, NATIVE, put);
        uint256 lockable = uint256(locked) % (uint256(put) + 1);
        lock(NATIVE, lockable);
        uint256 leavable = uint256(leaving) % (put - lockable + 1);
        if (leavable != 0) unbond(NATIVE, leavable);
        vm.prank(address(lines));
        uint256 got = vault.seize(owner, NATIVE, taken, BENEFICIARY);
        (uint256 total, uint256 stillLocked, uint256 unbonding,) = vault.balanceOf(owner, NATIVE);
        vm.assertEq(total, put - got);
        vm.assertEq(total, vault.freeOf(owner, NATIVE) + stillLocked + unbonding);
        vm.assertEq(vault.freeOf(owner, NATIVE), put - lockable - leavable);
    }

    function deposit(PlainToken asset, uint256 amount) private {
        asset.mint(address(this), amount);
        asset.approve(address(vault), amount);
        vault.deposit(owner, address(asset), amount);
    }

    function lock(address asset, uint256 amount) private {
        vm.prank(address(lines));
        vault.lock(owner, asset, amount);
    }

    function unbond(address asset, uint256 amount) private {
        vm.prank(owner);
        vault.requestUnbond(asset, amount);
    }

    function seized(address beneficiary, uint256 amount) private {
        fund(owner, NATIVE, amount);
        lock(NATIVE, amount);
        vm.prank(address(lines));
        vault.seize(owner, NATIVE, amount, beneficiary);
    }

    function expectAccount(address asset, uint256 total, uint256 locked, uint256 unbonding) private view {
        (uint256 total_, uint256 locked_, uint256 unbonding_,) = vault.balanceOf(owner, asset);
        vm.assertEq(total_, total, "total");
        vm.assertEq(locked_, locked, "locked");
        vm.assertEq(unbonding_, unbonding, "unbonding");
    }
}
