// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OdfHub} from "../../src/OdfHub.sol";
import {BlsVectors} from "./BlsVectors.sol";
import {vm} from "./Vm.sol";

/// @title A hub at the address that the protocol's vectors are signed for.
abstract contract HubFixture {
    address internal constant TIMELOCK = address(0x71);
    address internal constant GUARDIAN = address(0x6a);
    address internal constant RESOLVER = address(0x4e);
    address internal constant VETO = address(0x7e);
    uint256 internal constant REGISTRATION_BOND = 1 ether;
    uint256 internal constant CLAIM_BOND = 0.1 ether;

    OdfHub internal hub;

    /// Deploys the hub as the vectors' deployer, whose next contracts have the addresses of `contractAt(1)`, ….
    function deployHub() internal {
        vm.prank(BlsVectors.DEPLOYER);
        hub = new OdfHub(contracts(), roles(), REGISTRATION_BOND, CLAIM_BOND);
        vm.assertEq(address(hub), BlsVectors.HUB);
    }

    function contracts() internal pure returns (OdfHub.Contracts memory) {
        return OdfHub.Contracts({
            registry: contractAt(1),
            vault: contractAt(2),
            lines: contractAt(3),
            claims: contractAt(4),
            escrow: contractAt(5)
        });
    }

    function roles() internal pure returns (OdfHub.Roles memory) {
        return OdfHub.Roles({timelock: TIMELOCK, guardian: GUARDIAN, resolver: RESOLVER, veto: VETO});
    }

    /// Where the vectors' deployer puts its contract with this nonce.
    function contractAt(uint256 nonce) internal pure returns (address) {
        return vm.computeCreateAddress(BlsVectors.DEPLOYER, nonce);
    }
}
