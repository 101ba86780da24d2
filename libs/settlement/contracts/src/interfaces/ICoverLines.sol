// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Line} from "../Types.sol";

/// @title Standing promises of collateral; each locks its cap once.
interface ICoverLines {
    /// @notice A line was opened; its terms are the data.
    event LineOpened(bytes32 indexed lineId, bytes32 indexed coprocessor, address indexed owner, Line line);
    /// @notice A claim holds a part of the line back, or gave it free again.
    event LineHeld(bytes32 indexed lineId, uint256 held);
    /// @notice A claim was paid from the line.
    event LineDrawn(bytes32 indexed lineId, uint256 amount, uint256 spent);
    /// @notice What was left is free again.
    event LineClosed(bytes32 indexed lineId, uint256 released);

    /// @notice Opens a line and locks its cap. The owner signs EIP-712 or is the sender; on a dedicated line so does the operator.
    function open(Line calldata line, bytes calldata ownerSignature, bytes calldata operatorSignature)
        external
        returns (bytes32 lineId);

    /// @notice Frees what is left once `validUntil + slashTail + 30 days` have passed and no claim holds any of it; by anybody.
    function close(bytes32 lineId) external;

    /// @notice Holds a part of the line for a claim; only FraudClaims.
    function hold(bytes32 lineId, uint256 amount) external;

    /// @notice Gives a hold back; only FraudClaims.
    function unhold(bytes32 lineId, uint256 amount) external;

    /// @notice Turns a hold into a payment of the vault to `beneficiary`; only FraudClaims.
    function draw(bytes32 lineId, uint256 amount, address beneficiary) external returns (uint256 paid);

    /// @notice EIP-712 digest of the terms, which is the line's id.
    function idOf(Line calldata line) external view returns (bytes32);
    function lineOf(bytes32 lineId) external view returns (Line memory);
    function exists(bytes32 lineId) external view returns (bool);
    /// @notice What claims may still take: cap − spent − held; zero when closed.
    function remaining(bytes32 lineId) external view returns (uint256);
}
