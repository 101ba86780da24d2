// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IOdfHub} from "./interfaces/IOdfHub.sol";

/// @title Collateral per (owner, asset): free + locked + unbonding. Payouts are pulled.
/// @notice Nobody but CoverLines locks or seizes, and nothing here can be paused: free funds can always leave.
/// @dev Each wei is counted once, as free, locked, unbonding or somebody's entitlement; the sum never exceeds what the vault holds.
contract CollateralVault is ICollateralVault, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice How long unbonding takes, so that a slash is known before its collateral is gone.
    uint64 public constant UNBOND_DELAY = 21 days;

    address private constant NATIVE = address(0);

    /// @notice The hub that names the other contracts.
    IOdfHub public immutable hub;

    /// The total is the sum of the parts and stored nowhere, so that no part can exceed it.
    struct Account {
        uint256 free;
        uint256 locked;
        uint256 unbonding;
        uint64 readyAt;
    }

    mapping(address owner => mapping(address asset => Account)) private _accounts;
    mapping(address beneficiary => mapping(address asset => uint256)) private _entitlements;

    /// @notice The hub does not allow collateral in this asset.
    error AssetNotAllowed(address asset);
    /// @notice The value sent is not the amount of a native deposit, or came with a token.
    error WrongValue();
    /// @notice There is nothing to move.
    error NothingToMove();
    /// @notice More was asked than there is.
    error Insufficient(uint256 available, uint256 wanted);
    /// @notice The funds leave at `readyAt`, Unix seconds.
    error StillUnbonding(uint64 readyAt);
    /// @notice Only CoverLines may do this.
    error OnlyLines();
    /// @notice The zero address owns and receives nothing.
    error ZeroAddress();

    modifier onlyLines() {
        if (msg.sender != hub.lines()) revert OnlyLines();
        _;
    }

    constructor(IOdfHub hub_) {
        hub = hub_;
    }

    /// @inheritdoc ICollateralVault
    function deposit(address owner, address asset, uint256 amount)
        external
        payable
        nonReentrant
        returns (uint256 credited)
    {
        if (owner == address(0)) revert ZeroAddress();
        if (!hub.isAssetAllowed(asset)) revert AssetNotAllowed(asset);
        credited = _receive(asset, amount);
        if (credited == 0) revert NothingToMove();
        _accounts[owner][asset].free += credited;
        emit Deposited(owner, asset, credited);
    }

    /// @inheritdoc ICollateralVault
    function requestUnbond(address asset, uint256 amount) external {
        if (amount == 0) revert NothingToMove();
        Account storage account = _accounts[msg.sender][asset];
        _takeFree(account, amount);
        account.unbonding += amount;
        account.readyAt = uint64(block.timestamp) + UNBOND_DELAY;
        emit UnbondingRequested(msg.sender, asset, amount, account.readyAt);
    }

    /// @inheritdoc ICollateralVault
    function withdraw(address asset, address to) external nonReentrant returns (uint256 amount) {
        Account storage account = _accounts[msg.sender][asset];
        amount = account.unbonding;
        if (amount == 0) revert NothingToMove();
        if (block.timestamp < account.readyAt) revert StillUnbonding(account.readyAt);
        account.unbonding = 0;
        account.readyAt = 0;
        emit Withdrawn(msg.sender, asset, to, amount);
        _send(asset, to, amount);
    }

    /// @inheritdoc ICollateralVault
    function lock(address owner, address asset, uint256 amount) external onlyLines {
        Account storage account = _accounts[owner][asset];
        _takeFree(account, amount);
        account.locked += amount;
        emit Locked(owner, asset, amount);
    }

    /// @inheritdoc ICollateralVault
    function release(address owner, address asset, uint256 amount) external onlyLines {
        Account storage account = _accounts[owner][asset];
        if (amount > account.locked) revert Insufficient(account.locked, amount);
        account.locked -= amount;
        account.free += amount;
        emit Released(owner, asset, amount);
    }

    /// @inheritdoc ICollateralVault
    function seize(address owner, address asset, uint256 amount, address beneficiary)
        external
        onlyLines
        returns (uint256 seized)
    {
        if (beneficiary == address(0)) revert ZeroAddress();
        Account storage account = _accounts[owner][asset];
        uint256 fromLocked = _least(amount, account.locked);
        uint256 fromUnbonding = _least(amount - fromLocked, account.unbonding);
        account.locked -= fromLocked;
        account.unbonding -= fromUnbonding;
        seized = fromLocked + fromUnbonding;
        _entitlements[beneficiary][asset] += seized;
        emit Seized(owner, asset, beneficiary, seized);
    }

    /// @inheritdoc ICollateralVault
    function collect(address asset, address to) external nonReentrant returns (uint256 amount) {
        amount = _entitlements[msg.sender][asset];
        if (amount == 0) revert NothingToMove();
        _entitlements[msg.sender][asset] = 0;
        emit Collected(msg.sender, asset, to, amount);
        _send(asset, to, amount);
    }

    /// @inheritdoc ICollateralVault
    function balanceOf(address owner, address asset)
        external
        view
        returns (uint256 total, uint256 locked, uint256 unbonding, uint64 readyAt)
    {
        Account storage account = _accounts[owner][asset];
        locked = account.locked;
        unbonding = account.unbonding;
        total = account.free + locked + unbonding;
        readyAt = account.readyAt;
    }

    /// @inheritdoc ICollateralVault
    function freeOf(address owner, address asset) external view returns (uint256) {
        return _accounts[owner][asset].free;
    }

    /// @inheritdoc ICollateralVault
    function entitlementOf(address beneficiary, address asset) external view returns (uint256) {
        return _entitlements[beneficiary][asset];
    }

    function _takeFree(Account storage account, uint256 amount) private {
        if (amount > account.free) revert Insufficient(account.free, amount);
        account.free -= amount;
    }

    /// Counts what arrived, since a token may keep a part of every transfer.
    function _receive(address asset, uint256 amount) private returns (uint256) {
        if (msg.value != (asset == NATIVE ? amount : 0)) revert WrongValue();
        if (asset == NATIVE) return amount;
        uint256 before = IERC20(asset).balanceOf(address(this));
        IERC20(asset).safeTransferFrom(msg.sender, address(this), amount);
        return IERC20(asset).balanceOf(address(this)) - before;
    }

    function _send(address asset, address to, uint256 amount) private {
        if (to == address(0)) revert ZeroAddress();
        if (asset == NATIVE) Address.sendValue(payable(to), amount);
        else IERC20(asset).safeTransfer(to, amount);
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
