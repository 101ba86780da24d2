// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {FeeEscrow} from "../src/FeeEscrow.sol";
import {IFeeEscrow} from "../src/interfaces/IFeeEscrow.sol";
import {OdfMessages} from "../src/lib/OdfMessages.sol";
import {Attacker, Refuser, Wallet} from "./support/FundsDoubles.sol";
import {FundsWorld} from "./support/FundsWorld.sol";
import {vm} from "./support/Vm.sol";

/// @dev Deposits, withdrawals, hot keys and vouchers; proofs are drawn in FeeDraw.t.sol.
contract FeeEscrowTest is FundsWorld {
    function setUp() public override {
        super.setUp();
        prefund(operator, 10 ether);
    }

    function test_anybody_funds_an_operator() public {
        vm.deal(STRANGER, 2 ether);
        vm.expectEmit(address(escrow));
        emit IFeeEscrow.EscrowDeposited(operator, 2 ether, 12 ether);
        vm.prank(STRANGER);
        escrow.deposit{value: 2 ether}(operator);
        expectAccount(12 ether, 0);
    }

    // Guard: ZeroAddress and NothingToMove of a deposit.
    function test_refuses_deposits_of_nothing_or_for_nobody() public {
        vm.expectRevert(FeeEscrow.NothingToMove.selector);
        escrow.deposit(operator);
        vm.deal(address(this), 1);
        vm.expectRevert(FeeEscrow.ZeroAddress.selector);
        escrow.deposit{value: 1}(address(0));
    }

    function test_a_voucher_pays_into_the_owner_s_account() public {
        bytes memory signature = voucher(OPERATOR_SECRET, owner, 3 ether);
        vm.expectEmit(address(escrow));
        emit IFeeEscrow.FeePaid(operator, owner, 3 ether, 3 ether);
        vm.prank(STRANGER);
        vm.assertEq(escrow.redeem(operator, owner, 3 ether, signature), 3 ether);
        vm.snapshotGasLastCall("FeeEscrow", "redeem");
        expectAccount(7 ether, 0);
        vm.assertEq(escrow.collectable(owner), 3 ether);
        vm.prank(owner);
        vm.assertEq(escrow.collect(payable(STRANGER)), 3 ether);
        vm.assertEq(STRANGER.balance, 3 ether);
    }

    // Guard: only what exceeds `paid` is paid.
    function test_a_voucher_pays_once() public {
        bytes memory signature = voucher(OPERATOR_SECRET, owner, 3 ether);
        escrow.redeem(operator, owner, 3 ether, signature);
        vm.assertEq(escrow.redeem(operator, owner, 3 ether, signature), 0);
        vm.assertEq(escrow.collectable(owner), 3 ether);
    }

    function test_vouchers_pay_what_they_add() public {
        redeem(owner, 3 ether);
        vm.assertEq(redeem(owner, 5 ether), 2 ether);
        vm.assertEq(redeem(owner, 4 ether), 0);
        vm.assertEq(escrow.paidOf(operator, owner), 5 ether);
    }

    function test_owners_have_channels_of_their_own() public {
        redeem(owner, 3 ether);
        vm.assertEq(redeem(STRANGER, 3 ether), 3 ether);
    }

    // Guard: only what was paid is counted.
    function test_the_rest_is_paid_after_a_top_up() public {
        vm.assertEq(redeem(owner, 12 ether), 10 ether);
        vm.assertEq(escrow.paidOf(operator, owner), 10 ether);
        vm.assertEq(redeem(owner, 12 ether), 0);
        prefund(operator, 5 ether);
        vm.assertEq(redeem(owner, 12 ether), 2 ether);
        expectAccount(3 ether, 0);
    }

    // Guard: BadVoucher; signature over another owner, another sum, or by somebody else.
    function test_refuses_vouchers_that_the_operator_did_not_sign() public {
        bytes memory signature = voucher(OPERATOR_SECRET, owner, 3 ether);
        refusesVoucher(owner, 4 ether, signature);
        refusesVoucher(STRANGER, 3 ether, signature);
        refusesVoucher(owner, 3 ether, voucher(OWNER_SECRET, owner, 3 ether));
        refusesVoucher(owner, 3 ether, "");
    }

    // Guard: the operator is in the voucher.
    function test_refuses_another_operator_s_voucher() public {
        prefund(STRANGER, 5 ether);
        bytes memory signature = voucher(OPERATOR_SECRET, owner, 3 ether);
        vm.expectRevert(FeeEscrow.BadVoucher.selector);
        escrow.redeem(STRANGER, owner, 3 ether, signature);
    }

    // Guard: the hub's address is in the digest.
    function test_refuses_a_voucher_for_another_deployment() public {
        (,,, FeeEscrow elsewhere) = deploy(address(0xDE9107E5));
        vm.deal(address(this), 5 ether);
        elsewhere.deposit{value: 5 ether}(operator);
        bytes memory signature = voucher(OPERATOR_SECRET, owner, 3 ether);
        vm.expectRevert(FeeEscrow.BadVoucher.selector);
        elsewhere.redeem(operator, owner, 3 ether, signature);
    }

    // Guard: the chain's id is in the digest.
    function test_refuses_a_voucher_for_another_chain() public {
        bytes memory signature = voucher(OPERATOR_SECRET, owner, 3 ether);
        vm.chainId(1);
        refusesVoucher(owner, 3 ether, signature);
    }

    function test_a_wallet_signs_vouchers_by_erc_1271() public {
        Wallet wallet = new Wallet();
        prefund(address(wallet), 1 ether);
        wallet.approve(hub.typedDigest(OdfMessages.voucherHash(address(wallet), owner, 1 ether)), "wallet");
        vm.expectRevert(FeeEscrow.BadVoucher.selector);
        escrow.redeem(address(wallet), owner, 1 ether, "forged");
        vm.assertEq(escrow.redeem(address(wallet), owner, 1 ether, "wallet"), 1 ether);
    }

    // Guard: a key's own signature counts before any code is asked.
    function test_an_operator_cannot_unsign_its_vouchers_by_eip_7702() public {
        bytes memory signature = voucher(OPERATOR_SECRET, owner, 3 ether);
        vm.etch(operator, abi.encodePacked(hex"ef0100", address(new Wallet())));
        vm.assertEq(escrow.redeem(operator, owner, 3 ether, signature), 3 ether);
    }

    function test_the_operator_names_a_hot_key_in_its_own_transaction() public {
        vm.expectEmit(address(escrow));
        emit IFeeEscrow.DelegatedSignerSet(operator, hotKey, uint64(START + 1 days), 4);
        name(hotKey, START + 1 days, 4);
        (address known, uint64 validUntil, uint64 nonce) = escrow.signerOf(operator);
        vm.assertEq(known, hotKey);
        vm.assertEq(validUntil, START + 1 days);
        vm.assertEq(nonce, 4);
        bytes memory signature = voucher(HOT_SECRET, owner, 2 ether);
        vm.assertEq(escrow.redeem(operator, owner, 2 ether, signature), 2 ether);
    }

    function test_anybody_brings_the_operator_s_signature_for_a_hot_key() public {
        uint64 until = uint64(START + 1 days);
        bytes32 digest = hub.typedDigest(OdfMessages.delegatedSignerHash(operator, hotKey, until, 1));
        escrow.setDelegatedSigner(operator, hotKey, until, 1, signed(OPERATOR_SECRET, digest));
        (address known,,) = escrow.signerOf(operator);
        vm.assertEq(known, hotKey);
    }

    // Guard: NoOperatorConsent.
    function test_refuses_a_hot_key_that_the_operator_did_not_sign() public {
        uint64 until = uint64(START + 1 days);
        bytes32 digest = hub.typedDigest(OdfMessages.delegatedSignerHash(operator, hotKey, until, 1));
        bytes memory forged = signed(HOT_SECRET, digest);
        vm.expectRevert(FeeEscrow.NoOperatorConsent.selector);
        escrow.setDelegatedSigner(operator, hotKey, until, 1, forged);
        bytes memory signature = signed(OPERATOR_SECRET, digest);
        vm.expectRevert(FeeEscrow.NoOperatorConsent.selector);
        escrow.setDelegatedSigner(operator, STRANGER, until, 1, signature);
    }

    // Guard: StaleNonce; a revoked key does not come back by the signature that named it.
    function test_the_nonce_of_hot_keys_rises() public {
        name(hotKey, START + 1 days, 2);
        name(address(0), 0, 3);
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(FeeEscrow.StaleNonce.selector, uint64(3)));
        escrow.setDelegatedSigner(operator, hotKey, uint64(START + 1 days), 2, "");
        vm.expectRevert(abi.encodeWithSelector(FeeEscrow.StaleNonce.selector, uint64(3)));
        escrow.setDelegatedSigner(operator, hotKey, uint64(START + 1 days), 3, "");
        vm.stopPrank();
    }

    // Guard: a hot key signs while it lives.
    function test_an_expired_hot_key_signs_nothing() public {
        name(hotKey, START + 1 days, 1);
        bytes memory signature = voucher(HOT_SECRET, owner, 1 ether);
        vm.warp(START + 1 days - 1);
        escrow.redeem(operator, owner, 1 ether, signature);
        vm.warp(START + 1 days);
        refusesVoucher(owner, 2 ether, voucher(HOT_SECRET, owner, 2 ether));
    }

    // Guard: a hot key signs for its operator only, and not once it is replaced.
    function test_a_replaced_hot_key_signs_nothing() public {
        name(hotKey, START + 1 days, 1);
        name(STRANGER, START + 1 days, 2);
        refusesVoucher(owner, 1 ether, voucher(HOT_SECRET, owner, 1 ether));
    }

    function test_funds_leave_after_7_days() public {
        request(4 ether);
        expectAccount(10 ether, 4 ether);
        vm.warp(START + 7 days);
        vm.expectEmit(address(escrow));
        emit IFeeEscrow.EscrowWithdrawn(operator, STRANGER, 4 ether);
        vm.prank(operator);
        vm.assertEq(escrow.withdraw(payable(STRANGER)), 4 ether);
        vm.assertEq(STRANGER.balance, 4 ether);
        expectAccount(6 ether, 0);
    }

    // Guard: StillLeaving.
    function test_nothing_leaves_within_7_days() public {
        request(4 ether);
        vm.warp(START + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(FeeEscrow.StillLeaving.selector, uint64(START + 7 days)));
        vm.prank(operator);
        escrow.withdraw(payable(operator));
    }

    // Guard: a new request replaces the old one and its clock.
    function test_a_new_request_starts_anew() public {
        request(4 ether);
        vm.warp(START + 6 days);
        request(5 ether);
        vm.warp(START + 7 days);
        vm.expectRevert(abi.encodeWithSelector(FeeEscrow.StillLeaving.selector, uint64(START + 13 days)));
        vm.prank(operator);
        escrow.withdraw(payable(operator));
        request(0);
        vm.warp(START + 30 days);
        vm.expectRevert(FeeEscrow.NothingToMove.selector);
        vm.prank(operator);
        escrow.withdraw(payable(operator));
    }

    // Guard: no more is requested than there is, so that funds added later do not leave without notice.
    function test_refuses_to_request_more_than_there_is() public {
        vm.expectRevert(abi.encodeWithSelector(FeeEscrow.Insufficient.selector, 10 ether, 11 ether));
        request(11 ether);
    }

    // Guard: the withdrawal front-run; leaving funds still pay vouchers.
    function test_leaving_funds_still_pay_vouchers() public {
        request(10 ether);
        vm.warp(START + 7 days);
        vm.assertEq(redeem(owner, 8 ether), 8 ether);
        expectAccount(2 ether, 2 ether);
        vm.prank(operator);
        vm.assertEq(escrow.withdraw(payable(operator)), 2 ether);
    }

    // Guard: a payment shrinks the request to the balance, so that a top-up does not leave by an old one.
    function test_a_top_up_does_not_leave_by_an_old_request() public {
        request(10 ether);
        redeem(owner, 8 ether);
        prefund(operator, 8 ether);
        vm.warp(START + 7 days);
        vm.prank(operator);
        vm.assertEq(escrow.withdraw(payable(operator)), 2 ether);
        vm.assertEq(redeem(owner, 16 ether), 8 ether);
    }

    // Guard: ZeroAddress of the receiver.
    function test_refuses_to_send_to_nobody() public {
        redeem(owner, 1 ether);
        vm.expectRevert(FeeEscrow.ZeroAddress.selector);
        vm.prank(owner);
        escrow.collect(payable(address(0)));
    }

    // Guard: NothingToMove of collect.
    function test_an_owner_collects_once() public {
        redeem(owner, 1 ether);
        vm.startPrank(owner);
        escrow.collect(payable(owner));
        vm.expectRevert(FeeEscrow.NothingToMove.selector);
        escrow.collect(payable(owner));
        vm.stopPrank();
    }

    // Guard: nonReentrant of collect, and the account is cleared.
    function test_a_collecting_contract_is_paid_once() public {
        Attacker attacker = new Attacker();
        redeem(address(attacker), 1 ether);
        bytes memory collection = abi.encodeCall(escrow.collect, (payable(address(attacker))));
        strikes(attacker, collection);
        vm.assertEq(address(attacker).balance, 1 ether);
        vm.assertFalse(attacker.run(address(escrow), collection));
    }

    // Guard: nonReentrant of withdraw, and the request is cleared.
    function test_a_withdrawing_contract_is_paid_once() public {
        Attacker attacker = new Attacker();
        prefund(address(attacker), 2 ether);
        attacker.run(address(escrow), abi.encodeCall(escrow.requestWithdrawal, (1 ether)));
        vm.warp(START + 7 days);
        bytes memory withdrawal = abi.encodeCall(escrow.withdraw, (payable(address(attacker))));
        strikes(attacker, withdrawal);
        vm.assertEq(address(attacker).balance, 1 ether);
        vm.assertFalse(attacker.run(address(escrow), withdrawal));
    }

    // Guard: payments are pulled.
    function test_an_owner_that_takes_no_ether_hurts_only_itself() public {
        Refuser refuser = new Refuser();
        vm.assertEq(redeem(address(refuser), 1 ether), 1 ether);
        vm.assertEq(redeem(owner, 1 ether), 1 ether);
        vm.assertFalse(refuser.run(address(escrow), abi.encodeCall(escrow.collect, (payable(address(refuser))))));
        vm.assertTrue(refuser.run(address(escrow), abi.encodeCall(escrow.collect, (payable(STRANGER)))));
        vm.assertEq(STRANGER.balance, 1 ether);
    }

    function strikes(Attacker attacker, bytes memory call) private {
        attacker.arm(address(escrow), call);
        vm.assertTrue(attacker.run(address(escrow), call));
        vm.assertTrue(attacker.failure() == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
    }

    function prefund(address account, uint256 amount) private {
        vm.deal(address(this), amount);
        escrow.deposit{value: amount}(account);
    }

    function redeem(address owner_, uint256 cumulativeWei) private returns (uint256) {
        return escrow.redeem(operator, owner_, cumulativeWei, voucher(OPERATOR_SECRET, owner_, cumulativeWei));
    }

    function refusesVoucher(address owner_, uint256 cumulativeWei, bytes memory signature) private {
        vm.expectRevert(FeeEscrow.BadVoucher.selector);
        escrow.redeem(operator, owner_, cumulativeWei, signature);
    }

    function name(address key, uint256 validUntil, uint64 nonce) private {
        vm.prank(operator);
        escrow.setDelegatedSigner(operator, key, uint64(validUntil), nonce, "");
    }

    function request(uint256 amount) private {
        vm.prank(operator);
        escrow.requestWithdrawal(amount);
    }

    function expectAccount(uint256 balance, uint256 leaving) private view {
        (uint256 balance_, uint256 leaving_,) = escrow.balanceOf(operator);
        vm.assertEq(balance_, balance, "balance");
        vm.assertEq(leaving_, leaving, "leaving");
    }
}
