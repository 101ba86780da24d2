// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFraudClaims} from "../src/interfaces/IFraudClaims.sol";
import {ClaimProofs} from "../src/lib/ClaimProofs.sol";
import {Attribution, Line, SlashFact} from "../src/Types.sol";
import {OracleDouble} from "./support/ClaimsDoubles.sol";
import {ClaimsWorld} from "./support/ClaimsWorld.sol";
import {vm} from "./support/Vm.sol";

/// @dev Everything that keeps a filing from being a proof; the claims are of a pooled line unless said otherwise.
contract ClaimProofsTest is ClaimsWorld {
    bytes32 private lineId;

    function setUp() public override {
        super.setUp();
        lineId = open(coverLine(true));
    }

    // Guard: UnknownLine.
    function test_refuses_a_line_that_nobody_opened() public {
        bytes32 unknown = keccak256("unknown");
        refuses(filingOn(unknown), abi.encodeWithSelector(ClaimProofs.UnknownLine.selector, unknown));
    }

    // Guard: Mismatch "coprocessor key".
    function test_refuses_the_key_of_another_coprocessor() public {
        IFraudClaims.Filing memory filing = filingOn(lineId);
        filing.coprocessorKey = relayKey;
        mismatches(filing, "coprocessor key");
    }

    // Guard: Mismatch "operator".
    function test_a_dedicated_line_is_for_its_operator() public {
        bytes32 dedicated = open(coverLine(false));
        slash("slash", slashOf(STRANGER, "slash"));
        attribute(TASK, STRANGER, attribution());
        mismatches(filingFor(dedicated, STRANGER, TASK), "operator");
    }

    // Guard: Mismatch "relay key".
    function test_refuses_the_key_of_another_relay() public {
        IFraudClaims.Filing memory filing = filingOn(lineId);
        filing.relayKey = coprocessorKey;
        mismatches(filing, "relay key");
    }

    // Guards: Mismatch of each member that ties the award to the attestation and the line.
    function test_refuses_an_award_of_something_else() public {
        IFraudClaims.Filing memory filing = filingOn(lineId);
        filing.award.lineId = keccak256("other");
        mismatches(filing, "awarded line");
        filing = filingOn(lineId);
        filing.award.auctionId = keccak256("other");
        mismatches(filing, "auction");
        filing = filingOn(lineId);
        filing.award.awardRoot = keccak256("other");
        mismatches(filing, "award");
        filing = filingOn(lineId);
        filing.award.coprocessorRoot = keccak256("other");
        mismatches(filing, "awarded coprocessor");
        filing = filingOn(lineId);
        filing.award.avsId = keccak256("other");
        mismatches(filing, "awarded avs");
    }

    // Guard: Mismatch "term". An empty term would overlap none.
    function test_refuses_an_award_without_a_term() public {
        IFraudClaims.Filing memory filing = filingOn(lineId);
        filing.award.termEndMs = filing.award.termStartMs;
        sign(filing);
        mismatches(filing, "term");
    }

    // Guard: NotAwarded; other liability, index, length or sibling.
    function test_refuses_a_leaf_that_is_not_in_the_award() public {
        IFraudClaims.Filing memory filing = filingOn(lineId);
        filing.leaf.leaf.maxLiability += 1;
        notAwarded(filing);
        filing = filingOn(lineId);
        filing.leaf.index = 0;
        notAwarded(filing);
        filing = filingOn(lineId);
        filing.award.units = 3;
        notAwarded(filing);
        filing = filingOn(lineId);
        filing.leaf.branch[7] = keccak256("other");
        notAwarded(filing);
    }

    // Guards: Mismatch of each member that ties the slash to the line and the leaf.
    function test_refuses_a_slash_of_something_else() public {
        SlashFact memory fact = slashOf(STRANGER, "slash");
        mismatchesSlash(fact, "slashed operator");
        fact = slashOf(operator, "slash");
        fact.avs = STRANGER;
        mismatchesSlash(fact, "slashing avs");
        fact = slashOf(operator, "slash");
        fact.operatorSetId += 1;
        mismatchesSlash(fact, "operator set");
        fact = slashOf(operator, "slash");
        fact.asset = address(0x70);
        mismatchesSlash(fact, "asset");
    }

    // Guard: Mismatch "slasher"; also where the source does not say who slashed.
    function test_a_pinned_slasher_must_have_slashed() public {
        Line memory line = coverLine(true);
        line.pinnedSlasher = address(0x51A5);
        IFraudClaims.Filing memory filing = filingOn(open(line));
        mismatches(filing, "slasher");
        SlashFact memory fact = slashOf(operator, "slash");
        fact.slasher = line.pinnedSlasher;
        slash("slash", fact);
        file(filing);
    }

    // Guard: StakeRedistributed.
    function test_covers_redistributed_stake_only_where_the_line_says_so() public {
        Line memory line = coverLine(true);
        line.allowRedistribution = true;
        bytes32 generous = open(line);
        SlashFact memory fact = slashOf(operator, "slash");
        fact.redistributed = true;
        slash("slash", fact);
        refuses(filingOn(lineId), abi.encodeWithSelector(ClaimProofs.StakeRedistributed.selector));
        file(filingOn(generous));
    }

    // Guard: NotInForce "attestation", to the second.
    function test_the_attestation_is_issued_within_the_line_s_term() public {
        Line memory line = coverLine(true);
        line.validFrom = uint64(START + 1 hours);
        line.validUntil = uint64(START + 1 hours + 1);
        IFraudClaims.Filing memory filing = filingOn(open(line));
        filing.attestation.issuedAtMs = uint64(START + 1 hours) * 1000 - 1;
        notInForce(filing, "attestation");
        filing.attestation.issuedAtMs += 1001;
        notInForce(filing, "attestation");
        filing.attestation.issuedAtMs -= 1;
        sign(filing);
        file(filing);
    }

    // Guard: NotInForce "slash", to the second.
    function test_the_slash_lies_within_the_line_s_term_or_tail() public {
        Line memory line = coverLine(true);
        (line.validUntil, line.slashTail) = (uint64(START + 1 days), 1 days);
        IFraudClaims.Filing memory filing = filingOn(open(line));
        slashAt(line.validUntil + line.slashTail + 1);
        notInForce(filing, "slash");
        slashAt(line.validFrom - 1);
        notInForce(filing, "slash");
        slashAt(line.validUntil + line.slashTail);
        file(filing);
    }

    // Guard: NotInForce "attested response": not before it was attested, nor after the attestation's end.
    function test_the_slash_follows_the_attestation_before_it_expires() public {
        IFraudClaims.Filing memory filing = filingOn(lineId);
        filing.attestation.expiresAtMs = uint64(START + 1 days) * 1000;
        sign(filing);
        slashAt(uint64(START + 1 days) + 1);
        notInForce(filing, "attested response");
        slashAt(uint64(START + 1 hours) - 1);
        notInForce(filing, "attested response");
        slashAt(uint64(START + 1 days));
        file(filing);
    }

    // Guard: NoAttributor.
    function test_a_line_without_an_attributor_pays_nothing() public {
        hub.allowOracle(address(0), true);
        Line memory line = coverLine(true);
        line.attributor = address(0);
        refuses(filingOn(open(line)), abi.encodeWithSelector(ClaimProofs.NoAttributor.selector));
    }

    // Guard: NotAttested; another response, or none on both sides.
    function test_the_slashed_response_is_the_attested_one() public {
        IFraudClaims.Filing memory filing = filingOn(lineId);
        Attribution memory response = attribution();
        response.responseDigest = keccak256("other");
        attribute(TASK, operator, response);
        refuses(filing, abi.encodeWithSelector(ClaimProofs.NotAttested.selector));
        response.responseDigest = 0;
        attribute(TASK, operator, response);
        filing.attestation.responseDigest = 0;
        sign(filing);
        refuses(filing, abi.encodeWithSelector(ClaimProofs.NotAttested.selector));
    }

    // Guard: FaultNotCovered; no fault counts even where bit 0 is set.
    function test_covers_the_faults_of_its_mask() public {
        Line memory line = coverLine(true);
        line.faultMask = (1 << 3) | (1 << 255) | 1;
        IFraudClaims.Filing memory filing = filingOn(open(line));
        for (uint256 fault; fault < 256; ++fault) {
            if (fault == 3 || fault == 255) continue;
            attribute(TASK, operator, Attribution(DIGEST, uint8(fault), 900, DESCRIPTION));
            refuses(filing, abi.encodeWithSelector(ClaimProofs.FaultNotCovered.selector, fault));
        }
        attribute(TASK, operator, Attribution(DIGEST, 255, 900, DESCRIPTION));
        file(filing);
    }

    // Guard: NotForThisResponse, wherever block or description contradict or neither is known.
    function test_the_slash_is_for_the_attested_response() public {
        IFraudClaims.Filing memory filing = filingOn(lineId);
        isUnrelated(filing, Attribution(DIGEST, FAULT, 901, DESCRIPTION));
        isUnrelated(filing, Attribution(DIGEST, FAULT, 900, keccak256("other")));
        isUnrelated(filing, Attribution(DIGEST, FAULT, 0, keccak256("other")));
        isUnrelated(filing, Attribution(DIGEST, FAULT, 901, 0));
        isUnrelated(filing, Attribution(DIGEST, FAULT, 0, 0));
        attribute(TASK, operator, Attribution(DIGEST, FAULT, 900, 0));
        file(filing);
    }

    function test_a_description_alone_ties_the_slash_to_the_response() public {
        attribute(TASK, operator, Attribution(DIGEST, FAULT, 0, DESCRIPTION));
        file(filingOn(lineId));
    }

    // Guard: the oracle that the line names is the one that is asked, and its refusal stands.
    function test_refuses_a_slash_that_the_line_s_oracle_does_not_prove() public {
        IFraudClaims.Filing memory filing = filingOn(lineId);
        filing.slashEvidence = "unknown";
        refuses(filing, abi.encodeWithSelector(OracleDouble.NotProved.selector));
    }

    // Guard: BadSignature "attestation".
    function test_refuses_an_attestation_that_the_coprocessor_did_not_sign() public {
        IFraudClaims.Filing memory filing = filingOn(lineId);
        filing.attestation.salt = keccak256("other");
        unsigned(filing, "attestation");
        filing = filingOn(lineId);
        filing.attestationSignature = filing.awardSignature;
        unsigned(filing, "attestation");
    }

    // Guard: BadSignature "award".
    function test_refuses_an_award_that_the_relay_did_not_sign() public {
        IFraudClaims.Filing memory filing = filingOn(lineId);
        filing.award.termEndMs += 1;
        unsigned(filing, "award");
    }

    // Guard: signatures come last. A malformed point is not looked at while anything else is wrong.
    function test_a_malformed_point_is_looked_at_last() public {
        IFraudClaims.Filing memory filing = filingOn(lineId);
        filing.attestationSignature.x0l ^= 1;
        attribute(TASK, operator, Attribution(DIGEST, 0, 900, DESCRIPTION));
        uint256 before = gasleft();
        refuses(filing, abi.encodeWithSelector(ClaimProofs.FaultNotCovered.selector, 0));
        vm.assertLt(before - gasleft(), 250_000);
    }

    function notAwarded(IFraudClaims.Filing memory filing) private {
        refuses(filing, abi.encodeWithSelector(ClaimProofs.NotAwarded.selector));
    }

    function mismatchesSlash(SlashFact memory fact, bytes32 field) private {
        slash("slash", fact);
        mismatches(filingOn(lineId), field);
    }

    function slashAt(uint64 timestamp) private {
        SlashFact memory fact = slashOf(operator, "slash");
        fact.timestamp = timestamp;
        slash("slash", fact);
        if (block.timestamp < timestamp) vm.warp(timestamp);
    }

    function notInForce(IFraudClaims.Filing memory filing, bytes32 what) private {
        refuses(filing, abi.encodeWithSelector(ClaimProofs.NotInForce.selector, what));
    }

    function isUnrelated(IFraudClaims.Filing memory filing, Attribution memory response) private {
        attribute(TASK, operator, response);
        refuses(filing, abi.encodeWithSelector(ClaimProofs.NotForThisResponse.selector));
    }
}
