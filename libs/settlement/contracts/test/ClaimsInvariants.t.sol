// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CoverLines} from "../src/CoverLines.sol";
import {IFraudClaims} from "../src/interfaces/IFraudClaims.sol";
import {Line} from "../src/Types.sol";
import {OracleDouble} from "./support/ClaimsDoubles.sol";
import {ClaimsHandler} from "./support/ClaimsHandler.sol";
import {ClaimsWorld} from "./support/ClaimsWorld.sol";
import {PlainToken} from "./support/FundsDoubles.sol";
import {vm} from "./support/Vm.sol";

/// @dev What holds of collateral and claims after any sequence of calls. Four lines (pooled, pooled on a committee's word, dedicated,
/// pooled of tokens), two operators, three tasks in two terms; the signatures are real.
/// forge-config: default.invariant.fail-on-revert = true
contract ClaimsInvariants is ClaimsWorld {
    uint256 private constant TASKS = 3;

    address private constant DISPUTER = address(0xD15);
    address[2] private operators = [operator, STRANGER];
    ClaimsHandler private handler;
    PlainToken private token;
    bytes32[] private lineIds;

    function setUp() public override {
        super.setUp();
        token = new PlainToken();
        hub.allowAsset(address(token), true);
        token.mint(address(this), 30 ether);
        token.approve(address(vault), 30 ether);
        vault.deposit(owner, address(token), 30 ether);
        OracleDouble[] memory oracles = new OracleDouble[](2);
        (oracles[0], oracles[1]) = (oracle, new OracleDouble());
        oracles[1].setCommittee(true);
        hub.allowOracle(address(oracles[1]), true);
        handler = new ClaimsHandler(claims, attributor, oracles, token);
        hub.grantRole(hub.GUARDIAN_ROLE(), address(handler));
        openLines(address(oracles[1]));
        for (uint256 i; i < lineIds.length * TASKS * 2; ++i) {
            bool isDedicated = lines.lineOf(lineIds[i / TASKS / 2]).operator != address(0);
            handler.add(filingOf(lineIds[i / TASKS / 2], i / 2 % TASKS, isDedicated ? operator : operators[i % 2]));
        }
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function excludeSelectors() external view returns (FuzzSelector[] memory excluded) {
        excluded = new FuzzSelector[](1);
        excluded[0] = FuzzSelector(address(handler), new bytes4[](1));
        excluded[0].selectors[0] = ClaimsHandler.add.selector;
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// One invariant, so that one campaign tries them all.
    function invariant_accounts_agree() external view {
        locksAreWithinTotalsAndCoverOpenLines();
        theVaultHoldsTotalsAndEntitlements();
        claimsHoldAllBondsAndCredits();
        aSlashPaysAtMostItsCoveredLoss();
        linesHoldAndSpendWhatClaimsTook();
        aTermCostsAtMostItsLiability();
        whatIsFinalWasOrCanBeWithdrawn();
    }

    function locksAreWithinTotalsAndCoverOpenLines() private view {
        for (uint256 a; a < 2; ++a) {
            address asset = assetOf(a);
            (uint256 total, uint256 locked, uint256 unbonding,) = vault.balanceOf(owner, asset);
            vm.assertLe(locked + unbonding, total, "locked within total");
            uint256 promised;
            for (uint256 i; i < lineIds.length; ++i) {
                CoverLines.Position memory position = lines.positionOf(lineIds[i]);
                Line memory line = lines.lineOf(lineIds[i]);
                if (line.asset == asset && !position.closed) promised += line.cap - position.spent;
            }
            vm.assertEq(locked, promised, "locked is what open lines promise");
        }
    }

    function theVaultHoldsTotalsAndEntitlements() private view {
        for (uint256 a; a < 2; ++a) {
            address asset = assetOf(a);
            (uint256 owed,,,) = vault.balanceOf(owner, asset);
            for (uint256 i; i < 2; ++i) {
                owed += vault.entitlementOf(operators[i], asset);
            }
            vm.assertEq(asset == NATIVE ? address(vault).balance : token.balanceOf(address(vault)), owed, "vault");
        }
    }

    function claimsHoldAllBondsAndCredits() private view {
        uint256 owed = credit(KEEPER) + credit(DISPUTER) + credit(owner) + credit(operators[0]) + credit(operators[1]);
        for (uint256 i; i < handler.claimCount(); ++i) {
            IFraudClaims.Claim memory claim = claims.claimOf(handler.claimIds(i));
            if (isOpen(claim)) owed += claim.bond;
            if (claim.state == IFraudClaims.State.Disputed) owed += claim.bond;
        }
        vm.assertEq(address(claims).balance, owed, "bonds and credits");
    }

    function aSlashPaysAtMostItsCoveredLoss() private view {
        for (uint256 s; s < handler.slashCount(); ++s) {
            (bytes32 key,,,,, uint256 loss,,,,,) = handler.slashes(s);
            uint256 claimed;
            for (uint256 i; i < handler.claimCount(); ++i) {
                IFraudClaims.Claim memory claim = claims.claimOf(handler.claimIds(i));
                if (claim.slashKey == key && takes(claim)) claimed += claim.amount;
            }
            vm.assertEq(claims.claimedOf(key), claimed, "claimed is what claims took");
            vm.assertLe(claimed, loss * 9000 / 10_000, "within the covered loss");
        }
    }

    function linesHoldAndSpendWhatClaimsTook() private view {
        for (uint256 l; l < lineIds.length; ++l) {
            (uint256 held, uint256 spent) = (0, 0);
            for (uint256 i; i < handler.claimCount(); ++i) {
                IFraudClaims.Claim memory claim = claims.claimOf(handler.claimIds(i));
                if (claim.lineId != lineIds[l] || !takes(claim)) continue;
                if (claim.state == IFraudClaims.State.Finalised) spent += claim.amount;
                else held += claim.amount;
            }
            CoverLines.Position memory position = lines.positionOf(lineIds[l]);
            vm.assertEq(position.held, held, "held");
            vm.assertEq(position.spent, spent, "spent");
        }
    }

    function aTermCostsAtMostItsLiability() private view {
        for (uint256 each; each < lineIds.length * 4; ++each) {
            uint256 taken;
            for (uint256 i; i < handler.claimCount(); ++i) {
                IFraudClaims.Claim memory claim = claims.claimOf(handler.claimIds(i));
                bool isOfTerm = (claim.taskId == taskOf(2)) == (each & 2 != 0);
                bool isOfLine = claim.lineId == lineIds[each / 4] && claim.operator == operators[each & 1];
                if (isOfTerm && isOfLine && takes(claim)) taken += claim.amount;
            }
            vm.assertLe(taken, LIABILITY, "within the liability");
        }
    }

    function whatIsFinalWasOrCanBeWithdrawn() private view {
        for (uint256 each; each < 4; ++each) {
            (address payee, address asset) = (operators[each / 2], assetOf(each % 2));
            uint256 paid;
            for (uint256 i; i < handler.claimCount(); ++i) {
                IFraudClaims.Claim memory claim = claims.claimOf(handler.claimIds(i));
                bool isPaid = claim.state == IFraudClaims.State.Finalised && claim.operator == payee;
                if (isPaid && lines.lineOf(claim.lineId).asset == asset) paid += claim.amount;
            }
            vm.assertEq(vault.entitlementOf(payee, asset) + handler.collected(payee, asset), paid, "withdrawable");
        }
    }

    /// At the end of a run everybody withdraws everything.
    function afterInvariant() external {
        address[5] memory accounts = [KEEPER, DISPUTER, owner, operators[0], operators[1]];
        for (uint256 i; i < accounts.length * 2; ++i) {
            (address account, address asset) = (accounts[i / 2], assetOf(i % 2));
            vm.startPrank(account);
            if (claims.collectable(account, asset) != 0) claims.collect(asset, account);
            if (vault.entitlementOf(account, asset) != 0) vault.collect(asset, account);
            vm.stopPrank();
        }
    }

    function openLines(address committee) private {
        Line memory line = coverLine(true);
        (line.validUntil, line.cap) = (uint64(START + 360 days), 8 ether);
        lineIds.push(open(line));
        line.oracle = committee;
        lineIds.push(open(line));
        line = coverLine(false);
        line.validUntil = uint64(START + 360 days);
        lineIds.push(open(line));
        line = coverLine(true);
        (line.validUntil, line.asset) = (uint64(START + 360 days), address(token));
        lineIds.push(open(line));
    }

    /// Tasks 0 and 1 are of the first term, task 2 of the next.
    function filingOf(bytes32 lineId, uint256 task, address slashed)
        private
        view
        returns (IFraudClaims.Filing memory filing)
    {
        filing = filingFor(lineId, slashed, taskOf(task));
        filing.attestation.expiresAtMs = uint64(START + 1000 days) * 1000;
        if (task == 2) {
            filing.award.auctionId = keccak256("next auction");
            filing.attestation.auctionId = filing.award.auctionId;
            (filing.award.termStartMs, filing.award.termEndMs) =
            (filing.award.termEndMs, filing.award.termEndMs + TERM * 1000);
        }
        sign(filing);
    }

    function taskOf(uint256 task) private pure returns (bytes32) {
        return keccak256(abi.encode("task", task));
    }

    function assetOf(uint256 index) private view returns (address) {
        return index == 0 ? NATIVE : address(token);
    }

    function isOpen(IFraudClaims.Claim memory claim) private pure returns (bool) {
        return claim.state == IFraudClaims.State.Filed || claim.state == IFraudClaims.State.Disputed
            || claim.state == IFraudClaims.State.Resolved;
    }

    /// Whether the claim was paid or holds something, as after its first veto.
    function takes(IFraudClaims.Claim memory claim) private pure returns (bool) {
        bool isVetoed = claim.state == IFraudClaims.State.Vetoed && claim.vetoes == 1;
        return isOpen(claim) || isVetoed || claim.state == IFraudClaims.State.Finalised;
    }
}
