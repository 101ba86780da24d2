// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title For development: EigenLayer's DelegationManager as far as solo stakers need it, each its own only delegator.
/// @notice Stake is claimed, not deposited: never use it where it counts.
contract MockDelegationManager {
    /// @notice The contract that may slash shares.
    address public immutable allocationManager;

    mapping(address operator => mapping(address strategy => uint256)) public operatorShares;
    /// @notice Whom a staker has delegated to: itself, once it has stake.
    mapping(address staker => address) public delegatedTo;

    /// @notice Shares were slashed, queued withdrawals included.
    event OperatorSharesSlashed(address indexed operator, address strategy, uint256 totalSlashedShares);

    error OnlyAllocationManager();

    constructor() {
        allocationManager = msg.sender;
    }

    /// @notice Makes the caller an operator with so many more shares of its own.
    function stake(address strategy, uint256 shares) external {
        delegatedTo[msg.sender] = msg.sender;
        operatorShares[msg.sender][strategy] += shares;
    }

    /// @notice Takes the part of an operator's shares that its magnitude has lost; only the AllocationManager.
    function slashOperatorShares(address operator, address strategy, uint64 before, uint64 afterwards)
        external
        returns (uint256 slashed)
    {
        if (msg.sender != allocationManager) revert OnlyAllocationManager();
        uint256 shares = operatorShares[operator][strategy];
        slashed = shares - Math.mulDiv(shares, afterwards, before);
        operatorShares[operator][strategy] = shares - slashed;
        emit OperatorSharesSlashed(operator, strategy, slashed);
    }

    /// @notice A staker's own shares, strategy by strategy.
    function getWithdrawableShares(address staker, address[] memory strategies)
        external
        view
        returns (uint256[] memory withdrawableShares, uint256[] memory depositShares)
    {
        withdrawableShares = new uint256[](strategies.length);
        for (uint256 i; i < strategies.length; ++i) {
            withdrawableShares[i] = operatorShares[staker][strategies[i]];
        }
        return (withdrawableShares, withdrawableShares);
    }
}
