// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title For development: an ERC-20 that anybody mints.
contract TestToken is ERC20 {
    constructor(string memory name_, string memory symbol_) ERC20(name_, symbol_) {}

    /// @notice Makes so many tokens for `to`.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
