// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {AvsTerms} from "../Types.sol";

/// @title The contract that names the others, holds roles and bounded parameters; its address is in every signing domain.
interface IOdfHub is IAccessControl {
    function registry() external view returns (address);
    function vault() external view returns (address);
    function lines() external view returns (address);
    function claims() external view returns (address);
    function escrow() external view returns (address);

    function PARAM_ROLE() external view returns (bytes32);
    function GUARDIAN_ROLE() external view returns (bytes32);
    function RESOLVER_ROLE() external view returns (bytes32);
    function VETO_ROLE() external view returns (bytes32);

    /// @notice EIP-712 domain separator of every ODF contract.
    function domainSeparator() external view returns (bytes32);

    /// @notice The EIP-712 digest of a struct hash.
    function typedDigest(bytes32 structHash) external view returns (bytes32);

    /// @notice The `odf/1` signing domain; `relayRoot` zero for messages that are bound to no relay.
    function signingDomain(bytes4 domainType, bytes32 relayRoot) external view returns (bytes32);

    /// @notice Terms of an AVS; `listed` false where the hub does not know it.
    function avsTerms(bytes32 avsId) external view returns (AvsTerms memory);

    /// @notice Whether collateral may be posted in this asset; the chain's own (zero) always.
    function isAssetAllowed(address asset) external view returns (bool);

    /// @notice Whether an oracle or attributor may be named by new lines.
    function isOracleAllowed(address oracle) external view returns (bool);

    /// @notice Wei that a registration posts.
    function registrationBond() external view returns (uint256);

    /// @notice The least bond of a claim or dispute, wei.
    function claimBond() external view returns (uint256);

    /// @notice Whether new lines and filings are paused.
    function paused() external view returns (bool);

    /// @notice Seconds since `since` (Unix seconds) in which filings were paused: what deadlines are extended by.
    function pausedSecondsSince(uint64 since) external view returns (uint64);
}
