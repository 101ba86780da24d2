// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CoverLines} from "../src/CoverLines.sol";
import {Line} from "../src/Types.sol";
import {FeeFixtures} from "./fixtures/FeeFixtures.sol";
import {PlainToken} from "./support/FundsDoubles.sol";
import {FundsHandler} from "./support/FundsHandler.sol";
import {FundsWorld} from "./support/FundsWorld.sol";
import {vm} from "./support/Vm.sol";

/// @dev What holds after any sequence of calls; the handler's calls revert on nothing but a fault.
/// forge-config: default.invariant.fail-on-revert = true
contract FundsInvariants is FundsWorld {
    uint256 private constant OWNERS = 3;

    FundsHandler private handler;
    PlainToken private token;

    function setUp() public override {
        super.setUp();
        token = new PlainToken();
        hub.allowAsset(address(token), true);
        address[OWNERS] memory owners = [owner, address(0xA2), address(0xA3)];
        for (uint256 i; i < OWNERS; ++i) {
            registry.set(bytes32(uint256(uint160(owners[i]))), owners[i], true);
        }
        registry.set(FeeFixtures.byValidator().award.coprocessorRoot, owner, true);
        accept(true);
        accept(false);
        handler = new FundsHandler(lines, CLAIMS, token, owners, pooledLine());
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// Open lines lock what they may still pay, no more and no less, and never more than there is.
    function invariant_what_is_locked_is_what_open_lines_promise() external view {
        for (uint256 i; i < OWNERS * 2; ++i) {
            (address owner_, address asset) = (handler.owners(i / 2), handler.assets(i % 2));
            (uint256 total, uint256 locked, uint256 unbonding,) = vault.balanceOf(owner_, asset);
            vm.assertEq(locked, promisedBy(owner_, asset), "locked");
            vm.assertLe(locked + unbonding, total, "locked and unbonding within total");
        }
    }

    function invariant_the_vault_holds_all_totals_and_entitlements() external view {
        for (uint256 a; a < 2; ++a) {
            address asset = handler.assets(a);
            uint256 owed;
            for (uint256 i; i < OWNERS; ++i) {
                (uint256 total,,,) = vault.balanceOf(handler.owners(i), asset);
                owed += total + vault.entitlementOf(handler.owners(i), asset);
            }
            vm.assertGe(asset == NATIVE ? address(vault).balance : token.balanceOf(address(vault)), owed);
        }
    }

    function invariant_the_escrow_holds_all_balances_and_collectables() external view {
        (uint256 owed, uint256 leaving,) = escrow.balanceOf(operator);
        vm.assertLe(leaving, owed, "leaving within balance");
        for (uint256 i; i < OWNERS; ++i) {
            owed += escrow.collectable(handler.owners(i));
        }
        vm.assertGe(address(escrow).balance, owed);
    }

    function invariant_no_fee_is_paid_twice() external view {
        for (uint256 i; i < OWNERS; ++i) {
            address owner_ = handler.owners(i);
            uint256 promised = handler.promised(owner_);
            uint256 proved = escrow.provedOf(operator, owner_);
            vm.assertLe(escrow.paidOf(operator, owner_), promised > proved ? promised : proved);
        }
    }

    function promisedBy(address owner_, address asset) private view returns (uint256 sum) {
        for (uint256 i; i < handler.lineCount(); ++i) {
            bytes32 lineId = handler.lineIds(i);
            Line memory line = lines.lineOf(lineId);
            CoverLines.Position memory position = lines.positionOf(lineId);
            if (line.owner != owner_ || line.asset != asset || position.closed) continue;
            vm.assertLe(position.spent + position.held, line.cap, "spent and held within cap");
            sum += line.cap - position.spent;
        }
    }

    function accept(bool second) private {
        bytes32 task = second ? FeeFixtures.byDelegate().commitment.taskId : FeeFixtures.byValidator().commitment.taskId;
        bytes32 digest = second
            ? FeeFixtures.byDelegate().attestation.responseDigest
            : FeeFixtures.byValidator().attestation.responseDigest;
        acceptance.accept(AVS, task, operator, digest, true);
    }
}
