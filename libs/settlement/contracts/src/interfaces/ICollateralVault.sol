// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Collateral per (owner, asset): total = free + locked + unbonding. Payouts are pulled.
interface ICollateralVault {
    event Deposited(address indexed owner, address indexed asset, uint256 amount);
    event UnbondingRequested(address indexed owner, address indexed asset, uint256 amount, uint64 readyAt);
    event Withdrawn(address indexed owner, address indexed asset, address to, uint256 amount);
    event Locked(address indexed owner, address indexed asset, uint256 amount);
    event Released(address indexed owner, address indexed asset, uint256 amount);
    /// @notice Collateral became somebody else's entitlement.
    event Seized(address indexed owner, address indexed asset, address indexed beneficiary, uint256 amount);
    event Collected(address indexed beneficiary, address indexed asset, address to, uint256 amount);

    /// @notice Adds collateral for `owner`; native asset by value, tokens by allowance and measured by balance.
    /// @return credited What the vault received.
    function deposit(address owner, address asset, uint256 amount) external payable returns (uint256 credited);

    /// @notice Starts the 21 days after which free funds may leave; one pending request per (owner, asset), more adds and restarts it.
    function requestUnbond(address asset, uint256 amount) external;

    /// @notice Takes unbonded funds out.
    function withdraw(address asset, address to) external returns (uint256 amount);

    /// @notice Locks free funds; only CoverLines.
    function lock(address owner, address asset, uint256 amount) external;

    /// @notice Frees locked funds; only CoverLines.
    function release(address owner, address asset, uint256 amount) external;

    /// @notice Turns locked funds, then as second recourse unbonding ones, into an entitlement; only CoverLines, whose line accounts for it.
    /// @return seized What there was, at most `amount`.
    function seize(address owner, address asset, uint256 amount, address beneficiary) external returns (uint256 seized);

    /// @notice Pulls an entitlement.
    function collect(address asset, address to) external returns (uint256 amount);

    function balanceOf(address owner, address asset)
        external
        view
        returns (uint256 total, uint256 locked, uint256 unbonding, uint64 readyAt);
    function freeOf(address owner, address asset) external view returns (uint256);
    function entitlementOf(address beneficiary, address asset) external view returns (uint256);
}
