// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {ICoprocessorRegistry} from "./interfaces/ICoprocessorRegistry.sol";
import {IOdfHub} from "./interfaces/IOdfHub.sol";
import {EthBls, G1, G2} from "./lib/EthBls.sol";
import {OdfMessages} from "./lib/OdfMessages.sol";

/// @title Who owns which coprocessor key, each behind a bond: what an identity costs.
/// @notice A key is known by its root (SHA-256 of its 48 compressed bytes and 16 zeros), registers once, and keeps its owner for
/// ever, so that revoking it escapes nothing.
contract CoprocessorRegistry is ICoprocessorRegistry, ReentrancyGuard {
    /// @notice Seconds after the revocation until the bond may leave.
    uint64 public constant BOND_TAIL = 21 days;

    /// @notice The hub whose address the possession is signed for, and which sets the bond.
    IOdfHub public immutable hub;

    struct Registration {
        address owner;
        /// Unix seconds; zero while the key is active.
        uint64 revokedAt;
        /// Wei as posted: later changes of the hub's bond do not touch it.
        uint256 bond;
    }

    mapping(bytes32 coprocessor => Registration) private _registrations;

    /// @notice Exactly `required` wei must come along.
    error WrongBond(uint256 required);
    error NoOwner();
    error AlreadyRegistered(bytes32 coprocessor);
    /// @notice The key did not sign ProofOfPossession{key, owner} for this hub and chain.
    error BadPossession();
    error NotOwner();
    error AlreadyRevoked();
    error NotRevoked();
    /// @notice Unix seconds from which on the bond may leave.
    error BondLocked(uint64 until);
    error BondGone();

    constructor(IOdfHub hub_) {
        hub = hub_;
    }

    /// @inheritdoc ICoprocessorRegistry
    /// @dev By anybody who pays: the key itself names its owner, so front-running gains nothing.
    function register(G1 calldata key, G2 calldata possession, address owner)
        external
        payable
        returns (bytes32 coprocessor)
    {
        uint256 required = hub.registrationBond();
        if (msg.value != required) revert WrongBond(required);
        if (owner == address(0)) revert NoOwner();
        coprocessor = EthBls.keyRoot(key);
        if (_registrations[coprocessor].owner != address(0)) revert AlreadyRegistered(coprocessor);
        bytes32 domain = hub.signingDomain(OdfMessages.POSSESSION, bytes32(0));
        bytes32 signingRoot = OdfMessages.signingRoot(OdfMessages.possessionRoot(coprocessor, owner), domain);
        if (!EthBls.verify(key, signingRoot, possession)) revert BadPossession();
        _registrations[coprocessor] = Registration({owner: owner, revokedAt: 0, bond: msg.value});
        emit CoprocessorRegistered(coprocessor, owner, EthBls.compress(key));
    }

    /// @inheritdoc ICoprocessorRegistry
    function revoke(bytes32 coprocessor) external {
        Registration storage registration = _owned(coprocessor);
        if (registration.revokedAt != 0) revert AlreadyRevoked();
        registration.revokedAt = uint64(block.timestamp);
        emit CoprocessorRevoked(coprocessor);
    }

    /// @inheritdoc ICoprocessorRegistry
    function withdrawBond(bytes32 coprocessor, address payable to) external nonReentrant {
        Registration storage registration = _owned(coprocessor);
        if (registration.revokedAt == 0) revert NotRevoked();
        uint64 until = registration.revokedAt + BOND_TAIL;
        if (block.timestamp < until) revert BondLocked(until);
        uint256 amount = registration.bond;
        if (amount == 0) revert BondGone();
        registration.bond = 0;
        emit BondWithdrawn(coprocessor, to, amount);
        Address.sendValue(to, amount);
    }

    /// @inheritdoc ICoprocessorRegistry
    function ownerOf(bytes32 coprocessor) external view returns (address) {
        return _registrations[coprocessor].owner;
    }

    /// @inheritdoc ICoprocessorRegistry
    function isActive(bytes32 coprocessor) external view returns (bool) {
        Registration storage registration = _registrations[coprocessor];
        return registration.owner != address(0) && registration.revokedAt == 0;
    }

    /// @notice A key's owner, when it was revoked (Unix seconds, zero: never) and the wei still bonded.
    function registrationOf(bytes32 coprocessor) external view returns (Registration memory) {
        return _registrations[coprocessor];
    }

    function _owned(bytes32 coprocessor) private view returns (Registration storage registration) {
        registration = _registrations[coprocessor];
        if (registration.owner != msg.sender) revert NotOwner();
    }
}
