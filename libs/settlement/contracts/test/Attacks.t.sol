// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimLedger} from "../src/ClaimLedger.sol";
import {CollateralVault} from "../src/CollateralVault.sol";
import {CoverLines} from "../src/CoverLines.sol";
import {IFraudClaims} from "../src/interfaces/IFraudClaims.sol";
import {ClaimProofs} from "../src/lib/ClaimProofs.sol";
import {Attribution, Line, SlashFact} from "../src/Types.sol";
import {OracleDouble} from "./support/ClaimsDoubles.sol";
import {ClaimsWorld} from "./support/ClaimsWorld.sol";
import {vm} from "./support/Vm.sol";

/// @dev What SETTLEMENT.md says that tests must try, about evidence and collateral; AttacksOnFunds.t.sol has the rest. Each fails when
/// its guard is removed: ATTACKS.md lists them.
contract AttacksTest is ClaimsWorld {
    // Attack: same collateral behind two lines. Guard: a line's cap is taken from the free funds when it opens.
    function test_the_same_collateral_stands_behind_one_line() public {
        Line memory line = coverLine(true);
        line.cap = 20 ether;
        open(line);
        line.salt = keccak256("another");
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.Insufficient.selector, 10 ether, 20 ether));
        lines.open(line, "", "");
    }

    // Attack: same collateral behind two awards. Guard: charges of overlapping terms share one liability.
    function test_two_awards_of_one_term_are_one_liability() public {
        bytes32 lineId = open(coverLine(true));
        loses(10 ether, "first");
        IFraudClaims.Filing memory filing = filingAfter(lineId, "first");
        vm.assertEq(claims.claimOf(file(filing)).amount, LIABILITY);
        loses(10 ether, "second");
        filing = filingAfter(lineId, "second");
        // The auction was opened again: another award of the same term.
        filing.award.auctionId = keccak256("round 1");
        filing.attestation.auctionId = filing.award.auctionId;
        sign(filing);
        refuses(filing, abi.encodeWithSelector(ClaimLedger.NothingDue.selector));
    }

    // Attack: same collateral behind two claims. Guard: what a claim holds is not there for others.
    function test_two_claims_share_what_is_left_of_a_line() public {
        Line memory line = coverLine(true);
        line.cap = 2 ether;
        bytes32 lineId = open(line);
        file(filingOn(lineId));
        slash("second", slashOf(STRANGER, "second"));
        attribute(TASK, STRANGER, attribution());
        IFraudClaims.Filing memory filing = filingFor(lineId, STRANGER, TASK);
        filing.slashEvidence = "second";
        vm.assertEq(claims.claimOf(file(filing)).amount, 2 ether - COVERED);
    }

    // Attack: the validator signs something else, then claims. Guard: the slashed response equals the attested digest.
    function test_a_validator_that_signed_something_else_gets_nothing() public {
        attribute(TASK, operator, Attribution(keccak256("of its own"), FAULT, 900, DESCRIPTION));
        refuses(filingOn(open(coverLine(true))), abi.encodeWithSelector(ClaimProofs.NotAttested.selector));
    }

    // Attack: the validator is slashed for another task's response, and claims with this one's attestation. Guard: the attributor is
    // asked about the attested task.
    function test_a_validator_slashed_for_another_task_gets_nothing() public {
        attribute(TASK, operator, Attribution(0, 0, 0, 0));
        attribute(keccak256("other task"), operator, attribution());
        refuses(filingOn(open(coverLine(true))), abi.encodeWithSelector(ClaimProofs.NotAttested.selector));
    }

    // Attack: the validator is late, or answers twice. Guard: only the faults of the mask are covered.
    function test_a_validator_that_is_late_or_equivocates_gets_nothing() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        for (uint8 fault = 1; fault < FAULT; ++fault) {
            attribute(TASK, operator, Attribution(DIGEST, fault, 900, DESCRIPTION));
            refuses(filing, abi.encodeWithSelector(ClaimProofs.FaultNotCovered.selector, fault));
        }
    }

    // Attack: a friend's AVS slashes. Guard: the slash is of the line's AVS and operator set.
    function test_a_sham_avs_s_slash_is_not_covered() public {
        bytes32 lineId = open(coverLine(true));
        SlashFact memory fact = slashOf(operator, "slash");
        fact.avs = STRANGER;
        slash("slash", fact);
        mismatches(filingOn(lineId), "slashing avs");
        fact = slashOf(operator, "slash");
        fact.operatorSetId += 1;
        slash("slash", fact);
        mismatches(filingOn(lineId), "operator set");
    }

    // Attack: a friend becomes slasher. Guard: the pinned slasher.
    function test_a_sham_slasher_s_slash_is_not_covered() public {
        Line memory line = coverLine(true);
        line.pinnedSlasher = address(0x51A5);
        SlashFact memory fact = slashOf(operator, "slash");
        fact.slasher = STRANGER;
        slash("slash", fact);
        mismatches(filingOn(open(line)), "slasher");
    }

    // Attack: the slashed stake is redistributed back. Guard: redistributing sets are covered only where the line says so.
    function test_a_slash_that_flows_back_is_not_covered() public {
        SlashFact memory fact = slashOf(operator, "slash");
        fact.redistributed = true;
        slash("slash", fact);
        refuses(filingOn(open(coverLine(true))), abi.encodeWithSelector(ClaimProofs.StakeRedistributed.selector));
    }

    // Attack: a slash that is arranged so that it pays. Guard: no line covers more than nine tenths.
    function test_no_line_makes_a_loss_worth_while() public {
        Line memory line = coverLine(true);
        line.coverageBips = 9001;
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(CoverLines.BadCoverage.selector, 9001));
        lines.open(line, "", "");
    }

    // Attack: a blanket slash. Guard: a line without an attributor pays nothing.
    function test_a_blanket_slash_that_nobody_attributes_is_not_covered() public {
        hub.allowOracle(address(0), true);
        Line memory line = coverLine(true);
        line.attributor = address(0);
        refuses(filingOn(open(line)), abi.encodeWithSelector(ClaimProofs.NoAttributor.selector));
    }

    // Attack: a blanket slash of an operator that also has a faulty response. Guard: block or description tie the two.
    function test_a_blanket_slash_without_a_link_to_the_task_is_not_covered() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        bytes memory refusal = abi.encodeWithSelector(ClaimProofs.NotForThisResponse.selector);
        attribute(TASK, operator, Attribution(DIGEST, FAULT, 0, 0));
        refuses(filing, refusal);
        attribute(TASK, operator, Attribution(DIGEST, FAULT, 899, 0));
        refuses(filing, refusal);
        attribute(TASK, operator, Attribution(DIGEST, FAULT, 0, keccak256("double signing")));
        refuses(filing, refusal);
    }

    // Attack: the coprocessor withdraws before the claim. Guard: only free funds unbond.
    function test_locked_collateral_does_not_run_away_from_a_slash() public {
        Line memory line = coverLine(true);
        line.cap = 30 ether;
        bytes32 lineId = open(line);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.Insufficient.selector, 0, 1));
        vault.requestUnbond(NATIVE, 1);
        bytes32 claimId = file(filingOn(lineId));
        passWindows(claimId);
        vm.assertEq(claims.finalise(claimId), COVERED);
    }

    // Attack: the coprocessor closes the line under a claim. Guard: a held line stays open.
    function test_a_line_does_not_close_under_a_claim() public {
        (bytes32 lineId, bytes32 claimId) = fileOn(coverLine(true));
        Line memory line = lines.lineOf(lineId);
        vm.warp(line.validUntil + line.slashTail + 30 days);
        vm.expectRevert(abi.encodeWithSelector(CoverLines.StillHeld.selector, COVERED));
        lines.close(lineId);
        vm.assertEq(claims.finalise(claimId), COVERED);
        lines.close(lineId);
    }

    // Attack: the key is revoked after a bad delivery. Guard: nobody asks for the key's standing.
    function test_a_revoked_key_stays_liable() public {
        bytes32 lineId = open(coverLine(true));
        registry.set(coprocessor, owner, false);
        bytes32 claimId = file(filingOn(lineId));
        passWindows(claimId);
        vm.assertEq(claims.finalise(claimId), COVERED);
    }

    // Attack: two lines reimburse one slash. Guard: what a loss has brought counts over all lines, so that a tenth stays lost.
    function test_two_lines_reimburse_one_slash_once() public {
        file(filingOn(open(coverLine(true))));
        Line memory line = coverLine(true);
        line.salt = keccak256("another");
        refuses(filingOn(open(line)), abi.encodeWithSelector(ClaimLedger.NothingDue.selector));
    }

    // As above, where the first line covers less than the second.
    function test_a_second_line_reimburses_what_the_first_left() public {
        Line memory line = coverLine(true);
        line.coverageBips = 4000;
        file(filingOn(open(line)));
        (, bytes32 claimId) = fileOn(coverLine(false));
        vm.assertEq(claims.claimOf(claimId).amount, LOSS * 5000 / 10_000);
        vm.assertEq(claims.claimedOf(keccak256("slash")), COVERED);
    }

    // Attack: the slash's block is never anchored, or a slash is made up. Guard: the line's own oracle proves it, or nothing is paid;
    // once it can, the claim is still in time.
    function test_a_slash_that_is_not_proved_pays_nothing() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        filing.slashEvidence = "not anchored";
        OracleDouble willing = new OracleDouble();
        hub.allowOracle(address(willing), true);
        willing.set("not anchored", slashOf(operator, "slash"));
        refuses(filing, abi.encodeWithSelector(OracleDouble.NotProved.selector));
        slash("not anchored", slashOf(operator, "slash"));
        file(filing);
    }

    function loses(uint256 loss, string memory name) private {
        SlashFact memory fact = slashOf(operator, name);
        fact.loss = loss;
        slash(name, fact);
    }

    function filingAfter(bytes32 lineId, string memory name) private view returns (IFraudClaims.Filing memory filing) {
        filing = filingOn(lineId);
        filing.slashEvidence = bytes(name);
    }
}
