// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IOdfHub} from "./interfaces/IOdfHub.sol";
import {EthBls} from "./lib/EthBls.sol";
import {OdfMessages} from "./lib/OdfMessages.sol";
import {AvsTerms} from "./Types.sol";

/// @title Names the other contracts; holds roles, bounded parameters and the pause of new lines and filings.
/// @notice The relay has no role here: nobody moves funds by being a relay.
contract OdfHub is IOdfHub, AccessControl {
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
    /// In order of time and at least `MAX_PAUSE` apart; the last one may be running.
    Pause[] private _pauses;

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

    /// Unix seconds; `until` is the end that was announced, or the moment of `resume`.
    struct Pause {
        uint64 from;
        uint64 until;
    }

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
        if (_pauses.length != 0 && nowS < _lastPause().until + MAX_PAUSE) revert PausedTooSoon();
        _pauses.push(Pause({from: nowS, until: nowS + MAX_PAUSE}));
        emit FilingsPaused(nowS + MAX_PAUSE);
    }

    /// @notice Ends a pause.
    function resume() external onlyRole(GUARDIAN_ROLE) {
        if (!paused()) revert NotPaused();
        _lastPause().until = uint64(block.timestamp);
        emit FilingsResumed();
    }

    /// @inheritdoc IOdfHub
    function paused() public view returns (bool) {
        return _pauses.length != 0 && block.timestamp < _lastPause().until;
    }

    /// @inheritdoc IOdfHub
    /// @dev Looks back over the pauses since then only: at most one in 14 days, so few.
    function pausedSecondsSince(uint64 since) external view returns (uint64) {
        uint256 total = 0;
        for (uint256 i = _pauses.length; i > 0; --i) {
            Pause memory past = _pauses[i - 1];
            if (past.until <= since) break;
            uint256 until = Math.min(past.until, block.timestamp);
            total += Math.saturatingSub(until, Math.max(past.from, since));
        }
        return uint64(total);
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

    function _lastPause() private view returns (Pause storage) {
        return _pauses[_pauses.length - 1];
    }

    /// Who resolves disputes may not also veto their outcome, now or by a later grant.
    function _grantRole(bytes32 role, address account) internal override returns (bool) {
        bool isResolver = role == RESOLVER_ROLE || hasRole(RESOLVER_ROLE, account);
        bool isVeto = role == VETO_ROLE || hasRole(VETO_ROLE, account);
        if (isResolver && isVeto) revert RolesOverlap();
        return super._grantRole(role, account);
    }
}
