// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IOdfHub} from "./interfaces/IOdfHub.sol";
import {EthBls} from "./lib/EthBls.sol";
import {OdfMessages} from "./lib/OdfMessages.sol";
import {AvsTerms} from "./Types.sol";

/// @title Names the other contracts; holds roles, bounded parameters and the pause of new lines and filings.
/// @notice The relay has no role here: nobody moves funds by being a relay.
contract OdfHub is IOdfHub, AccessControl {
    using Checkpoints for Checkpoints.Trace208;

    bytes32 public constant PARAM_ROLE = keccak256("PARAM");
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN");
    bytes32 public constant RESOLVER_ROLE = keccak256("RESOLVER");
    bytes32 public constant VETO_ROLE = keccak256("VETO");

    uint256 public constant MAX_REGISTRATION_BOND = 100 ether;
    uint256 public constant MAX_CLAIM_BOND = 10 ether;
    /// @notice One pause lasts at most this long; another needs as long a break before it.
    uint64 public constant MAX_PAUSE = 14 days;

    address public immutable registry;
    address public immutable vault;
    address public immutable lines;
    address public immutable claims;
    address public immutable escrow;

    uint256 public registrationBond;
    uint256 public claimBond;

    mapping(bytes32 avsId => AvsTerms) private _avsTerms;
    mapping(address asset => bool) private _assets;
    mapping(address oracle => bool) private _oracles;
    /// Seconds paused in all pauses that ended before the key.
    Checkpoints.Trace208 private _pausedBefore;
    uint64 private _pausedAt;
    uint64 private _pauseEnd;

    event AvsTermsSet(bytes32 indexed avsId, AvsTerms terms);
    event AssetAllowed(address indexed asset, bool allowed);
    event OracleAllowed(address indexed oracle, bool allowed);
    event BondsSet(uint256 registrationBond, uint256 claimBond);
    event FilingsPaused(uint64 until);
    event FilingsResumed();

    error OutOfBounds();
    error RolesOverlap();
    error PausedTooSoon();
    error NotPaused();

    struct Contracts {
        address registry;
        address vault;
        address lines;
        address claims;
        address escrow;
    }

    struct Roles {
        /// Admin of all roles and of parameters: a timelock.
        address timelock;
        address guardian;
        address resolver;
        address veto;
    }

    /// @notice `contracts` are the addresses that the deployer is going to deploy to; each of them names this hub.
    constructor(Contracts memory contracts, Roles memory roles, uint256 registrationBond_, uint256 claimBond_) {
        EthBls.requirePrecompiles();
        if (roles.resolver == roles.veto) revert RolesOverlap();
        registry = contracts.registry;
        vault = contracts.vault;
        lines = contracts.lines;
        claims = contracts.claims;
        escrow = contracts.escrow;
        _grantRole(DEFAULT_ADMIN_ROLE, roles.timelock);
        _grantRole(PARAM_ROLE, roles.timelock);
        _grantRole(GUARDIAN_ROLE, roles.guardian);
        _grantRole(RESOLVER_ROLE, roles.resolver);
        _grantRole(VETO_ROLE, roles.veto);
        _setBonds(registrationBond_, claimBond_);
    }

    /// @notice Lists an AVS, or changes or unlists it for new lines.
    function setAvsTerms(AvsTerms calldata terms) external onlyRole(PARAM_ROLE) returns (bytes32 avsId) {
        avsId = keccak256(abi.encode(block.chainid, terms.avs, terms.operatorSetId));
        if (terms.vetoSeconds > 90 days || terms.challengeSeconds > 90 days) revert OutOfBounds();
        _avsTerms[avsId] = terms;
        emit AvsTermsSet(avsId, terms);
    }

    /// @notice Allows an ERC-20 as collateral: one that neither rebases nor takes fees.
    function allowAsset(address asset, bool allowed) external onlyRole(PARAM_ROLE) {
        _assets[asset] = allowed;
        emit AssetAllowed(asset, allowed);
    }

    /// @notice Allows a slash oracle or attributor for new lines.
    function allowOracle(address oracle, bool allowed) external onlyRole(PARAM_ROLE) {
        _oracles[oracle] = allowed;
        emit OracleAllowed(oracle, allowed);
    }

    /// @notice Sets what registrations and claims post, wei.
    function setBonds(uint256 registrationBond_, uint256 claimBond_) external onlyRole(PARAM_ROLE) {
        _setBonds(registrationBond_, claimBond_);
    }

    /// @notice Stops new lines and filings for at most 14 days; deadlines are extended by as long. Withdrawals and payouts go on.
    function pause() external onlyRole(GUARDIAN_ROLE) {
        uint64 nowS = uint64(block.timestamp);
        if (_pauseEnd != 0 && nowS < _pauseEnd + MAX_PAUSE) revert PausedTooSoon();
        _settlePause(nowS);
        _pausedAt = nowS;
        _pauseEnd = nowS + MAX_PAUSE;
        emit FilingsPaused(_pauseEnd);
    }

    /// @notice Ends a pause.
    function resume() external onlyRole(GUARDIAN_ROLE) {
        if (!paused()) revert NotPaused();
        _pauseEnd = uint64(block.timestamp);
        _settlePause(_pauseEnd);
        emit FilingsResumed();
    }

    /// @inheritdoc IOdfHub
    function paused() public view returns (bool) {
        return block.timestamp < _pauseEnd;
    }

    /// @inheritdoc IOdfHub
    function pausedSecondsSince(uint64 since) external view returns (uint64) {
        return _pausedUntil(uint64(block.timestamp)) - _pausedUntil(since);
    }

    /// @inheritdoc IOdfHub
    function domainSeparator() public view returns (bytes32) {
        return OdfMessages.domainSeparator(address(this));
    }

    /// @inheritdoc IOdfHub
    function typedDigest(bytes32 structHash) external view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainSeparator(), structHash));
    }

    /// @inheritdoc IOdfHub
    function signingDomain(bytes4 domainType, bytes32 relayRoot) external view returns (bytes32) {
        return OdfMessages.signingDomain(domainType, address(this), relayRoot);
    }

    /// @inheritdoc IOdfHub
    function avsTerms(bytes32 avsId) external view returns (AvsTerms memory) {
        return _avsTerms[avsId];
    }

    /// @inheritdoc IOdfHub
    function isAssetAllowed(address asset) external view returns (bool) {
        return asset == address(0) || _assets[asset];
    }

    /// @inheritdoc IOdfHub
    function isOracleAllowed(address oracle) external view returns (bool) {
        return _oracles[oracle];
    }

    function _setBonds(uint256 registrationBond_, uint256 claimBond_) private {
        if (registrationBond_ > MAX_REGISTRATION_BOND || claimBond_ > MAX_CLAIM_BOND) revert OutOfBounds();
        registrationBond = registrationBond_;
        claimBond = claimBond_;
        emit BondsSet(registrationBond_, claimBond_);
    }

    /// Writes the newest pause down once it is over.
    function _settlePause(uint64 nowS) private {
        if (_pausedAt == 0) return;
        uint64 end = nowS < _pauseEnd ? nowS : _pauseEnd;
        _pausedBefore.push(uint48(end), _pausedBefore.latest() + (end - _pausedAt));
        _pausedAt = 0;
    }

    /// Seconds paused from the beginning of time until `moment`; a pause that `moment` lies in counts as far as it went.
    function _pausedUntil(uint64 moment) private view returns (uint64) {
        // A term may end beyond what 48 bits count; no pause is that late.
        uint48 key = moment > type(uint48).max ? type(uint48).max : uint48(moment);
        uint64 before = uint64(_pausedBefore.upperLookup(key));
        if (_pausedAt == 0 || moment <= _pausedAt) return before;
        return before + ((moment < _pauseEnd ? moment : _pauseEnd) - _pausedAt);
    }
}
