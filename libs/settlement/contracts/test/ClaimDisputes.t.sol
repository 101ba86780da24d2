// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FraudClaims} from "../src/FraudClaims.sol";
import {IFraudClaims} from "../src/interfaces/IFraudClaims.sol";
import {AvsTerms} from "../src/Types.sol";
import {ClaimsWorld} from "./support/ClaimsWorld.sol";
import {vm} from "./support/Vm.sol";

/// @dev How a claim ends without payment, and where the bonds go.
contract ClaimDisputesTest is ClaimsWorld {
    address private constant DISPUTER = address(0xD15);
    bytes private constant COUNTER_PROOF = "counter-proof";

    // A claim that the chain proved falls to a counter-proof at once; the filer's bond is the owner's.
    function test_a_counter_proof_beats_a_proved_claim_at_once() public {
        (bytes32 lineId, bytes32 claimId) = fileOn(coverLine(true));
        attributor.refute(AVS, TASK, operator, COUNTER_PROOF);
        vm.expectEmit(address(claims));
        emit IFraudClaims.ClaimRejected(claimId, "refuted");
        vm.prank(DISPUTER);
        claims.dispute(claimId, COUNTER_PROOF);
        endsUnpaid(lineId, claimId);
        expectCredits(0, 0, BOND, 0);
    }

    // Guard: NotRefuted. Silence pays, and so does noise.
    function test_nothing_but_a_counter_proof_beats_a_proved_claim() public {
        (, bytes32 claimId) = fileOn(coverLine(true));
        attributor.refute(AVS, TASK, operator, COUNTER_PROOF);
        vm.expectRevert(FraudClaims.NotRefuted.selector);
        claims.dispute(claimId, "noise");
        vm.deal(address(this), BOND);
        vm.expectRevert(abi.encodeWithSelector(FraudClaims.WrongBond.selector, 0));
        claims.dispute{value: BOND}(claimId, COUNTER_PROOF);
        passWindows(claimId);
        vm.assertEq(claims.finalise(claimId), COVERED);
    }

    // Guard: a dispute comes before the claim may be finalised, pauses included.
    function test_a_counter_proof_after_the_windows_is_too_late() public {
        (, bytes32 claimId) = fileOn(coverLine(true));
        attributor.refute(AVS, TASK, operator, COUNTER_PROOF);
        uint256 until = block.timestamp + 8 days;
        hub.pause();
        vm.warp(block.timestamp + 1 days);
        hub.resume();
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(FraudClaims.TooLate.selector, until));
        claims.dispute(claimId, COUNTER_PROOF);
        vm.warp(until - 1);
        claims.dispute(claimId, COUNTER_PROOF);
    }

    // While the AVS may still veto the slash, what it says of the fault still counts.
    function test_a_counter_proof_counts_as_long_as_the_avs_may_veto() public {
        hub.setAvsTerms(AvsTerms(true, AVS, OPERATOR_SET, address(acceptance), 30 days, 0));
        (bytes32 lineId, bytes32 claimId) = fileOn(coverLine(true));
        attributor.refute(AVS, TASK, operator, COUNTER_PROOF);
        vm.warp(SLASHED_AT + 30 days - 1);
        claims.dispute(claimId, COUNTER_PROOF);
        endsUnpaid(lineId, claimId);
    }

    // A committee's claim that nobody disputes is paid.
    function test_an_undisputed_committee_claim_is_paid() public {
        (, bytes32 claimId) = fileCommittee();
        vm.assertTrue(claims.claimOf(claimId).committee);
        passWindows(claimId);
        vm.assertEq(claims.finalise(claimId), COVERED);
    }

    // Guard: WrongBond of a dispute, which is the filer's.
    function test_a_dispute_takes_the_filer_s_bond() public {
        (, bytes32 claimId) = fileCommittee();
        vm.deal(DISPUTER, 2 * BOND);
        vm.startPrank(DISPUTER);
        vm.expectRevert(abi.encodeWithSelector(FraudClaims.WrongBond.selector, BOND));
        claims.dispute{value: BOND - 1}(claimId, "");
        vm.expectEmit(address(claims));
        emit IFraudClaims.ClaimDisputed(claimId, DISPUTER);
        claims.dispute{value: 2 * BOND}(claimId, "");
        vm.stopPrank();
        vm.assertEq(credit(DISPUTER), BOND, "surplus");
        expectState(claimId, IFraudClaims.State.Disputed);
        vm.assertEq(claims.claimOf(claimId).disputer, DISPUTER);
        vm.assertEq(claims.claimOf(claimId).disputedAt, block.timestamp);
    }

    // Guard: WrongState. No payment while the dispute is open.
    function test_a_disputed_claim_waits_for_the_resolver() public {
        (, bytes32 claimId) = disputed();
        vm.expectRevert(wrongState(IFraudClaims.State.Disputed));
        claims.dispute(claimId, "");
        passWindows(claimId);
        vm.expectRevert(wrongState(IFraudClaims.State.Disputed));
        claims.finalise(claimId);
    }

    function test_an_upheld_claim_is_paid_and_the_disputer_s_bond_is_the_operator_s() public {
        (, bytes32 claimId) = disputed();
        vm.expectEmit(address(claims));
        emit IFraudClaims.ClaimResolved(claimId);
        vm.prank(RESOLVER);
        claims.resolve(claimId, true);
        expectState(claimId, IFraudClaims.State.Resolved);
        expectCredits(0, 0, 0, BOND);
        vm.expectRevert(abi.encodeWithSelector(FraudClaims.TooSoon.selector, claims.claimOf(claimId).finalisableAt));
        claims.finalise(claimId);
        passWindows(claimId);
        vm.assertEq(claims.finalise(claimId), COVERED);
        expectCredits(BOND, 0, 0, BOND);
    }

    function test_a_claim_that_the_resolver_rejects_costs_its_filer_the_bond() public {
        (bytes32 lineId, bytes32 claimId) = disputed();
        vm.expectEmit(address(claims));
        emit IFraudClaims.ClaimRejected(claimId, "resolved");
        vm.prank(RESOLVER);
        claims.resolve(claimId, false);
        endsUnpaid(lineId, claimId);
        expectCredits(0, BOND, BOND, 0);
        refusesAs(operator, filingOn(lineId), wrongState(IFraudClaims.State.Rejected));
    }

    // Guard: Unauthorised; not the guardian and admin, and not VETO either.
    function test_only_the_resolver_resolves() public {
        (, bytes32 claimId) = disputed();
        vm.expectRevert(FraudClaims.Unauthorised.selector);
        claims.resolve(claimId, true);
        vm.prank(VETO);
        vm.expectRevert(FraudClaims.Unauthorised.selector);
        claims.resolve(claimId, true);
    }

    // Guard: WrongState. What nobody disputed is not the resolver's.
    function test_resolves_nothing_but_disputes() public {
        (, bytes32 claimId) = fileCommittee();
        vm.prank(RESOLVER);
        vm.expectRevert(wrongState(IFraudClaims.State.Filed));
        claims.resolve(claimId, false);
    }

    // Guards: RESOLVE_WINDOW on both sides; pauses extend it.
    function test_silence_rejects_a_disputed_claim_and_returns_the_bonds() public {
        (bytes32 lineId, bytes32 claimId) = disputed();
        uint256 until = block.timestamp + 8 days;
        hub.pause();
        vm.warp(block.timestamp + 1 days);
        hub.resume();
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(FraudClaims.TooSoon.selector, until));
        claims.expire(claimId);
        vm.warp(until);
        vm.prank(RESOLVER);
        vm.expectRevert(abi.encodeWithSelector(FraudClaims.TooLate.selector, until));
        claims.resolve(claimId, true);
        vm.expectEmit(address(claims));
        emit IFraudClaims.ClaimRejected(claimId, "unresolved");
        claims.expire(claimId);
        endsUnpaid(lineId, claimId);
        expectCredits(BOND, BOND, 0, 0);
    }

    // Guard: WrongState.
    function test_nothing_else_expires() public {
        vm.expectRevert(wrongState(IFraudClaims.State.None));
        claims.expire(keccak256("unknown"));
        (, bytes32 claimId) = fileCommittee();
        vm.warp(block.timestamp + 90 days);
        vm.expectRevert(wrongState(IFraudClaims.State.Filed));
        claims.expire(claimId);
    }

    // Guard: Unauthorised; not the resolver either.
    function test_only_veto_vetoes() public {
        (, bytes32 claimId) = fileOn(coverLine(true));
        vm.prank(RESOLVER);
        vm.expectRevert(FraudClaims.Unauthorised.selector);
        claims.veto(claimId, "");
    }

    // A veto takes nobody's bond and leaves the amount held until the claim is filed again, once.
    function test_a_vetoed_claim_is_filed_once_more() public {
        (bytes32 lineId, bytes32 claimId) = fileOn(coverLine(true));
        vetoed(claimId);
        expectCredits(BOND, 0, 0, 0);
        vm.assertEq(lines.remaining(lineId), 10 ether - COVERED, "still held");
        // Long after the slash: the veto opened a window of its own.
        vm.warp(block.timestamp + 14 days - 1);
        vm.assertEq(file(filingOn(lineId)), claimId);
        vm.assertEq(lines.remaining(lineId), 10 ether - COVERED, "held once");
        vm.assertEq(claims.claimedOf(keccak256("slash")), COVERED);
        passWindows(claimId);
        vm.assertEq(claims.finalise(claimId), COVERED);
    }

    // Guard: the second veto is the last.
    function test_the_second_veto_ends_a_claim() public {
        (bytes32 lineId, bytes32 claimId) = fileOn(coverLine(true));
        vetoed(claimId);
        file(filingOn(lineId));
        vetoed(claimId);
        vm.assertEq(lines.remaining(lineId), 10 ether);
        refusesAs(operator, filingOn(lineId), wrongState(IFraudClaims.State.Vetoed));
        vm.warp(block.timestamp + 14 days);
        vm.expectRevert(wrongState(IFraudClaims.State.Vetoed));
        claims.expire(claimId);
        vm.prank(VETO);
        vm.expectRevert(wrongState(IFraudClaims.State.Vetoed));
        claims.veto(claimId, "");
    }

    // Guards: REFILE_WINDOW on both sides; pauses extend it.
    function test_what_a_vetoed_claim_holds_is_freed_after_14_days() public {
        (bytes32 lineId, bytes32 claimId) = fileOn(coverLine(true));
        vetoed(claimId);
        uint256 until = block.timestamp + 15 days;
        hub.pause();
        vm.warp(block.timestamp + 1 days);
        hub.resume();
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(FraudClaims.TooSoon.selector, until));
        claims.expire(claimId);
        vm.warp(until);
        refuses(filingOn(lineId), abi.encodeWithSelector(FraudClaims.TooLate.selector, until));
        vm.expectEmit(address(claims));
        emit IFraudClaims.ClaimRejected(claimId, "not filed again");
        claims.expire(claimId);
        endsUnpaid(lineId, claimId);
    }

    // Also a dispute ends with a veto, and both bonds go back.
    function test_a_veto_ends_a_dispute() public {
        (, bytes32 claimId) = disputed();
        vetoed(claimId);
        expectCredits(BOND, BOND, 0, 0);
        vm.prank(RESOLVER);
        vm.expectRevert(wrongState(IFraudClaims.State.Vetoed));
        claims.resolve(claimId, false);
    }

    // The disputer's bond is the operator's by then.
    function test_a_veto_ends_what_the_resolver_upheld() public {
        (, bytes32 claimId) = disputed();
        vm.prank(RESOLVER);
        claims.resolve(claimId, true);
        vetoed(claimId);
        expectCredits(BOND, 0, 0, BOND);
    }

    // Guard: WrongState. Whom a stranger files for may file instead; not the other way round, and not twice.
    function test_the_operator_s_own_filing_replaces_a_stranger_s() public {
        (bytes32 lineId, bytes32 claimId) = disputed();
        refusesAs(STRANGER, filingOn(lineId), wrongState(IFraudClaims.State.Disputed));
        IFraudClaims.Filing memory filing = filingOn(lineId);
        filing.amount = 1 ether;
        vm.expectEmit(address(claims));
        emit IFraudClaims.ClaimRejected(claimId, "superseded");
        vm.assertEq(fileAs(operator, filing), claimId);
        expectState(claimId, IFraudClaims.State.Filed);
        vm.assertEq(claims.claimOf(claimId).filer, operator);
        vm.assertEq(lines.remaining(lineId), 9 ether, "the old hold is gone");
        vm.assertEq(claims.claimedOf(keccak256("slash")), 1 ether);
        expectCredits(BOND, BOND, 0, 0);
        refusesAs(operator, filing, wrongState(IFraudClaims.State.Filed));
        refuses(filingOn(lineId), wrongState(IFraudClaims.State.Filed));
    }

    function fileCommittee() private returns (bytes32, bytes32) {
        oracle.setCommittee(true);
        return fileOn(coverLine(true));
    }

    function disputed() private returns (bytes32 lineId, bytes32 claimId) {
        (lineId, claimId) = fileCommittee();
        vm.deal(DISPUTER, BOND);
        vm.prank(DISPUTER);
        claims.dispute{value: BOND}(claimId, "");
    }

    function vetoed(bytes32 claimId) private {
        vm.expectEmit(address(claims));
        emit IFraudClaims.ClaimVetoed(claimId, keccak256("reason"));
        vm.prank(VETO);
        claims.veto(claimId, keccak256("reason"));
        expectState(claimId, IFraudClaims.State.Vetoed);
        vm.assertEq(claims.claimOf(claimId).vetoedAt, block.timestamp);
    }

    /// The claim is dead, holds nothing, and the loss may be claimed elsewhere.
    function endsUnpaid(bytes32 lineId, bytes32 claimId) private {
        expectState(claimId, IFraudClaims.State.Rejected);
        vm.assertEq(lines.remaining(lineId), 10 ether, "nothing held");
        vm.assertEq(claims.claimedOf(keccak256("slash")), 0, "nothing claimed");
        passWindows(claimId);
        vm.expectRevert(wrongState(IFraudClaims.State.Rejected));
        claims.finalise(claimId);
        vm.prank(VETO);
        vm.expectRevert(wrongState(IFraudClaims.State.Rejected));
        claims.veto(claimId, "");
    }

    function expectCredits(uint256 filer, uint256 disputer, uint256 owner_, uint256 operator_) private view {
        vm.assertEq(credit(KEEPER), filer, "filer");
        vm.assertEq(credit(DISPUTER), disputer, "disputer");
        vm.assertEq(credit(owner), owner_, "owner");
        vm.assertEq(credit(operator), operator_, "operator");
    }
}
