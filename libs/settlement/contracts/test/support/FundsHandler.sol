// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../src/CollateralVault.sol";
import {CoverLines} from "../../src/CoverLines.sol";
import {FeeEscrow} from "../../src/FeeEscrow.sol";
import {IOdfHub} from "../../src/interfaces/IOdfHub.sol";
import {OdfMessages} from "../../src/lib/OdfMessages.sol";
import {Line} from "../../src/Types.sol";
import {FeeFixtures} from "../fixtures/FeeFixtures.sol";
import {PlainToken} from "./FundsDoubles.sol";
import {vm} from "./Vm.sol";

/// @dev What owners, operators and FraudClaims may do in any order; each call is shaped to succeed, so a revert is a finding.
contract FundsHandler {
    uint256 private constant OWNERS = 3;
    uint256 private constant OPERATOR_SECRET = 0xB0B;

    CollateralVault public immutable vault;
    CoverLines public immutable lines;
    FeeEscrow public immutable escrow;
    IOdfHub public immutable hub;
    address public immutable claims;
    PlainToken public immutable token;
    address public immutable operator = vm.addr(OPERATOR_SECRET);

    /// The owner of the fixtures' coprocessor is the first one.
    address[OWNERS] public owners;
    address[2] public assets;
    bytes32[] public lineIds;
    /// Highest voucher by owner.
    mapping(address owner => uint256) public promised;
    uint256 public calls;
    Line private _template;
    bool[2] private _drawn;

    constructor(
        CoverLines lines_,
        address claims_,
        PlainToken token_,
        address[OWNERS] memory owners_,
        Line memory line
    ) {
        lines = lines_;
        hub = lines_.hub();
        vault = CollateralVault(hub.vault());
        escrow = FeeEscrow(hub.escrow());
        claims = claims_;
        token = token_;
        owners = owners_;
        assets = [address(0), address(token_)];
        _template = line;
    }

    function lineCount() external view returns (uint256) {
        return lineIds.length;
    }

    function deposit(uint8 who, uint8 what, uint64 amount) external {
        ++calls;
        (address owner, address asset) = (_owner(who), assets[what % 2]);
        uint256 wanted = uint256(amount) + 1;
        if (asset == address(0)) {
            vm.deal(address(this), wanted);
            vault.deposit{value: wanted}(owner, asset, wanted);
        } else {
            token.mint(address(this), wanted);
            token.approve(address(vault), wanted);
            vault.deposit(owner, asset, wanted);
        }
    }

    function requestUnbond(uint8 who, uint8 what, uint256 amount) external {
        ++calls;
        (address owner, address asset) = (_owner(who), assets[what % 2]);
        uint256 free = vault.freeOf(owner, asset);
        if (free == 0) return;
        vm.prank(owner);
        vault.requestUnbond(asset, amount % free + 1);
    }

    function withdrawCollateral(uint8 who, uint8 what) external {
        ++calls;
        (address owner, address asset) = (_owner(who), assets[what % 2]);
        (,, uint256 unbonding, uint64 readyAt) = vault.balanceOf(owner, asset);
        if (unbonding == 0 || block.timestamp < readyAt) return;
        vm.prank(owner);
        vault.withdraw(asset, owner);
    }

    function open(uint8 who, uint8 what, uint256 cap, uint32 term) external {
        ++calls;
        Line memory line = _template;
        line.owner = _owner(who);
        line.coprocessor = bytes32(uint256(uint160(line.owner)));
        line.asset = assets[what % 2];
        uint256 free = vault.freeOf(line.owner, line.asset);
        if (free == 0) return;
        line.cap = cap % free + 1;
        line.validUntil = uint64(block.timestamp) + term % 90 days + 1;
        line.validFrom = line.validUntil - 1;
        line.salt = bytes32(calls);
        vm.prank(line.owner);
        lineIds.push(lines.open(line, "", ""));
    }

    function hold(uint8 which, uint256 amount) external {
        ++calls;
        if (lineIds.length == 0) return;
        bytes32 lineId = lineIds[which % lineIds.length];
        uint256 left = lines.remaining(lineId);
        if (left == 0) return;
        vm.prank(claims);
        lines.hold(lineId, amount % left + 1);
    }

    function settle(uint8 which, uint256 amount, uint8 who, bool upheld) external {
        ++calls;
        if (lineIds.length == 0) return;
        bytes32 lineId = lineIds[which % lineIds.length];
        uint256 held = lines.positionOf(lineId).held;
        if (held == 0) return;
        amount = amount % held + 1;
        vm.prank(claims);
        if (!upheld) lines.unhold(lineId, amount);
        else vm.assertEq(lines.draw(lineId, amount, _owner(who)), amount, "a hold is always covered");
    }

    function close(uint8 which) external {
        ++calls;
        if (lineIds.length == 0) return;
        bytes32 lineId = lineIds[which % lineIds.length];
        CoverLines.Position memory position = lines.positionOf(lineId);
        Line memory line = lines.lineOf(lineId);
        bool isOver = block.timestamp >= uint256(line.validUntil) + line.slashTail + lines.CLOSE_DELAY();
        if (position.closed || position.held != 0 || !isOver) return;
        lines.close(lineId);
    }

    function collectEntitlement(uint8 who, uint8 what) external {
        ++calls;
        (address owner, address asset) = (_owner(who), assets[what % 2]);
        if (vault.entitlementOf(owner, asset) == 0) return;
        vm.prank(owner);
        vault.collect(asset, owner);
    }

    function fundEscrow(uint64 amount) external {
        ++calls;
        uint256 value = uint256(amount) / 8 + 1;
        vm.deal(address(this), value);
        escrow.deposit{value: value}(operator);
    }

    function redeem(uint8 who, uint64 cumulativeWei) external {
        ++calls;
        address owner = _owner(who);
        if (cumulativeWei > promised[owner]) promised[owner] = cumulativeWei;
        bytes32 digest = hub.typedDigest(OdfMessages.voucherHash(operator, owner, cumulativeWei));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OPERATOR_SECRET, digest);
        escrow.redeem(operator, owner, cumulativeWei, abi.encodePacked(r, s, v));
    }

    function drawFee(bool second) external {
        ++calls;
        uint256 index = second ? 1 : 0;
        if (_drawn[index]) return;
        _drawn[index] = true;
        escrow.draw(second ? FeeFixtures.byDelegate() : FeeFixtures.byValidator());
    }

    function requestWithdrawal(uint256 amount) external {
        ++calls;
        (uint256 balance,,) = escrow.balanceOf(operator);
        vm.prank(operator);
        escrow.requestWithdrawal(amount % (balance + 1));
    }

    function withdrawFees() external {
        ++calls;
        (, uint256 leaving, uint64 readyAt) = escrow.balanceOf(operator);
        if (leaving == 0 || block.timestamp < readyAt) return;
        vm.prank(operator);
        escrow.withdraw(payable(operator));
    }

    function collectFees(uint8 who) external {
        ++calls;
        address owner = _owner(who);
        if (escrow.collectable(owner) == 0) return;
        vm.prank(owner);
        escrow.collect(payable(owner));
    }

    function wait(uint32 duration) external {
        ++calls;
        vm.warp(block.timestamp + duration % 40 days);
    }

    function _owner(uint8 who) private view returns (address) {
        return owners[who % OWNERS];
    }
}
