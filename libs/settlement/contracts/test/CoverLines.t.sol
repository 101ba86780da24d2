// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../src/CollateralVault.sol";
import {CoverLines} from "../src/CoverLines.sol";
import {ICoverLines} from "../src/interfaces/ICoverLines.sol";
import {OdfHub} from "../src/OdfHub.sol";
import {OdfMessages} from "../src/lib/OdfMessages.sol";
import {Line} from "../src/Types.sol";
import {PlainToken, Wallet} from "./support/FundsDoubles.sol";
import {FundsWorld} from "./support/FundsWorld.sol";
import {vm} from "./support/Vm.sol";

contract CoverLinesTest is FundsWorld {
    address private constant BENEFICIARY = address(0xBEEF);

    function setUp() public override {
        super.setUp();
        fund(owner, NATIVE, 15 ether);
    }

    function test_an_owner_opens_a_pooled_line() public {
        Line memory line = pooledLine();
        vm.expectEmit(address(lines));
        emit ICoverLines.LineOpened(lines.idOf(line), COPROCESSOR, owner, line);
        bytes32 lineId = openPooled(line);
        vm.snapshotGasLastCall("CoverLines", "open pooled");
        vm.assertEq(lineId, hub.typedDigest(OdfMessages.structHash(line)));
        vm.assertTrue(lines.exists(lineId));
        vm.assertEq(lines.remaining(lineId), 10 ether);
        vm.assertEq(keccak256(abi.encode(lines.lineOf(lineId))), keccak256(abi.encode(line)));
        (, uint256 locked,,) = vault.balanceOf(owner, NATIVE);
        vm.assertEq(locked, 10 ether);
    }

    function test_anybody_brings_an_owner_s_signature() public {
        Line memory line = pooledLine();
        vm.prank(STRANGER);
        bytes32 lineId = lines.open(line, lineSignature(OWNER_SECRET, line), "");
        vm.assertTrue(lines.exists(lineId));
    }

    function test_a_wallet_owns_a_line_by_erc_1271() public {
        Wallet wallet = new Wallet();
        registry.set(COPROCESSOR, address(wallet), true);
        fund(address(wallet), NATIVE, 10 ether);
        Line memory line = pooledLine();
        line.owner = address(wallet);
        wallet.approve(lines.idOf(line), "wallet");
        vm.expectRevert(CoverLines.NoOwnerConsent.selector);
        lines.open(line, "forged", "");
        vm.assertTrue(lines.exists(lines.open(line, "wallet", "")));
    }

    function test_a_dedicated_line_bears_both_signatures() public {
        Line memory line = dedicatedLine();
        lines.open(line, lineSignature(OWNER_SECRET, line), lineSignature(OPERATOR_SECRET, line));
        vm.snapshotGasLastCall("CoverLines", "open dedicated");
    }

    function test_an_operator_opens_its_line_with_the_owner_s_signature() public {
        Line memory line = dedicatedLine();
        bytes memory signature = lineSignature(OWNER_SECRET, line);
        vm.prank(operator);
        lines.open(line, signature, "");
    }

    // Guard: NoOperatorConsent.
    function test_refuses_a_dedicated_line_without_its_operator() public {
        Line memory line = dedicatedLine();
        bytes memory signature = lineSignature(OWNER_SECRET, line);
        vm.expectRevert(CoverLines.NoOperatorConsent.selector);
        lines.open(line, signature, signature);
        vm.expectRevert(CoverLines.NoOperatorConsent.selector);
        vm.prank(owner);
        lines.open(line, "", "");
    }

    // Guard: NoOwnerConsent.
    function test_refuses_a_line_that_its_owner_did_not_sign() public {
        Line memory line = pooledLine();
        bytes memory signature = lineSignature(OPERATOR_SECRET, line);
        vm.expectRevert(CoverLines.NoOwnerConsent.selector);
        lines.open(line, signature, "");
    }

    // Guard: NoOwnerConsent; the signature covers every term.
    function test_refuses_a_signature_over_other_terms() public {
        Line memory line = pooledLine();
        bytes memory signature = lineSignature(OWNER_SECRET, line);
        line.cap = 11 ether;
        vm.expectRevert(CoverLines.NoOwnerConsent.selector);
        lines.open(line, signature, "");
    }

    // Guard: the hub's address is in the digest.
    function test_refuses_a_signature_for_another_deployment() public {
        (OdfHub other,, CoverLines elsewhere,) = deploy(address(0xDE9107E5));
        list(other, true);
        other.allowOracle(ORACLE, true);
        other.allowOracle(ATTRIBUTOR, true);
        Line memory line = pooledLine();
        bytes memory signature = lineSignature(OWNER_SECRET, line);
        vm.expectRevert(CoverLines.NoOwnerConsent.selector);
        elsewhere.open(line, signature, "");
    }

    // Guard: the chain's id is in the digest.
    function test_refuses_a_signature_for_another_chain() public {
        Line memory line = pooledLine();
        bytes memory signature = lineSignature(OWNER_SECRET, line);
        vm.chainId(1);
        list(hub, true);
        vm.expectRevert(CoverLines.NoOwnerConsent.selector);
        lines.open(line, signature, "");
    }

    // Guard: LineExists.
    function test_refuses_the_same_terms_twice() public {
        Line memory line = pooledLine();
        line.cap = 1 ether;
        bytes32 lineId = openPooled(line);
        refuses(line, abi.encodeWithSelector(CoverLines.LineExists.selector, lineId));
        vm.warp(line.validUntil + line.slashTail + 30 days);
        lines.close(lineId);
        vm.warp(START);
        refuses(line, abi.encodeWithSelector(CoverLines.LineExists.selector, lineId));
    }

    // Guard: the cap is locked, so that the same collateral does not stand behind two lines.
    function test_the_same_collateral_does_not_stand_behind_two_lines() public {
        Line memory line = pooledLine();
        openPooled(line);
        line.salt = keccak256("another");
        refuses(line, abi.encodeWithSelector(CollateralVault.Insufficient.selector, 5 ether, 10 ether));
    }

    // Guard: Paused.
    function test_refuses_new_lines_in_a_pause() public {
        hub.pause();
        refuses(pooledLine(), abi.encodeWithSelector(CoverLines.Paused.selector));
        hub.resume();
        openPooled(pooledLine());
    }

    // Guard: ZeroCap.
    function test_refuses_a_cap_of_zero() public {
        Line memory line = pooledLine();
        line.cap = 0;
        refuses(line, abi.encodeWithSelector(CoverLines.ZeroCap.selector));
    }

    // Guard: BadTerm of an empty term.
    function test_refuses_a_term_that_ends_as_it_starts() public {
        Line memory line = pooledLine();
        line.validFrom = line.validUntil;
        refuses(line, abi.encodeWithSelector(CoverLines.BadTerm.selector));
    }

    // Guard: BadTerm of a term that is over.
    function test_refuses_a_term_that_is_over() public {
        Line memory line = pooledLine();
        line.validFrom = uint64(START - 1 days);
        line.validUntil = uint64(START);
        refuses(line, abi.encodeWithSelector(CoverLines.BadTerm.selector));
    }

    // Guard: BadTerm of the tail.
    function test_refuses_a_tail_of_more_than_180_days() public {
        Line memory line = pooledLine();
        line.slashTail = 180 days + 1;
        refuses(line, abi.encodeWithSelector(CoverLines.BadTerm.selector));
        line.slashTail = 180 days;
        openPooled(line);
    }

    // Guard: BadCoverage.
    function test_covers_from_1_to_9000_basis_points() public {
        Line memory line = pooledLine();
        line.coverageBips = 0;
        refuses(line, abi.encodeWithSelector(CoverLines.BadCoverage.selector, uint16(0)));
        line.coverageBips = 9001;
        refuses(line, abi.encodeWithSelector(CoverLines.BadCoverage.selector, uint16(9001)));
        line.coverageBips = 1;
        openPooled(line);
    }

    // Guard: CoversNoFault.
    function test_refuses_a_line_that_covers_no_fault() public {
        Line memory line = pooledLine();
        line.faultMask = 0;
        refuses(line, abi.encodeWithSelector(CoverLines.CoversNoFault.selector));
        line.faultMask = 1;
        refuses(line, abi.encodeWithSelector(CoverLines.CoversNoFault.selector));
        line.faultMask = 2;
        openPooled(line);
    }

    // Guard: OracleNotAllowed.
    function test_refuses_an_oracle_that_the_hub_does_not_allow() public {
        hub.allowOracle(ORACLE, false);
        refuses(pooledLine(), abi.encodeWithSelector(CoverLines.OracleNotAllowed.selector, ORACLE));
    }

    // Guard: AttributorNotAllowed.
    function test_refuses_an_attributor_that_the_hub_does_not_allow() public {
        hub.allowOracle(ATTRIBUTOR, false);
        refuses(pooledLine(), abi.encodeWithSelector(CoverLines.AttributorNotAllowed.selector, ATTRIBUTOR));
    }

    // Guard: AssetNotAllowed.
    function test_refuses_an_asset_that_the_hub_does_not_allow() public {
        Line memory line = pooledLine();
        line.asset = address(new PlainToken());
        refuses(line, abi.encodeWithSelector(CoverLines.AssetNotAllowed.selector, line.asset));
    }

    // Guard: AvsNotListed.
    function test_refuses_an_avs_that_is_not_listed() public {
        list(hub, false);
        refuses(pooledLine(), abi.encodeWithSelector(CoverLines.AvsNotListed.selector, avsId));
        list(hub, true);
        Line memory line = pooledLine();
        line.operatorSetId = 8;
        bytes32 other = keccak256(abi.encode(block.chainid, AVS, uint32(8)));
        refuses(line, abi.encodeWithSelector(CoverLines.AvsNotListed.selector, other));
    }

    // Guard: PooledWithoutRelay.
    function test_refuses_a_pooled_line_without_a_relay() public {
        Line memory line = pooledLine();
        line.relayRoot = 0;
        refuses(line, abi.encodeWithSelector(CoverLines.PooledWithoutRelay.selector));
    }

    // Guard: CoprocessorInactive.
    function test_refuses_a_revoked_or_unknown_coprocessor() public {
        registry.set(COPROCESSOR, owner, false);
        refuses(pooledLine(), abi.encodeWithSelector(CoverLines.CoprocessorInactive.selector, COPROCESSOR));
    }

    // Guard: NotCoprocessorOwner.
    function test_refuses_a_coprocessor_of_somebody_else() public {
        registry.set(COPROCESSOR, STRANGER, true);
        refuses(pooledLine(), abi.encodeWithSelector(CoverLines.NotCoprocessorOwner.selector, owner));
    }

    function test_claims_hold_and_draw_what_the_line_has() public {
        bytes32 lineId = openPooled(pooledLine());
        vm.startPrank(CLAIMS);
        lines.hold(lineId, 6 ether);
        vm.assertEq(lines.remaining(lineId), 4 ether);
        lines.unhold(lineId, 1 ether);
        vm.assertEq(lines.remaining(lineId), 5 ether);
        vm.expectEmit(address(lines));
        emit ICoverLines.LineDrawn(lineId, 3 ether, 3 ether);
        vm.assertEq(lines.draw(lineId, 3 ether, BENEFICIARY), 3 ether);
        vm.stopPrank();
        CoverLines.Position memory position = lines.positionOf(lineId);
        vm.assertEq(position.spent, 3 ether);
        vm.assertEq(position.held, 2 ether);
        vm.assertEq(lines.remaining(lineId), 5 ether);
        vm.assertEq(vault.entitlementOf(BENEFICIARY, NATIVE), 3 ether);
        (uint256 total, uint256 locked,,) = vault.balanceOf(owner, NATIVE);
        vm.assertEq(total, 12 ether);
        vm.assertEq(locked, 7 ether);
    }

    // Guard: a hold stays within what is left.
    function test_claims_hold_no_more_than_the_cap() public {
        bytes32 lineId = openPooled(pooledLine());
        vm.startPrank(CLAIMS);
        lines.hold(lineId, 7 ether);
        lines.draw(lineId, 3 ether, BENEFICIARY);
        vm.expectRevert(abi.encodeWithSelector(CoverLines.Insufficient.selector, 3 ether, 3 ether + 1));
        lines.hold(lineId, 3 ether + 1);
        vm.stopPrank();
    }

    // Guard: only what is held is drawn, so that one line does not eat what is locked for another.
    function test_claims_draw_and_give_back_no_more_than_they_hold() public {
        bytes32 lineId = openPooled(pooledLine());
        vm.startPrank(CLAIMS);
        lines.hold(lineId, 2 ether);
        vm.expectRevert(abi.encodeWithSelector(CoverLines.Insufficient.selector, 2 ether, 3 ether));
        lines.draw(lineId, 3 ether, BENEFICIARY);
        vm.expectRevert(abi.encodeWithSelector(CoverLines.Insufficient.selector, 2 ether, 3 ether));
        lines.unhold(lineId, 3 ether);
        vm.stopPrank();
    }

    // Guard: NoOpenLine of a hold.
    function test_claims_hold_nothing_of_an_unknown_or_closed_line() public {
        vm.expectRevert(abi.encodeWithSelector(CoverLines.NoOpenLine.selector, bytes32("unknown")));
        vm.prank(CLAIMS);
        lines.hold("unknown", 0);
        bytes32 lineId = closed(pooledLine());
        vm.assertEq(lines.remaining(lineId), 0);
        vm.expectRevert(abi.encodeWithSelector(CoverLines.NoOpenLine.selector, lineId));
        vm.prank(CLAIMS);
        lines.hold(lineId, 0);
    }

    // Guard: onlyClaims of hold, unhold and draw.
    function test_nobody_but_claims_holds_or_draws() public {
        bytes32 lineId = openPooled(pooledLine());
        vm.prank(CLAIMS);
        lines.hold(lineId, 1 ether);
        address[3] memory others = [owner, operator, address(this)];
        for (uint256 i; i < others.length; ++i) {
            vm.startPrank(others[i]);
            vm.expectRevert(CoverLines.OnlyClaims.selector);
            lines.hold(lineId, 1);
            vm.expectRevert(CoverLines.OnlyClaims.selector);
            lines.unhold(lineId, 1);
            vm.expectRevert(CoverLines.OnlyClaims.selector);
            lines.draw(lineId, 1, others[i]);
            vm.stopPrank();
        }
    }

    function test_anybody_closes_a_line_whose_windows_have_passed() public {
        Line memory line = pooledLine();
        bytes32 lineId = openPooled(line);
        vm.startPrank(CLAIMS);
        lines.hold(lineId, 4 ether);
        lines.draw(lineId, 4 ether, BENEFICIARY);
        vm.stopPrank();
        vm.warp(line.validUntil + line.slashTail + 30 days);
        vm.expectEmit(address(lines));
        emit ICoverLines.LineClosed(lineId, 6 ether);
        vm.prank(STRANGER);
        lines.close(lineId);
        vm.assertEq(vault.freeOf(owner, NATIVE), 11 ether);
        vm.assertTrue(lines.exists(lineId));
    }

    // Guard: TooSoon. Until the last window has passed the owner cannot take the collateral away.
    function test_a_line_stays_locked_through_its_tail() public {
        Line memory line = pooledLine();
        bytes32 lineId = openPooled(line);
        uint256 end = uint256(line.validUntil) + line.slashTail + 30 days;
        vm.warp(end - 1);
        vm.expectRevert(abi.encodeWithSelector(CoverLines.TooSoon.selector, end));
        lines.close(lineId);
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.Insufficient.selector, 5 ether, 6 ether));
        vm.prank(owner);
        vault.requestUnbond(NATIVE, 6 ether);
    }

    // Guard: pauses since the end of the term extend the lock.
    function test_a_pause_extends_the_lock() public {
        Line memory line = pooledLine();
        bytes32 lineId = openPooled(line);
        vm.warp(line.validUntil + 1);
        hub.pause();
        vm.warp(block.timestamp + 5 days);
        hub.resume();
        uint256 end = uint256(line.validUntil) + line.slashTail + 30 days;
        vm.warp(end + 5 days - 1);
        vm.expectRevert(abi.encodeWithSelector(CoverLines.TooSoon.selector, end + 5 days));
        lines.close(lineId);
        vm.warp(end + 5 days);
        lines.close(lineId);
    }

    // Guard: TooSoon is taken in 256 bits.
    function test_a_term_without_an_end_is_never_over() public {
        Line memory line = pooledLine();
        line.validUntil = type(uint64).max;
        bytes32 lineId = openPooled(line);
        uint256 end = uint256(type(uint64).max) + line.slashTail + 30 days;
        vm.expectRevert(abi.encodeWithSelector(CoverLines.TooSoon.selector, end));
        lines.close(lineId);
    }

    // Guard: StillHeld.
    function test_a_line_that_a_claim_holds_does_not_close() public {
        Line memory line = pooledLine();
        bytes32 lineId = openPooled(line);
        vm.prank(CLAIMS);
        lines.hold(lineId, 1);
        vm.warp(line.validUntil + line.slashTail + 400 days);
        vm.expectRevert(abi.encodeWithSelector(CoverLines.StillHeld.selector, 1));
        lines.close(lineId);
    }

    // Guard: NoOpenLine of a close.
    function test_a_line_closes_once() public {
        Line memory line = pooledLine();
        bytes32 lineId = closed(line);
        line.salt = keccak256("another");
        vm.warp(START);
        openPooled(line);
        vm.warp(line.validUntil + line.slashTail + 30 days);
        vm.expectRevert(abi.encodeWithSelector(CoverLines.NoOpenLine.selector, lineId));
        lines.close(lineId);
        vm.expectRevert(abi.encodeWithSelector(CoverLines.NoOpenLine.selector, bytes32("unknown")));
        lines.close("unknown");
    }

    function closed(Line memory line) private returns (bytes32 lineId) {
        lineId = openPooled(line);
        vm.warp(line.validUntil + line.slashTail + 30 days);
        lines.close(lineId);
    }

    function refuses(Line memory line, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(line.owner);
        lines.open(line, "", "");
    }
}
