// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimLedger} from "../src/ClaimLedger.sol";
import {FraudClaims} from "../src/FraudClaims.sol";
import {ICoverLines} from "../src/interfaces/ICoverLines.sol";
import {IFraudClaims} from "../src/interfaces/IFraudClaims.sol";
import {AvsTerms, Line, SlashFact} from "../src/Types.sol";
import {ClaimsWorld} from "./support/ClaimsWorld.sol";
import {bound, vm} from "./support/Vm.sol";

/// @dev From filing to payment: who may file when, for how much and against what bond.
contract FraudClaimsTest is ClaimsWorld {
    function test_a_claim_on_a_dedicated_line_is_filed_and_paid() public {
        bytes32 lineId = open(coverLine(false));
        IFraudClaims.Filing memory filing = filingOn(lineId);
        bytes32 claimId = file(filing);
        vm.snapshotGasLastCall("FraudClaims", "file dedicated");
        isPaid(claimId, lineId);
    }

    function test_a_claim_on_a_pooled_line_is_filed_and_paid() public {
        bytes32 lineId = open(coverLine(true));
        IFraudClaims.Filing memory filing = filingOn(lineId);
        bytes32 claimId = idOf(filing, keccak256("slash"));
        vm.expectEmit(address(claims));
        emit IFraudClaims.ClaimFiled(claimId, lineId, operator, TASK, COVERED, uint64(block.timestamp + 7 days));
        vm.assertEq(file(filing), claimId);
        vm.snapshotGasLastCall("FraudClaims", "file pooled");
        isPaid(claimId, lineId);
    }

    // A whole transaction with 2,300 bytes of evidence, all storage cold, leaves 200k of 900k gas for the oracle's proof (the double
    // takes 20k of what is measured).
    function test_a_filing_leaves_gas_for_its_oracle() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        filing.slashEvidence = new bytes(2300);
        for (uint256 i; i < 2300; ++i) {
            filing.slashEvidence[i] = 0xff;
        }
        slash(string(filing.slashEvidence), slashOf(operator, "slash"));
        address[5] memory cold = [address(claims), address(lines), address(hub), address(oracle), address(attributor)];
        for (uint256 i; i < 5; ++i) {
            vm.cool(cold[i]);
        }
        vm.deal(KEEPER, BOND);
        vm.prank(KEEPER);
        uint256 before = gasleft();
        claims.file{value: BOND}(filing);
        uint256 used = before - gasleft();
        vm.assertLt(used + intrinsicGas(abi.encodeCall(claims.file, (filing))), 720_000);
    }

    function test_a_claim_is_kept_as_it_was_filed() public {
        uint64 now_ = uint64(block.timestamp);
        (bytes32 lineId, bytes32 claimId) = fileOn(coverLine(true));
        IFraudClaims.Claim memory claim = claims.claimOf(claimId);
        expectState(claimId, IFraudClaims.State.Filed);
        vm.assertFalse(claim.committee);
        vm.assertEq(claim.operator, operator);
        vm.assertEq(claim.filer, KEEPER);
        vm.assertEq(claim.filedAt, now_);
        vm.assertEq(claim.finalisableAt, now_ + 7 days);
        vm.assertEq(claim.lineId, lineId);
        vm.assertEq(claim.slashKey, keccak256("slash"));
        vm.assertEq(claim.amount, COVERED);
        vm.assertEq(claim.bond, BOND);
        vm.assertEq(claim.taskId, TASK);
        vm.assertEq(claims.claimedOf(keccak256("slash")), COVERED);
    }

    // The attested award of a line that names no relay needs no signature of one.
    function test_a_dedicated_line_needs_no_relay() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(false)));
        uint32 units = filing.award.units;
        delete filing.award;
        delete filing.relayKey;
        delete filing.awardSignature;
        filing.award.units = units;
        file(filing);
    }

    // Guard: namesRelay. A dedicated line that names a relay counts for its awards only.
    function test_a_dedicated_line_that_names_a_relay_needs_its_award() public {
        Line memory line = coverLine(false);
        line.relayRoot = relayRoot;
        IFraudClaims.Filing memory filing = filingOn(open(line));
        delete filing.awardSignature;
        unsigned(filing, "award");
        sign(filing);
        file(filing);
    }

    // Guard: Paused.
    function test_refuses_filings_in_a_pause() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        hub.pause();
        refuses(filing, abi.encodeWithSelector(FraudClaims.Paused.selector));
        hub.resume();
        file(filing);
    }

    // Guard: FILE_WINDOW.
    function test_a_slash_counts_for_14_days() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        uint256 until = SLASHED_AT + 14 days;
        vm.warp(until);
        refuses(filing, abi.encodeWithSelector(FraudClaims.TooLate.selector, until));
        vm.warp(until - 1);
        file(filing);
    }

    // Guard: pauses extend the window.
    function test_a_pause_extends_the_time_to_file() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        hub.pause();
        vm.warp(block.timestamp + 2 days);
        hub.resume();
        uint256 until = SLASHED_AT + 16 days;
        vm.warp(until);
        refuses(filing, abi.encodeWithSelector(FraudClaims.TooLate.selector, until));
        vm.warp(until - 1);
        file(filing);
    }

    // Guard: WrongState of a claim that is known.
    function test_a_claim_is_filed_once() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        bytes32 claimId = file(filing);
        refuses(filing, wrongState(IFraudClaims.State.Filed));
        passWindows(claimId);
        claims.finalise(claimId);
        refusesAs(operator, filing, wrongState(IFraudClaims.State.Finalised));
    }

    // Guard: the leaf's liability.
    function test_pays_at_most_the_liability() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        SlashFact memory fact = slashOf(operator, "large");
        fact.loss = 20 ether;
        slash("slash", fact);
        vm.assertEq(claims.claimOf(file(filing)).amount, LIABILITY);
    }

    // Guard: what is left of the line.
    function test_pays_at_most_what_is_left_of_the_line() public {
        Line memory line = coverLine(true);
        line.cap = 1 ether;
        (, bytes32 claimId) = fileOn(line);
        vm.assertEq(claims.claimOf(claimId).amount, 1 ether);
    }

    // Guard: the covered part of the loss, rounded down.
    function testFuzz_pays_at_most_the_covered_part_of_the_loss(uint256 loss, uint16 bips) public {
        loss = bound(loss, 1e4, 4 ether);
        bips = uint16(bound(bips, 1, 9000));
        Line memory line = coverLine(false);
        line.coverageBips = bips;
        SlashFact memory fact = slashOf(operator, "slash");
        fact.loss = loss;
        slash("slash", fact);
        (, bytes32 claimId) = fileOn(line);
        vm.assertEq(claims.claimOf(claimId).amount, loss * bips / 10_000);
    }

    // Guard: AsksTooLittle, except for the operator.
    function test_only_the_operator_asks_for_less() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        filing.amount = COVERED - 1;
        refuses(filing, abi.encodeWithSelector(ClaimLedger.AsksTooLittle.selector, COVERED));
        vm.assertEq(claims.claimOf(fileAs(operator, filing)).amount, COVERED - 1);
    }

    // Guard: NothingDue.
    function test_refuses_a_claim_on_nothing() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        SlashFact memory fact = slashOf(operator, "slash");
        fact.loss = 1;
        slash("slash", fact);
        refuses(filing, abi.encodeWithSelector(ClaimLedger.NothingDue.selector));
        slash("slash", slashOf(operator, "slash"));
        filing.amount = 0;
        refusesAs(operator, filing, abi.encodeWithSelector(ClaimLedger.NothingDue.selector));
    }

    // Guard: the charge of overlapping terms. A later term has a liability of its own.
    function test_terms_that_do_not_overlap_have_a_liability_each() public {
        bytes32 lineId = open(coverLine(true));
        IFraudClaims.Filing memory filing = largeClaim(lineId, "first");
        vm.assertEq(claims.claimOf(file(filing)).amount, LIABILITY);
        filing = largeClaim(lineId, "second");
        filing.award.termStartMs = filing.award.termEndMs;
        filing.award.termEndMs += 1;
        sign(filing);
        vm.assertEq(claims.claimOf(file(filing)).amount, LIABILITY);
        filing = largeClaim(lineId, "third");
        filing.award.termStartMs = filing.award.termEndMs - 1;
        filing.award.termEndMs += 1;
        sign(filing);
        refuses(filing, abi.encodeWithSelector(ClaimLedger.NothingDue.selector));
    }

    // Guard: the charge of an auction where no relay dates it.
    function test_without_a_relay_each_auction_has_a_liability() public {
        bytes32 lineId = open(coverLine(false));
        IFraudClaims.Filing memory filing = largeClaim(lineId, "first");
        vm.assertEq(claims.claimOf(file(filing)).amount, LIABILITY);
        filing = largeClaim(lineId, "second");
        refuses(filing, abi.encodeWithSelector(ClaimLedger.NothingDue.selector));
        filing.attestation.auctionId = keccak256("next auction");
        sign(filing);
        vm.assertEq(claims.claimOf(file(filing)).amount, LIABILITY);
    }

    // Guard: WrongBond; 1 % of the amount, rounded up.
    function test_a_large_claim_takes_a_hundredth_as_its_bond() public {
        Line memory line = coverLine(true);
        line.cap = 20 ether + 1;
        IFraudClaims.Filing memory filing = filingOn(open(line));
        filing.leaf.leaf.maxLiability = 100 ether;
        useLeaf(filing);
        SlashFact memory fact = slashOf(operator, "slash");
        fact.loss = 100 ether;
        slash("slash", fact);
        refuses(filing, abi.encodeWithSelector(FraudClaims.WrongBond.selector, 0.2 ether + 1));
        vm.deal(KEEPER, 1 ether);
        vm.prank(KEEPER);
        bytes32 claimId = claims.file{value: 1 ether}(filing);
        vm.assertEq(claims.claimOf(claimId).bond, 0.2 ether + 1);
        vm.assertEq(credit(KEEPER), 0.8 ether - 1, "surplus");
    }

    // Guard: vetoSeconds of the AVS, counted from the slash.
    function test_is_not_final_before_the_avs_itself_may_veto() public {
        hub.setAvsTerms(AvsTerms(true, AVS, OPERATOR_SET, address(acceptance), 20 days, 0));
        (, bytes32 claimId) = fileOn(coverLine(true));
        vm.assertEq(claims.claimOf(claimId).finalisableAt, SLASHED_AT + 20 days);
        vm.warp(SLASHED_AT + 20 days - 1);
        tooSoon(claimId, SLASHED_AT + 20 days);
    }

    // Guard: DISPUTE_WINDOW.
    function test_is_not_final_before_it_could_be_disputed() public {
        (, bytes32 claimId) = fileOn(coverLine(true));
        uint256 from = block.timestamp + 7 days;
        vm.warp(from - 1);
        tooSoon(claimId, from);
        vm.warp(from);
        claims.finalise(claimId);
    }

    // Guard: pauses extend the window; once it is over they stop nothing.
    function test_a_pause_extends_the_windows_and_stops_no_payment() public {
        (, bytes32 claimId) = fileOn(coverLine(true));
        uint256 from = block.timestamp + 8 days;
        hub.pause();
        vm.warp(block.timestamp + 1 days);
        hub.resume();
        vm.warp(from - 1);
        tooSoon(claimId, from);
        vm.warp(from + 14 days);
        hub.pause();
        claims.finalise(claimId);
        vm.prank(KEEPER);
        claims.collect(NATIVE, KEEPER);
    }

    // Guard: WrongState.
    function test_pays_once_and_only_what_was_filed() public {
        vm.expectRevert(wrongState(IFraudClaims.State.None));
        claims.finalise(keccak256("unknown"));
        (, bytes32 claimId) = fileOn(coverLine(true));
        passWindows(claimId);
        vm.expectEmit(address(claims));
        emit IFraudClaims.ClaimFinalised(claimId, operator, COVERED);
        claims.finalise(claimId);
        vm.expectRevert(wrongState(IFraudClaims.State.Finalised));
        claims.finalise(claimId);
    }

    // A line is a promise: what the hub takes off its lists afterwards still counts for it.
    function test_lines_outlive_the_hub_s_lists() public {
        bytes32 lineId = open(coverLine(true));
        hub.allowOracle(address(oracle), false);
        hub.allowOracle(address(attributor), false);
        list(hub, false);
        bytes32 claimId = file(filingOn(lineId));
        passWindows(claimId);
        vm.assertEq(claims.finalise(claimId), COVERED);
    }

    // What the vault could not pay counts for nothing: the loss may be claimed elsewhere.
    function test_what_was_not_paid_is_not_counted() public {
        (bytes32 lineId, bytes32 claimId) = fileOn(coverLine(true));
        passWindows(claimId);
        bytes memory drawn = abi.encodeCall(ICoverLines.draw, (lineId, COVERED, operator));
        vm.mockCall(address(lines), drawn, abi.encode(1 ether));
        vm.assertEq(claims.finalise(claimId), 1 ether);
        vm.assertEq(claims.claimOf(claimId).amount, 1 ether);
        vm.assertEq(claims.claimedOf(keccak256("slash")), 1 ether);
    }

    function test_collects_what_there_is_to_somebody() public {
        vm.expectRevert(ClaimLedger.NothingToMove.selector);
        claims.collect(NATIVE, KEEPER);
        (, bytes32 claimId) = fileOn(coverLine(true));
        passWindows(claimId);
        claims.finalise(claimId);
        vm.startPrank(KEEPER);
        vm.expectRevert(ClaimLedger.ZeroAddress.selector);
        claims.collect(NATIVE, address(0));
        vm.expectEmit(address(claims));
        emit IFraudClaims.Collected(KEEPER, NATIVE, STRANGER, BOND);
        vm.assertEq(claims.collect(NATIVE, STRANGER), BOND);
        vm.stopPrank();
        vm.assertEq(STRANGER.balance, BOND);
        vm.assertEq(credit(KEEPER), 0);
    }

    /// A claim after a slash that takes more than the liability.
    function largeClaim(bytes32 lineId, string memory name) private returns (IFraudClaims.Filing memory filing) {
        SlashFact memory fact = slashOf(operator, name);
        fact.loss = 20 ether;
        slash(name, fact);
        filing = filingOn(lineId);
        filing.slashEvidence = bytes(name);
    }

    function intrinsicGas(bytes memory data) private pure returns (uint256 gas) {
        gas = 21_000;
        for (uint256 i; i < data.length; ++i) {
            gas += data[i] == 0 ? 4 : 16;
        }
    }

    function isPaid(bytes32 claimId, bytes32 lineId) private {
        vm.assertEq(lines.remaining(lineId), 10 ether - COVERED);
        vm.warp(block.timestamp + 7 days);
        vm.prank(STRANGER);
        vm.assertEq(claims.finalise(claimId), COVERED);
        expectState(claimId, IFraudClaims.State.Finalised);
        vm.prank(operator);
        vm.assertEq(vault.collect(NATIVE, operator), COVERED);
        vm.prank(KEEPER);
        vm.assertEq(claims.collect(NATIVE, KEEPER), BOND);
    }

    function tooSoon(bytes32 claimId, uint256 from) private {
        vm.expectRevert(abi.encodeWithSelector(FraudClaims.TooSoon.selector, from));
        claims.finalise(claimId);
    }
}
