// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimLedger} from "../../src/ClaimLedger.sol";
import {CollateralVault} from "../../src/CollateralVault.sol";
import {CoverLines} from "../../src/CoverLines.sol";
import {FraudClaims} from "../../src/FraudClaims.sol";
import {IFraudClaims} from "../../src/interfaces/IFraudClaims.sol";
import {OdfHub} from "../../src/OdfHub.sol";
import {Attribution, Line, SlashFact} from "../../src/Types.sol";
import {AttributorDouble, OracleDouble} from "./ClaimsDoubles.sol";
import {PlainToken} from "./FundsDoubles.sol";
import {vm} from "./Vm.sol";

/// @dev What operators, keepers, disputers, the roles and the owner may do about slashes in any order. Filings may be refused for few
/// reasons; every other call is shaped to succeed, so that a revert is a finding.
contract ClaimsHandler {
    address private constant KEEPER = address(0x6EE9);
    address private constant DISPUTER = address(0xD15);
    address private constant RESOLVER = address(1);
    address private constant VETO = address(2);
    uint256 private constant MAX_LOSS = 6 ether;

    OdfHub public immutable hub;
    FraudClaims public immutable claims;
    CollateralVault public immutable vault;
    CoverLines public immutable lines;
    PlainToken public immutable token;
    AttributorDouble private immutable _attributor;
    OracleDouble[] private _oracles;

    /// What somebody may file, but for the slash; by line, task and operator.
    bytes[] private _filings;
    SlashFact[] public slashes;
    bytes32[] public claimIds;
    mapping(bytes32 claimId => bool) private _isKnown;
    /// Pulled from the vault by each operator.
    mapping(address operator => mapping(address asset => uint256)) public collected;
    uint256 public filed;

    constructor(FraudClaims claims_, AttributorDouble attributor_, OracleDouble[] memory oracles_, PlainToken token_) {
        claims = claims_;
        hub = OdfHub(address(claims_.hub()));
        vault = CollateralVault(hub.vault());
        lines = CoverLines(hub.lines());
        token = token_;
        _attributor = attributor_;
        _oracles = oracles_;
    }

    function add(IFraudClaims.Filing memory filing) external {
        _filings.push(abi.encode(filing));
    }

    function claimCount() external view returns (uint256) {
        return claimIds.length;
    }

    function slashCount() external view returns (uint256) {
        return slashes.length;
    }

    function slash(uint8 which, bool ofTokens, uint256 loss) external {
        SlashFact memory fact;
        fact.key = keccak256(abi.encode(slashes.length));
        fact.operator = _filing(which).leaf.leaf.operator;
        fact.avs = address(0xA45);
        fact.operatorSetId = 7;
        fact.asset = ofTokens ? address(token) : address(0);
        fact.loss = loss % MAX_LOSS + 1;
        fact.blockNumber = uint64(slashes.length) + 1;
        fact.timestamp = uint64(block.timestamp);
        for (uint256 i; i < _oracles.length; ++i) {
            _oracles[i].set(abi.encode(slashes.length), fact);
        }
        slashes.push(fact);
    }

    function file(uint8 which, uint8 slashNumber, uint256 asked, uint8 who) external {
        if (slashes.length == 0) return;
        uint256 number = slashNumber % slashes.length;
        IFraudClaims.Filing memory filing = _filing(which);
        // The first filing of the kind that fits the slash.
        for (uint256 i = 1; !_fits(filing, slashes[number]); ++i) {
            if (i == _filings.length) return;
            filing = _filing(which + i);
        }
        filing.slashEvidence = abi.encode(number);
        address operator = filing.leaf.leaf.operator;
        filing.amount = who % 3 == 0 ? asked % MAX_LOSS + 1 : type(uint256).max;
        _attribute(filing, slashes[number]);
        _file(who % 3 == 2 ? KEEPER : operator, filing);
    }

    function dispute(uint8 which) external {
        (bytes32 claimId, IFraudClaims.Claim memory claim) = _claim(which);
        bool isOpen = block.timestamp < _end(claim.filedAt, claim.finalisableAt - claim.filedAt);
        // What the chain proved falls at once, so rarely.
        bool isSpared = !claim.committee && which % 4 != 0;
        if (claim.state != IFraudClaims.State.Filed || !isOpen || isSpared) return;
        uint256 bond = claim.committee ? claim.bond : 0;
        _attributor.refute(address(0xA45), claim.taskId, claim.operator, "counter-proof");
        vm.deal(DISPUTER, DISPUTER.balance + bond);
        vm.prank(DISPUTER);
        claims.dispute{value: bond}(claimId, "counter-proof");
    }

    function resolve(uint8 which, bool uphold) external {
        (bytes32 claimId, IFraudClaims.Claim memory claim) = _claim(which);
        bool isOpen = block.timestamp < _end(claim.disputedAt, 7 days);
        if (claim.state != IFraudClaims.State.Disputed || !isOpen) return;
        vm.prank(RESOLVER);
        claims.resolve(claimId, uphold);
    }

    function expire(uint8 which) external {
        (bytes32 claimId, IFraudClaims.Claim memory claim) = _claim(which);
        bool isSilent = claim.state == IFraudClaims.State.Disputed && block.timestamp >= _end(claim.disputedAt, 7 days);
        bool isVetoed = claim.state == IFraudClaims.State.Vetoed && claim.vetoes == 1;
        if (isSilent || (isVetoed && block.timestamp >= _end(claim.vetoedAt, 14 days))) claims.expire(claimId);
    }

    function veto(uint8 which) external {
        (bytes32 claimId, IFraudClaims.Claim memory claim) = _claim(which);
        bool isOpen = claim.state == IFraudClaims.State.Filed || claim.state == IFraudClaims.State.Disputed
            || claim.state == IFraudClaims.State.Resolved;
        // Rare enough that others are paid.
        if (!isOpen || which % 4 != 0) return;
        vm.prank(VETO);
        claims.veto(claimId, "");
    }

    function finalise(uint8 which, bool isPatient) external {
        (bytes32 claimId, IFraudClaims.Claim memory claim) = _claim(which);
        bool isPayable = claim.state == IFraudClaims.State.Filed || claim.state == IFraudClaims.State.Resolved;
        if (!isPayable) return;
        uint256 from = _end(claim.filedAt, claim.finalisableAt - claim.filedAt);
        if (block.timestamp < from && isPatient && !hub.paused()) vm.warp(from);
        if (block.timestamp < from) return;
        vm.assertEq(claims.finalise(claimId), claim.amount, "a hold is always paid");
    }

    function restore(uint8 which, uint256 amount) external {
        (bytes32 claimId, IFraudClaims.Claim memory claim) = _claim(which);
        uint256 left = claim.amount - claim.restored;
        if (claim.state != IFraudClaims.State.Finalised || left == 0) return;
        amount = amount % left + 1;
        if (lines.lineOf(claim.lineId).asset == address(0)) {
            vm.deal(address(this), amount);
            claims.restore{value: amount}(claimId, amount);
        } else {
            token.mint(address(this), amount);
            token.approve(address(claims), amount);
            claims.restore(claimId, amount);
        }
    }

    function collectBonds(uint8 who) external {
        address account = [KEEPER, DISPUTER, _filing(0).leaf.leaf.operator, _filing(1).leaf.leaf.operator][who % 4];
        if (claims.collectable(account, address(0)) == 0) return;
        vm.prank(account);
        claims.collect(address(0), account);
    }

    function collectPayment(uint8 which, bool ofTokens) external {
        address operator = _filing(which).leaf.leaf.operator;
        address asset = ofTokens ? address(token) : address(0);
        if (vault.entitlementOf(operator, asset) == 0) return;
        vm.prank(operator);
        collected[operator][asset] += vault.collect(asset, operator);
    }

    function pause(uint8 whether) external {
        if (hub.paused()) hub.resume();
        else if (whether % 4 == 0) try hub.pause() {} catch {}
    }

    function wait(uint32 duration) external {
        vm.warp(block.timestamp + duration % 8 days);
    }

    function close(uint8 which) external {
        bytes32 lineId = _filing(which).attestation.lineId;
        Line memory line = lines.lineOf(lineId);
        CoverLines.Position memory position = lines.positionOf(lineId);
        bool isOver = block.timestamp >= _end(line.validUntil, line.slashTail + 30 days);
        if (isOver && position.held == 0 && !position.closed) lines.close(lineId);
    }

    function _file(address filer, IFraudClaims.Filing memory filing) private {
        vm.deal(filer, filer.balance + 0.1 ether);
        vm.prank(filer);
        try claims.file{value: 0.1 ether}(filing) returns (bytes32 claimId) {
            ++filed;
            if (!_isKnown[claimId]) claimIds.push(claimId);
            _isKnown[claimId] = true;
        } catch (bytes memory reason) {
            bytes4 why = bytes4(reason);
            bool isExpected = why == ClaimLedger.NothingDue.selector || why == FraudClaims.WrongState.selector
                || why == FraudClaims.TooLate.selector || why == FraudClaims.Paused.selector;
            vm.assertTrue(isExpected, "refused for another reason");
        }
    }

    /// The AVS says that this response is what the slash was for.
    function _attribute(IFraudClaims.Filing memory filing, SlashFact memory fact) private {
        Attribution memory response = Attribution(filing.attestation.responseDigest, 3, fact.blockNumber, 0);
        _attributor.set(fact.avs, filing.attestation.taskId, fact.operator, response);
    }

    function _fits(IFraudClaims.Filing memory filing, SlashFact memory fact) private view returns (bool) {
        Line memory line = lines.lineOf(filing.attestation.lineId);
        return line.asset == fact.asset && filing.leaf.leaf.operator == fact.operator;
    }

    function _filing(uint256 which) private view returns (IFraudClaims.Filing memory) {
        return abi.decode(_filings[which % _filings.length], (IFraudClaims.Filing));
    }

    /// An empty claim where there is none yet.
    function _claim(uint8 which) private view returns (bytes32 claimId, IFraudClaims.Claim memory claim) {
        if (claimIds.length == 0) return (claimId, claim);
        claimId = claimIds[which % claimIds.length];
        claim = claims.claimOf(claimId);
    }

    function _end(uint64 since, uint64 window) private view returns (uint256) {
        return uint256(since) + window + hub.pausedSecondsSince(since);
    }
}
