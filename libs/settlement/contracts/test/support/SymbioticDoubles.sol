// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISymbioticSlasherView, ISymbioticVaultView} from "../../src/interfaces/IOracles.sol";

/// @dev A vault and its slasher in one, whose histories are told at times.
contract SymbioticVaultDouble is ISymbioticVaultView, ISymbioticSlasherView {
    address public collateral;
    address public slasher = address(this);
    uint256 private _all;
    uint256 private _stake;
    uint48 private _emptyFrom = type(uint48).max;
    mapping(address account => uint256) private _own;
    Slash[] private _slashes;

    /// What the history counts, and what of it active shares lost: the rest was in withdrawal, or not there.
    struct Slash {
        bytes32 subnetwork;
        address operator;
        uint48 timestamp;
        uint256 amount;
        uint256 active;
    }

    constructor(address collateral_) {
        collateral = collateral_;
    }

    function setCollateral(address collateral_) external {
        collateral = collateral_;
    }

    function setSlasher(address slasher_) external {
        slasher = slasher_;
    }

    function setShares(address account, uint256 own, uint256 all, uint256 stake) external {
        _own[account] = own;
        (_all, _stake) = (all, stake);
    }

    /// All shares leave.
    function empty(uint48 timestamp) external {
        _emptyFrom = timestamp;
    }

    function slash(bytes32 subnetwork, address operator, uint48 timestamp, uint256 amount) external {
        slash(subnetwork, operator, timestamp, amount, amount);
    }

    function slash(bytes32 subnetwork, address operator, uint48 timestamp, uint256 amount, uint256 active) public {
        _slashes.push(Slash(subnetwork, operator, timestamp, amount, active));
    }

    function cumulativeSlashAt(bytes32 subnetwork, address operator, uint48 timestamp, bytes memory)
        external
        view
        returns (uint256 sum)
    {
        for (uint256 i; i < _slashes.length; ++i) {
            Slash storage one = _slashes[i];
            bool isOf = one.subnetwork == subnetwork && one.operator == operator;
            if (isOf && one.timestamp <= timestamp) sum += one.amount;
        }
    }

    function activeStakeAt(uint48 timestamp, bytes memory) external view returns (uint256 stake) {
        stake = _stake;
        for (uint256 i; i < _slashes.length; ++i) {
            if (_slashes[i].timestamp <= timestamp) stake -= _slashes[i].active;
        }
    }

    function activeSharesAt(uint48 timestamp, bytes memory) external view returns (uint256) {
        return timestamp < _emptyFrom ? _all : 0;
    }

    /// Halved by every slash, as if the operator withdrew then, so that a look at the wrong time shows.
    function activeSharesOfAt(address account, uint48 timestamp, bytes memory) external view returns (uint256 own) {
        own = _own[account];
        for (uint256 i; i < _slashes.length; ++i) {
            if (_slashes[i].timestamp <= timestamp) own /= 2;
        }
    }
}
