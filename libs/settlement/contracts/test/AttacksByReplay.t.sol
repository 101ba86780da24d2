// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimLedger} from "../src/ClaimLedger.sol";
import {IFraudClaims} from "../src/interfaces/IFraudClaims.sol";
import {EthBls, G2} from "../src/lib/EthBls.sol";
import {OdfMessages} from "../src/lib/OdfMessages.sol";
import {Line} from "../src/Types.sol";
import {BlsSigner} from "./support/BlsSigner.sol";
import {BlsVectors} from "./support/BlsVectors.sol";
import {ClaimsWorld} from "./support/ClaimsWorld.sol";
import {vm} from "./support/Vm.sol";

/// @dev Evidence that was good for something else, and points that are no signatures.
contract AttacksByReplayTest is ClaimsWorld {
    // Attack: replay over chains. Guard: the chain's id is in the signing domain.
    function test_an_attestation_of_another_chain_is_worth_nothing() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(false)));
        vm.chainId(1);
        unsigned(filing, "attestation");
        sign(filing);
        file(filing);
    }

    // Attack: an award replayed over chains. Guard: the chain's id is in its domain, and in its AVS's id.
    function test_an_award_of_another_chain_is_worth_nothing() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        filing.award.avsId = keccak256(abi.encode(uint256(1), AVS, OPERATOR_SET));
        mismatches(filing, "awarded avs");
        sign(filing);
        G2 memory here = filing.awardSignature;
        vm.chainId(1);
        sign(filing);
        filing.awardSignature = here;
        unsigned(filing, "award");
    }

    // Attack: replay over deployments. Guard: the hub is in each domain. Line ids differ there too, but here not even that is needed.
    function test_signatures_for_another_deployment_are_worth_nothing() public {
        Line memory line = coverLine(true);
        IFraudClaims.Filing memory filing = filingOn(open(line));
        migrate(address(0xDE9107E5));
        pretendOpen(filing.attestation.lineId, line);
        unsigned(filing, "attestation");
        G2 memory here = filing.awardSignature;
        sign(filing);
        G2 memory anew = filing.awardSignature;
        filing.awardSignature = here;
        unsigned(filing, "award");
        filing.awardSignature = anew;
        file(filing);
    }

    // Attack: replay over lines. Guard: the line is what the attestation names, and what the award names.
    function test_evidence_of_one_line_is_worth_nothing_on_another() public {
        Line memory line = coverLine(true);
        IFraudClaims.Filing memory filing = filingOn(open(line));
        line.salt = keccak256("another");
        filing.attestation.lineId = open(line);
        mismatches(filing, "awarded line");
        filing.award.lineId = filing.attestation.lineId;
        unsigned(filing, "attestation");
    }

    // Attack: replay over operators of a pooled line. Guard: the slash is the leaf's operator's.
    function test_another_operator_s_slash_is_worth_nothing() public {
        bytes32 lineId = open(coverLine(true));
        attribute(TASK, STRANGER, attribution());
        mismatches(filingFor(lineId, STRANGER, TASK), "slashed operator");
    }

    // Attack: permuted evidence, the same slash in other bytes. Guard: the id is of what is proved, not of what proves it.
    function test_permuted_evidence_makes_no_second_claim() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        bytes32 claimId = file(filing);
        slash("the same slash, encoded otherwise", slashOf(operator, "slash"));
        filing.slashEvidence = "the same slash, encoded otherwise";
        filing.award.termEndMs += 1;
        sign(filing);
        vm.assertEq(idOf(filing, keccak256("slash")), claimId);
        refuses(filing, wrongState(IFraudClaims.State.Filed));
    }

    // Attack: another attestation of the same response. Guard: it is another claim on the same loss.
    function test_a_second_attestation_brings_nothing_more() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        file(filing);
        filing.attestation.seq = 2;
        filing.attestation.salt = keccak256("other");
        sign(filing);
        refuses(filing, abi.encodeWithSelector(ClaimLedger.NothingDue.selector));
    }

    // Attack: what a key signed as one message is given for another. Guard: the message's type is in its domain.
    function test_a_signature_over_another_message_is_worth_nothing() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        filing.awardSignature = BlsSigner.sign(
            RELAY_SECRET, OdfMessages.root(filing.award), OdfMessages.ATTESTATION, address(hub), relayRoot
        );
        unsigned(filing, "award");
    }

    // Attack: key and signature at infinity, which satisfy the pairing. Guard: infinity is no key, so it has no root to open a line with.
    function test_infinity_signs_nothing() public {
        Line memory line = coverLine(false);
        IFraudClaims.Filing memory filing = filingOn(open(line));
        delete filing.attestationSignature;
        unsigned(filing, "attestation");
        delete filing.coprocessorKey;
        refuses(filing, abi.encodeWithSelector(EthBls.MalformedKey.selector));
    }

    // Attack: a signature outside the subgroup. Guard: the pairing's check, which EthBls takes for a no.
    function test_points_outside_the_subgroup_sign_nothing() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(true)));
        filing.awardSignature = BlsVectors.straySignature();
        unsigned(filing, "award");
        filing.attestationSignature = BlsVectors.straySignature();
        unsigned(filing, "attestation");
    }

    // Attack: a malformed point burns the filer's gas. Guard: the pairing gets no more than three times what it needs.
    function test_a_malformed_point_leaves_most_of_the_gas() public {
        IFraudClaims.Filing memory filing = filingOn(open(coverLine(false)));
        filing.attestationSignature.x0l ^= 1;
        uint256 before = gasleft();
        unsigned(filing, "attestation");
        vm.assertLt(before - gasleft(), 900_000);
    }

    /// Makes the lines answer as if this one were open.
    function pretendOpen(bytes32 lineId, Line memory line) private {
        vm.mockCall(address(lines), abi.encodeCall(lines.lineOf, (lineId)), abi.encode(line));
        vm.mockCall(address(lines), abi.encodeCall(lines.remaining, (lineId)), abi.encode(line.cap));
        vm.mockCall(address(lines), abi.encodeCall(lines.hold, (lineId, COVERED)), "");
    }

    /// Moves the world to another deployment of the same contracts.
    function migrate(address deployer) private {
        (hub, vault, lines,) = deploy(deployer);
        claims = deployClaims(deployer);
        list(hub, true);
        hub.allowOracle(address(oracle), true);
        hub.allowOracle(address(attributor), true);
        fund(owner, NATIVE, 30 ether);
    }
}
