// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFraudClaims} from "../src/interfaces/IFraudClaims.sol";
import {ClaimsWorld} from "./support/ClaimsWorld.sol";
import {vm} from "./support/Vm.sol";

/// @dev From filing to payment.
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
        bytes32 claimId = file(filing);
        vm.snapshotGasLastCall("FraudClaims", "file pooled");
        vm.assertEq(claimId, idOf(filing, keccak256("slash")));
        isPaid(claimId, lineId);
    }

    function isPaid(bytes32 claimId, bytes32 lineId) private {
        vm.assertEq(claims.claimOf(claimId).amount, COVERED);
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
}
