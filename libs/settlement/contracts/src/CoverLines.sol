// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {ICoprocessorRegistry} from "./interfaces/ICoprocessorRegistry.sol";
import {ICoverLines} from "./interfaces/ICoverLines.sol";
import {IOdfHub} from "./interfaces/IOdfHub.sol";
import {OdfMessages} from "./lib/OdfMessages.sol";
import {Signatures} from "./lib/Signatures.sol";
import {Line} from "./Types.sol";

/// @title Standing promises of collateral; each locks its cap once, so that no task needs a transaction.
/// @notice What a line locks stays locked until every window in which it may be claimed has passed.
/// @dev No value moves here: the vault, the registry and the hub are the only contracts called, signers are asked by staticcall.
contract CoverLines is ICoverLines {
    /// @notice The owner always bears a tenth of a loss, so that faking one costs more than it pays.
    uint16 public constant MAX_COVERAGE_BIPS = 9000;
    /// @notice The longest time after its end in which a slash may count.
    uint64 public constant MAX_SLASH_TAIL = 180 days;
    /// @notice Filing (14 days), dispute (7) and resolution (7) of the last slash, and two days of margin.
    uint64 public constant CLOSE_DELAY = 30 days;

    /// @notice The hub that names the other contracts.
    IOdfHub public immutable hub;

    struct Position {
        /// Drawn by finalised claims.
        uint256 spent;
        /// Held back for claims that are not decided.
        uint256 held;
        bool closed;
    }

    mapping(bytes32 lineId => Line) private _lines;
    mapping(bytes32 lineId => Position) private _positions;

    /// @notice New lines are paused.
    error Paused();
    /// @notice A line with these terms was opened before, and may be closed by now.
    error LineExists(bytes32 lineId);
    /// @notice There is no open line of this id.
    error NoOpenLine(bytes32 lineId);
    error ZeroCap();
    /// @notice The term is empty or over, or its tail is too long.
    error BadTerm();
    error BadCoverage(uint16 coverageBips);
    /// @notice No bit of a fault from 1 on is set.
    error CoversNoFault();
    error OracleNotAllowed(address oracle);
    error AttributorNotAllowed(address attributor);
    error AssetNotAllowed(address asset);
    error AvsNotListed(bytes32 avsId);
    /// @notice A pooled line must name the relay whose awards it counts for.
    error PooledWithoutRelay();
    /// @notice The coprocessor is unknown or revoked.
    error CoprocessorInactive(bytes32 coprocessor);
    error NotCoprocessorOwner(address owner);
    error NoOwnerConsent();
    error NoOperatorConsent();
    /// @notice Only FraudClaims may do this.
    error OnlyClaims();
    /// @notice More was asked than claims may still take, or than is held.
    error Insufficient(uint256 available, uint256 wanted);
    /// @notice Claims hold a part of the line.
    error StillHeld(uint256 held);
    /// @notice Not before `closableAt`, Unix seconds; pauses so far are in it.
    error TooSoon(uint256 closableAt);

    modifier onlyClaims() {
        if (msg.sender != hub.claims()) revert OnlyClaims();
        _;
    }

    constructor(IOdfHub hub_) {
        hub = hub_;
    }

    /// @inheritdoc ICoverLines
    function open(Line calldata line, bytes calldata ownerSignature, bytes calldata operatorSignature)
        external
        returns (bytes32 lineId)
    {
        if (hub.paused()) revert Paused();
        _requireTerms(line);
        _requireListed(line);
        _requireCoprocessor(line);
        lineId = idOf(line);
        if (exists(lineId)) revert LineExists(lineId);
        if (!_consents(line.owner, lineId, ownerSignature)) revert NoOwnerConsent();
        if (line.operator != address(0) && !_consents(line.operator, lineId, operatorSignature)) {
            revert NoOperatorConsent();
        }
        _lines[lineId] = line;
        emit LineOpened(lineId, line.coprocessor, line.owner, line);
        _vault().lock(line.owner, line.asset, line.cap);
    }

    /// @inheritdoc ICoverLines
    function close(bytes32 lineId) external {
        (Line storage line, Position storage position) = _open(lineId);
        if (position.held != 0) revert StillHeld(position.held);
        _requireOver(line);
        uint256 released = line.cap - position.spent;
        position.closed = true;
        emit LineClosed(lineId, released);
        _vault().release(line.owner, line.asset, released);
    }

    /// @inheritdoc ICoverLines
    function hold(bytes32 lineId, uint256 amount) external onlyClaims {
        (, Position storage position) = _open(lineId);
        uint256 available = remaining(lineId);
        if (amount > available) revert Insufficient(available, amount);
        position.held += amount;
        emit LineHeld(lineId, position.held);
    }

    /// @inheritdoc ICoverLines
    function unhold(bytes32 lineId, uint256 amount) external onlyClaims {
        _unhold(lineId, amount);
    }

    /// @inheritdoc ICoverLines
    function draw(bytes32 lineId, uint256 amount, address beneficiary) external onlyClaims returns (uint256 paid) {
        Position storage position = _unhold(lineId, amount);
        position.spent += amount;
        emit LineDrawn(lineId, amount, position.spent);
        Line storage line = _lines[lineId];
        paid = _vault().seize(line.owner, line.asset, amount, beneficiary);
    }

    /// @inheritdoc ICoverLines
    function idOf(Line calldata line) public view returns (bytes32) {
        return hub.typedDigest(OdfMessages.structHash(line));
    }

    /// @inheritdoc ICoverLines
    function lineOf(bytes32 lineId) external view returns (Line memory) {
        return _lines[lineId];
    }

    /// @notice What claims have drawn and hold back, in wei of the asset, and whether the line is closed.
    function positionOf(bytes32 lineId) external view returns (Position memory) {
        return _positions[lineId];
    }

    /// @inheritdoc ICoverLines
    function exists(bytes32 lineId) public view returns (bool) {
        return _lines[lineId].owner != address(0);
    }

    /// @inheritdoc ICoverLines
    function remaining(bytes32 lineId) public view returns (uint256) {
        Position storage position = _positions[lineId];
        if (position.closed) return 0;
        return _lines[lineId].cap - position.spent - position.held;
    }

    function _unhold(bytes32 lineId, uint256 amount) private returns (Position storage position) {
        position = _positions[lineId];
        if (amount > position.held) revert Insufficient(position.held, amount);
        position.held -= amount;
        emit LineHeld(lineId, position.held);
    }

    function _open(bytes32 lineId) private view returns (Line storage line, Position storage position) {
        line = _lines[lineId];
        position = _positions[lineId];
        if (line.owner == address(0) || position.closed) revert NoOpenLine(lineId);
    }

    /// The sum is taken in 256 bits: a term without an end never closes, rather than at once.
    function _requireOver(Line storage line) private view {
        uint256 closableAt = uint256(line.validUntil) + line.slashTail + CLOSE_DELAY;
        closableAt += hub.pausedSecondsSince(line.validUntil);
        if (block.timestamp < closableAt) revert TooSoon(closableAt);
    }

    function _requireTerms(Line calldata line) private view {
        if (line.cap == 0) revert ZeroCap();
        if (line.validFrom >= line.validUntil || line.validUntil <= block.timestamp) revert BadTerm();
        if (line.slashTail > MAX_SLASH_TAIL) revert BadTerm();
        if (line.coverageBips == 0 || line.coverageBips > MAX_COVERAGE_BIPS) revert BadCoverage(line.coverageBips);
        // Bit 0 stands for "no fault".
        if (line.faultMask >> 1 == 0) revert CoversNoFault();
        if (line.operator == address(0) && line.relayRoot == bytes32(0)) revert PooledWithoutRelay();
    }

    function _requireListed(Line calldata line) private view {
        if (!hub.isOracleAllowed(line.oracle)) revert OracleNotAllowed(line.oracle);
        if (!hub.isOracleAllowed(line.attributor)) revert AttributorNotAllowed(line.attributor);
        if (!hub.isAssetAllowed(line.asset)) revert AssetNotAllowed(line.asset);
        bytes32 avsId = keccak256(abi.encode(block.chainid, line.avs, line.operatorSetId));
        if (!hub.avsTerms(avsId).listed) revert AvsNotListed(avsId);
    }

    function _requireCoprocessor(Line calldata line) private view {
        ICoprocessorRegistry registry = ICoprocessorRegistry(hub.registry());
        if (!registry.isActive(line.coprocessor)) revert CoprocessorInactive(line.coprocessor);
        if (registry.ownerOf(line.coprocessor) != line.owner) revert NotCoprocessorOwner(line.owner);
    }

    function _consents(address account, bytes32 lineId, bytes calldata signature) private view returns (bool) {
        return msg.sender == account || Signatures.isBy(account, lineId, signature);
    }

    function _vault() private view returns (ICollateralVault) {
        return ICollateralVault(hub.vault());
    }
}
