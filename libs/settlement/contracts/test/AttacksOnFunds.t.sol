// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ClaimLedger} from "../src/ClaimLedger.sol";
import {FraudClaims} from "../src/FraudClaims.sol";
import {IFraudClaims} from "../src/interfaces/IFraudClaims.sol";
import {OdfHub} from "../src/OdfHub.sol";
import {Attribution, Line, SlashFact} from "../src/Types.sol";
import {ClaimsWorld} from "./support/ClaimsWorld.sol";
import {Attacker, CallbackToken, FeeToken, Refuser} from "./support/FundsDoubles.sol";
import {vm} from "./support/Vm.sol";

/// @dev What SETTLEMENT.md says that tests must try, about payments, vetoes and receivers.
contract AttacksOnFundsTest is ClaimsWorld {
    // Attack: a veto after the payment. Guard: only open claims are vetoed.
    function test_a_payment_is_not_vetoed() public {
        (, bytes32 claimId) = fileOn(coverLine(true));
        passWindows(claimId);
        claims.finalise(claimId);
        vm.prank(VETO);
        vm.expectRevert(wrongState(IFraudClaims.State.Finalised));
        claims.veto(claimId, "");
        vm.prank(operator);
        vm.assertEq(vault.collect(NATIVE, operator), COVERED);
    }

    // Attack: the slash is reversed after the payment. Guard: what flows back goes to the owner alone, and never beyond the payment.
    function test_a_reversed_slash_flows_back_to_the_owner_alone() public {
        (, bytes32 claimId) = fileOn(coverLine(true));
        passWindows(claimId);
        claims.finalise(claimId);
        uint256 free = vault.freeOf(owner, NATIVE);
        vm.deal(operator, COVERED + 1);
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(FraudClaims.ExceedsPayment.selector, COVERED));
        claims.restore{value: COVERED + 1}(claimId, COVERED + 1);
        claims.restore{value: COVERED}(claimId, COVERED);
        vm.stopPrank();
        vm.assertEq(vault.freeOf(owner, NATIVE), free + COVERED);
    }

    // Attack: VETO is captured, and the line is emptied by others meanwhile. Guard: the first veto leaves the amount held.
    function test_a_captured_veto_frees_no_collateral() public {
        Line memory line = coverLine(true);
        line.cap = 2 ether;
        (bytes32 lineId, bytes32 claimId) = fileOn(line);
        vetoes(claimId);
        slash("second", slashOf(STRANGER, "second"));
        attribute(TASK, STRANGER, attribution());
        IFraudClaims.Filing memory filing = filingFor(lineId, STRANGER, TASK);
        filing.slashEvidence = "second";
        vm.assertEq(claims.claimOf(file(filing)).amount, 2 ether - COVERED);
        vm.assertEq(file(filingOn(lineId)), claimId);
        vm.assertEq(claims.claimOf(claimId).amount, COVERED);
    }

    // Attack: VETO is captured. Guard: the claim may be filed again, though 14 days have passed since the slash.
    function test_a_captured_veto_is_overcome_by_filing_again() public {
        (bytes32 lineId, bytes32 claimId) = fileOn(coverLine(true));
        vm.warp(block.timestamp + 30 days);
        vetoes(claimId);
        IFraudClaims.Filing memory filing = filingOn(lineId);
        vm.assertEq(file(filing), claimId);
    }

    // Attack: VETO is captured, and its victims' bonds with it. Guard: a veto returns them.
    function test_a_captured_veto_takes_no_bond() public {
        (, bytes32 claimId) = fileOn(coverLine(true));
        vetoes(claimId);
        vm.assertEq(credit(KEEPER), BOND);
    }

    // Attack: who vetoes also resolves. Guard: the hub keeps the roles apart; each is asked for.
    function test_one_captured_role_is_not_the_other() public {
        bytes32 resolverRole = hub.RESOLVER_ROLE();
        vm.expectRevert(OdfHub.RolesOverlap.selector);
        hub.grantRole(resolverRole, VETO);
        oracle.setCommittee(true);
        (, bytes32 claimId) = fileOn(coverLine(true));
        vm.deal(STRANGER, BOND);
        vm.prank(STRANGER);
        claims.dispute{value: BOND}(claimId, "");
        vm.prank(VETO);
        vm.expectRevert(FraudClaims.Unauthorised.selector);
        claims.resolve(claimId, false);
        vm.prank(RESOLVER);
        vm.expectRevert(FraudClaims.Unauthorised.selector);
        claims.veto(claimId, "");
    }

    // Attack: receivers that revert. Guard: nothing is pushed; neither operator nor filer nor disputer can stop a claim's end.
    function test_receivers_that_revert_block_nobody() public {
        Refuser refuser = new Refuser();
        SlashFact memory fact = slashOf(address(refuser), "slash");
        slash("slash", fact);
        attribute(TASK, address(refuser), attribution());
        IFraudClaims.Filing memory filing = filingFor(open(coverLine(true)), address(refuser), TASK);
        vm.deal(address(refuser), BOND);
        vm.prank(address(refuser));
        bytes32 claimId = claims.file{value: BOND}(filing);
        passWindows(claimId);
        vm.assertEq(claims.finalise(claimId), COVERED);
        vm.assertFalse(refuser.run(address(claims), abi.encodeCall(claims.collect, (NATIVE, address(refuser)))));
        vm.assertTrue(refuser.run(address(claims), abi.encodeCall(claims.collect, (NATIVE, STRANGER))));
        vm.assertTrue(refuser.run(address(vault), abi.encodeCall(vault.collect, (NATIVE, STRANGER))));
        vm.assertEq(STRANGER.balance, BOND + COVERED);
    }

    // Attack: claims against dust. Guard: the bond has a floor, and grows with the amount.
    function test_dust_files_nothing() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        vm.deal(STRANGER, BOND);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(FraudClaims.WrongBond.selector, BOND));
        claims.file{value: BOND - 1}(filing);
        hub.setBonds(1 ether, 0);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(FraudClaims.WrongBond.selector, COVERED / 100));
        claims.file{value: COVERED / 100 - 1}(filing);
    }

    // Attack: a filer's bond so large that nobody can dispute. Guard: the bond is what is required; the surplus waits for its sender.
    function test_an_oversized_bond_does_not_price_disputes_out() public {
        oracle.setCommittee(true);
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        vm.deal(STRANGER, 1000 ether);
        vm.prank(STRANGER);
        bytes32 claimId = claims.file{value: 1000 ether}(filing);
        vm.deal(owner, BOND);
        vm.prank(owner);
        claims.dispute{value: BOND}(claimId, "");
        vm.assertEq(credit(STRANGER), 1000 ether - BOND);
    }

    // Attack: a stranger uses the claim up for a wei. Guard: only the operator asks for less than it is due.
    function test_a_stranger_does_not_sell_a_claim_short() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        filing.amount = 1;
        refusesAs(owner, filing, abi.encodeWithSelector(ClaimLedger.AsksTooLittle.selector, COVERED));
    }

    // Attack: a stranger files while the line is full, so that the claim gets little. Guard: the operator's own filing replaces it.
    function test_a_stranger_s_early_filing_does_not_bind_the_operator() public {
        Line memory line = coverLine(true);
        line.cap = 2 ether;
        bytes32 lineId = open(line);
        slash("second", slashOf(STRANGER, "second"));
        attribute(TASK, STRANGER, attribution());
        IFraudClaims.Filing memory filing = filingFor(lineId, STRANGER, TASK);
        filing.slashEvidence = "second";
        attributor.refute(AVS, TASK, STRANGER, "counter-proof");
        bytes32 fullLine = file(filing);
        bytes32 claimId = fileAs(owner, filingOn(lineId));
        vm.assertEq(claims.claimOf(claimId).amount, 2 ether - COVERED);
        claims.dispute(fullLine, "counter-proof");
        vm.assertEq(fileAs(operator, filingOn(lineId)), claimId);
        vm.assertEq(claims.claimOf(claimId).amount, COVERED);
    }

    // Attack: collateral in a token that keeps a part of every transfer. Guard: what arrives is what counts, in the vault and here.
    function test_a_token_that_takes_fees_credits_what_arrived() public {
        FeeToken taxed = new FeeToken();
        bytes32 claimId = paidInTokens(address(taxed));
        uint256 free = vault.freeOf(owner, address(taxed));
        taxed.mint(STRANGER, 1 ether);
        vm.startPrank(STRANGER);
        taxed.approve(address(claims), 1 ether);
        // A tenth on the way here, a tenth of the rest on the way to the vault.
        vm.assertEq(claims.restore(claimId, 1 ether), 0.81 ether);
        vm.stopPrank();
        vm.assertEq(vault.freeOf(owner, address(taxed)), free + 0.81 ether);
        vm.assertEq(claims.claimOf(claimId).restored, 0.81 ether);
    }

    // As above, where the vault no longer takes the token.
    function test_a_token_that_takes_fees_owes_the_owner_what_arrived() public {
        FeeToken taxed = new FeeToken();
        bytes32 claimId = paidInTokens(address(taxed));
        hub.allowAsset(address(taxed), false);
        taxed.mint(STRANGER, 1 ether);
        vm.startPrank(STRANGER);
        taxed.approve(address(claims), 1 ether);
        claims.restore(claimId, 1 ether);
        vm.stopPrank();
        vm.assertEq(claims.collectable(owner, address(taxed)), 0.9 ether);
        vm.prank(owner);
        claims.collect(address(taxed), owner);
    }

    // Attack: a bond collected from within its own payment. Guard: nonReentrant, and the credit goes first.
    function test_a_bond_is_not_collected_twice_from_within() public {
        Attacker attacker = new Attacker();
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        bytes32 claimId = fileAs(address(attacker), filing);
        passWindows(claimId);
        claims.finalise(claimId);
        vm.deal(address(claims), 10 ether);
        bytes memory collection = abi.encodeCall(claims.collect, (NATIVE, address(attacker)));
        attacker.arm(address(claims), collection);
        vm.assertTrue(attacker.run(address(claims), collection));
        isStruck(attacker);
        vm.assertEq(address(attacker).balance, BOND);
    }

    // Attack: a token that calls back during `restore`, so that one transfer counts twice. Guard: nonReentrant.
    function test_a_restoration_is_not_counted_twice_from_within() public {
        CallbackToken hooked = new CallbackToken();
        bytes32 claimId = paidInTokens(address(hooked));
        hub.allowAsset(address(hooked), false);
        Attacker attacker = new Attacker();
        hooked.mint(address(attacker), 200);
        attacker.run(address(hooked), abi.encodeCall(hooked.approve, (address(claims), 200)));
        hooked.hook(address(attacker));
        bytes memory restoration = abi.encodeCall(claims.restore, (claimId, 100));
        attacker.arm(address(claims), restoration);
        vm.assertTrue(attacker.run(address(claims), restoration));
        isStruck(attacker);
        vm.assertEq(claims.collectable(owner, address(hooked)), 100);
        vm.assertEq(hooked.balanceOf(address(claims)), 100);
    }

    // Attack: an oracle or attributor that moves something while it is asked. Guard: they are asked by static calls only.
    function test_what_an_oracle_tells_moves_nothing() public {
        Line memory line = coverLine(true);
        line.attributor = address(new Meddler());
        hub.allowOracle(line.attributor, true);
        IFraudClaims.Filing memory filing = filingOn(open(line));
        vm.deal(KEEPER, BOND);
        vm.prank(KEEPER);
        vm.expectRevert();
        claims.file{value: BOND}(filing);
    }

    function vetoes(bytes32 claimId) private {
        vm.prank(VETO);
        claims.veto(claimId, keccak256("captured"));
    }

    function isStruck(Attacker attacker) private view {
        vm.assertFalse(attacker.succeeded());
        vm.assertTrue(attacker.failure() == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
    }

    /// A claim that was paid from a line of this token.
    function paidInTokens(address token) private returns (bytes32 claimId) {
        hub.allowAsset(token, true);
        FeeToken(token).mint(address(this), 20 ether);
        FeeToken(token).approve(address(vault), 20 ether);
        vault.deposit(owner, token, 20 ether);
        SlashFact memory fact = slashOf(operator, "slash");
        fact.asset = token;
        slash("slash", fact);
        Line memory line = coverLine(true);
        line.asset = token;
        (, claimId) = fileOn(line);
        passWindows(claimId);
        claims.finalise(claimId);
    }
}

/// @dev An attributor that writes.
contract Meddler {
    uint256 private _calls;

    function responseOf(address, bytes32, address) external returns (Attribution memory) {
        ++_calls;
        return Attribution(keccak256("response"), 3, 900, 0);
    }
}
