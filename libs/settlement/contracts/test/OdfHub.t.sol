// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {OdfHub} from "../src/OdfHub.sol";
import {AvsTerms} from "../src/Types.sol";
import {HubFixture} from "./support/HubFixture.sol";
import {bound, vm} from "./support/Vm.sol";

contract OdfHubTest is HubFixture {
    uint64 private constant START = 1_767_225_600;
    address private constant STRANGER = address(0xdead);

    function setUp() public {
        deployHub();
        vm.warp(START);
    }

    function test_namesItsContractsAndRoles() public view {
        vm.assertEq(hub.registry(), contractAt(1));
        vm.assertEq(hub.vault(), contractAt(2));
        vm.assertEq(hub.lines(), contractAt(3));
        vm.assertEq(hub.claims(), contractAt(4));
        vm.assertEq(hub.escrow(), contractAt(5));
        vm.assertTrue(hub.hasRole(hub.DEFAULT_ADMIN_ROLE(), TIMELOCK));
        vm.assertTrue(hub.hasRole(hub.PARAM_ROLE(), TIMELOCK));
        vm.assertTrue(hub.hasRole(hub.GUARDIAN_ROLE(), GUARDIAN));
        vm.assertTrue(hub.hasRole(hub.RESOLVER_ROLE(), RESOLVER));
        vm.assertTrue(hub.hasRole(hub.VETO_ROLE(), VETO));
        vm.assertEq(hub.registrationBond(), REGISTRATION_BOND);
        vm.assertEq(hub.claimBond(), CLAIM_BOND);
    }

    function test_theDeployerKeepsNoRole() public view {
        vm.assertFalse(hub.hasRole(hub.DEFAULT_ADMIN_ROLE(), address(this)));
        vm.assertFalse(hub.hasRole(hub.PARAM_ROLE(), address(this)));
    }

    function test_nobodyBothResolvesAndVetoes() public {
        OdfHub.Roles memory overlapping = roles();
        overlapping.veto = RESOLVER;
        vm.expectRevert(OdfHub.RolesOverlap.selector);
        new OdfHub(contracts(), overlapping, REGISTRATION_BOND, CLAIM_BOND);
        bytes32 vetoRole = hub.VETO_ROLE();
        bytes32 resolverRole = hub.RESOLVER_ROLE();
        vm.startPrank(TIMELOCK);
        vm.expectRevert(OdfHub.RolesOverlap.selector);
        hub.grantRole(vetoRole, RESOLVER);
        vm.expectRevert(OdfHub.RolesOverlap.selector);
        hub.grantRole(resolverRole, VETO);
        hub.revokeRole(resolverRole, RESOLVER);
        hub.grantRole(vetoRole, RESOLVER);
        vm.assertTrue(hub.hasRole(vetoRole, RESOLVER));
    }

    function test_onlyTheTimelockSetsParameters() public {
        AvsTerms memory terms = _terms();
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, STRANGER, hub.PARAM_ROLE()
        );
        vm.startPrank(STRANGER);
        vm.expectRevert(refusal);
        hub.setAvsTerms(terms);
        vm.expectRevert(refusal);
        hub.allowAsset(address(1), true);
        vm.expectRevert(refusal);
        hub.allowOracle(address(1), true);
        vm.expectRevert(refusal);
        hub.setBonds(0, 0);
    }

    function test_onlyTheGuardianPausesAndResumes() public {
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, TIMELOCK, hub.GUARDIAN_ROLE()
        );
        vm.startPrank(TIMELOCK);
        vm.expectRevert(refusal);
        hub.pause();
        vm.expectRevert(refusal);
        hub.resume();
    }

    function testFuzz_bondsStayInBounds(uint256 registrationBond, uint256 claimBond) public {
        registrationBond = bound(registrationBond, 0, 200 ether);
        claimBond = bound(claimBond, 0, 20 ether);
        bool isAllowed = registrationBond <= 100 ether && claimBond <= 10 ether;
        if (!isAllowed) vm.expectRevert(OdfHub.OutOfBounds.selector);
        vm.prank(TIMELOCK);
        hub.setBonds(registrationBond, claimBond);
        vm.assertEq(hub.registrationBond(), isAllowed ? registrationBond : REGISTRATION_BOND);
        vm.assertEq(hub.claimBond(), isAllowed ? claimBond : CLAIM_BOND);
    }

    function test_listsAndUnlistsAnAvs() public {
        AvsTerms memory terms = _terms();
        bytes32 expected = keccak256(abi.encode(block.chainid, terms.avs, terms.operatorSetId));
        vm.startPrank(TIMELOCK);
        vm.expectEmit(address(hub));
        emit OdfHub.AvsTermsSet(expected, terms);
        bytes32 avsId = hub.setAvsTerms(terms);
        vm.assertEq(avsId, expected);
        vm.assertEq(abi.encode(hub.avsTerms(avsId)), abi.encode(terms));
        terms.listed = false;
        hub.setAvsTerms(terms);
        vm.assertFalse(hub.avsTerms(avsId).listed);
    }

    function test_refusesWindowsOfMoreThan90Days() public {
        AvsTerms memory terms = _terms();
        vm.startPrank(TIMELOCK);
        terms.vetoSeconds = 90 days + 1;
        vm.expectRevert(OdfHub.OutOfBounds.selector);
        hub.setAvsTerms(terms);
        terms.vetoSeconds = 90 days;
        terms.challengeSeconds = 90 days + 1;
        vm.expectRevert(OdfHub.OutOfBounds.selector);
        hub.setAvsTerms(terms);
        terms.challengeSeconds = 90 days;
        hub.setAvsTerms(terms);
    }

    function test_allowsAndForbidsAssetsAndOracles() public {
        vm.assertTrue(hub.isAssetAllowed(address(0)));
        vm.assertFalse(hub.isAssetAllowed(address(1)));
        vm.assertFalse(hub.isOracleAllowed(address(1)));
        vm.startPrank(TIMELOCK);
        hub.allowAsset(address(1), true);
        hub.allowOracle(address(1), true);
        vm.assertTrue(hub.isAssetAllowed(address(1)));
        vm.assertTrue(hub.isOracleAllowed(address(1)));
        hub.allowAsset(address(1), false);
        hub.allowOracle(address(1), false);
        vm.assertFalse(hub.isAssetAllowed(address(1)));
        vm.assertFalse(hub.isOracleAllowed(address(1)));
    }

    function test_aPauseEndsByItselfAfter14Days() public {
        vm.assertFalse(hub.paused());
        _pause();
        vm.assertTrue(hub.paused());
        vm.warp(START + 14 days - 1);
        vm.assertTrue(hub.paused());
        vm.warp(START + 14 days);
        vm.assertFalse(hub.paused());
        vm.prank(GUARDIAN);
        vm.expectRevert(OdfHub.NotPaused.selector);
        hub.resume();
    }

    function test_aPauseCannotBeProlonged() public {
        _pause();
        vm.startPrank(GUARDIAN);
        vm.expectRevert(OdfHub.PausedTooSoon.selector);
        hub.pause();
        vm.warp(START + 28 days - 1);
        vm.expectRevert(OdfHub.PausedTooSoon.selector);
        hub.pause();
        vm.warp(START + 28 days);
        hub.pause();
        vm.assertTrue(hub.paused());
    }

    function test_aBreakCountsFromTheResumption() public {
        _pause();
        vm.warp(START + 1 days);
        vm.startPrank(GUARDIAN);
        hub.resume();
        vm.assertFalse(hub.paused());
        vm.expectRevert(OdfHub.NotPaused.selector);
        hub.resume();
        vm.warp(START + 15 days - 1);
        vm.expectRevert(OdfHub.PausedTooSoon.selector);
        hub.pause();
        vm.warp(START + 15 days);
        hub.pause();
    }

    function test_pauseAndResumptionInOneBlockExtendNothing() public {
        _pause();
        vm.prank(GUARDIAN);
        hub.resume();
        vm.assertFalse(hub.paused());
        vm.warp(START + 5 days);
        vm.assertEq(hub.pausedSecondsSince(0), 0);
    }

    function test_countsPausedSecondsSinceAnyMoment() public {
        vm.assertEq(hub.pausedSecondsSince(0), 0);
        _pause();
        vm.assertEq(hub.pausedSecondsSince(START), 0);
        vm.warp(START + 3 days);
        vm.assertEq(hub.pausedSecondsSince(START - 1), 3 days, "running");
        vm.assertEq(hub.pausedSecondsSince(START + 1 days), 2 days, "since a moment in the running pause");
        vm.assertEq(hub.pausedSecondsSince(START + 4 days), 0, "since the future");
        vm.warp(START + 20 days);
        vm.assertEq(hub.pausedSecondsSince(0), 14 days, "expired, never resumed");
        vm.assertEq(hub.pausedSecondsSince(START + 1 days), 13 days, "since a moment in a past pause");
        vm.assertEq(hub.pausedSecondsSince(START + 14 days), 0, "since its end");
        vm.warp(START + 30 days);
        _pause();
        vm.warp(START + 31 days);
        vm.prank(GUARDIAN);
        hub.resume();
        vm.warp(START + 100 days);
        vm.assertEq(hub.pausedSecondsSince(0), 15 days, "two pauses");
        vm.assertEq(hub.pausedSecondsSince(START + 10 days), 5 days, "the rest of one and the other");
        vm.assertEq(hub.pausedSecondsSince(START + 20 days), 1 days, "the second only");
        vm.assertEq(hub.pausedSecondsSince(START + 31 days), 0, "after both");
        vm.assertEq(hub.pausedSecondsSince(type(uint64).max), 0);
    }

    /// Against a count of every hour.
    function testFuzz_countsLikeAClock(uint256 seed, uint256 sinceHour) public {
        uint256 hoursInAll = 24 * 120;
        sinceHour = bound(sinceHour, 0, hoursInAll);
        uint256 counted = 0;
        for (uint256 hour = 0; hour < hoursInAll; ++hour) {
            vm.warp(START + hour * 1 hours);
            if (uint256(keccak256(abi.encode(seed, hour))) % 100 == 0) _toggle();
            if (hour >= sinceHour && hub.paused()) counted += 1 hours;
        }
        vm.warp(START + hoursInAll * 1 hours);
        vm.assertEq(hub.pausedSecondsSince(uint64(START + sinceHour * 1 hours)), counted);
    }

    function test_refusesAChainWithoutPrecompiles() public {
        vm.mockCall(address(0x0f), "", "");
        vm.expectRevert(bytes4(keccak256("NoBlsPrecompiles()")));
        new OdfHub(contracts(), roles(), REGISTRATION_BOND, CLAIM_BOND);
    }

    function test_signsForItsOwnAddressAndChainOnly() public {
        bytes32 separator = hub.domainSeparator();
        bytes32 domain = hub.signingDomain(0x0df00006, 0);
        vm.assertEq(separator, 0xc0169b558c04acb539cb8e4d4654f8a5c34f3a38359f0f10aeb7c38d27c91f4a);
        vm.assertEq(domain, 0x0df00006e49e1473420bbcae236f898245e46688dcd4fbaec7e4129a32364dbc);
        OdfHub other = new OdfHub(contracts(), roles(), REGISTRATION_BOND, CLAIM_BOND);
        vm.assertNotEq(other.domainSeparator(), separator);
        vm.assertNotEq(other.signingDomain(0x0df00006, 0), domain);
        vm.chainId(1);
        vm.assertNotEq(hub.domainSeparator(), separator);
        vm.assertNotEq(hub.signingDomain(0x0df00006, 0), domain);
        vm.assertNotEq(hub.typedDigest(0), keccak256(abi.encodePacked(hex"1901", separator, bytes32(0))));
    }

    function _pause() private {
        vm.prank(GUARDIAN);
        hub.pause();
    }

    /// Pauses or resumes, whichever the hub allows now.
    function _toggle() private {
        vm.startPrank(GUARDIAN);
        if (hub.paused()) {
            hub.resume();
        } else {
            try hub.pause() {} catch {}
        }
        vm.stopPrank();
    }

    function _terms() private pure returns (AvsTerms memory) {
        return AvsTerms({
            listed: true,
            avs: address(0xa5),
            operatorSetId: 3,
            acceptance: address(0xacc),
            vetoSeconds: 2 days,
            challengeSeconds: 1 days
        });
    }
}
