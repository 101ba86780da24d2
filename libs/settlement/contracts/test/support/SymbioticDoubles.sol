// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISymbioticSlasherView, ISymbioticVaultView} from "../../src/interfaces/IOracles.sol";

/// @dev A vault and its slasher in one, whose histories are told at times.
contract SymbioticVaultDouble is ISymbioticVaultView, ISymbioticSlasherView {
    address public collateral;
    address public slasher = address(this);
    uint256 private _all;
    mapping(address account => uint256) private _own;
    uint48[] private _slashTimes;
    mapping(uint48 timestamp => mapping(bytes32 key => uint256)) private _slashed;

    constructor(address collateral_) {
        collateral = collateral_;
    }

    function setCollateral(address collateral_) external {
        collateral = collateral_;
    }

    function setSlasher(address slasher_) external {
        slasher = slasher_;
    }

    function setShares(address account, uint256 own, uint256 all) external {
        _own[account] = own;
        _all = all;
    }

    /// Shares are halved by every slash, so that a look at the wrong time shows.
    function slash(bytes32 subnetwork, address operator, uint48 timestamp, uint256 amount) external {
        _slashTimes.push(timestamp);
        _slashed[timestamp][keccak256(abi.encode(subnetwork, operator))] += amount;
    }

    function cumulativeSlashAt(bytes32 subnetwork, address operator, uint48 timestamp, bytes memory)
        external
        view
        returns (uint256 sum)
    {
        for (uint256 i; i < _slashTimes.length; ++i) {
            if (_slashTimes[i] > timestamp) continue;
            sum += _slashed[_slashTimes[i]][keccak256(abi.encode(subnetwork, operator))];
        }
    }

    function activeSharesAt(uint48, bytes memory) external view returns (uint256) {
        return _all;
    }

    function activeSharesOfAt(address account, uint48 timestamp, bytes memory) external view returns (uint256 own) {
        own = _own[account];
        for (uint256 i; i < _slashTimes.length; ++i) {
            if (_slashTimes[i] <= timestamp) own /= 2;
        }
    }
}
