// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStrategyView} from "../interfaces/IOracles.sol";

/// @title For development: an EigenLayer strategy whose shares are its token one to one.
contract MockStrategy is IStrategyView {
    /// @inheritdoc IStrategyView
    address public immutable underlyingToken;

    constructor(address token) {
        underlyingToken = token;
    }

    /// @inheritdoc IStrategyView
    function sharesToUnderlyingView(uint256 shares) external pure returns (uint256) {
        return shares;
    }
}
