// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Attribution, SlashFact} from "../Types.sol";

/// @title Proves that an operator was slashed.
interface ISlashOracle {
    /// @notice The slash that `evidence` proves; reverts where it proves none.
    function slashFact(bytes calldata evidence) external view returns (SlashFact memory);

    /// @notice Whether the fact rests on a committee's word, so that claims on it need more than silence.
    function isCommittee() external view returns (bool);
}

/// @title Says which response an operator was slashed for.
interface ISlashAttributor {
    /// @notice The slashed response of an operator to a task (`odf/1` task id); fault zero where there is none.
    function responseOf(address avs, bytes32 taskId, address operator) external view returns (Attribution memory);

    /// @notice Whether a counter-proof takes the fault back.
    function isRefuted(address avs, bytes32 taskId, address operator, bytes calldata counterProof)
        external
        view
        returns (bool);
}

/// @title Says which response of an operator an AVS accepted for good.
interface IAcceptanceOracle {
    /// @return responseDigest What the operator's signature covered; zero where nothing was accepted.
    /// @return isFinal Whether the challenge window has passed without a slash.
    function acceptedResponse(address avs, bytes32 taskId, address operator)
        external
        view
        returns (bytes32 responseDigest, bool isFinal);
}

/// @title The parts of EigenLayer's AllocationManager that are read (own declaration; selectors as deployed).
interface IAllocationManagerView {
    struct OperatorSet {
        address avs;
        uint32 id;
    }

    function getSlasher(OperatorSet memory operatorSet) external view returns (address);
    function getRedistributionRecipient(OperatorSet memory operatorSet) external view returns (address);
    function isMemberOfOperatorSet(address operator, OperatorSet memory operatorSet) external view returns (bool);
}

/// @title The parts of EigenLayer's DelegationManager that are read (own declaration; selectors as deployed).
interface IDelegationManagerView {
    function delegatedTo(address staker) external view returns (address);
    function operatorShares(address operator, address strategy) external view returns (uint256);
    function getWithdrawableShares(address staker, address[] memory strategies)
        external
        view
        returns (uint256[] memory withdrawableShares, uint256[] memory depositShares);
}

/// @title The parts of an EigenLayer strategy that are read.
interface IStrategyView {
    function underlyingToken() external view returns (address);
    function sharesToUnderlyingView(uint256 shares) external view returns (uint256);
}

/// @title The parts of a Symbiotic vault that are read (own declaration; selectors as deployed). Times in Unix seconds.
interface ISymbioticVaultView {
    function collateral() external view returns (address);
    function slasher() external view returns (address);
    /// @notice What active shares are worth together; pending withdrawals are slashed apart from them.
    function activeStakeAt(uint48 timestamp, bytes memory hint) external view returns (uint256);
    function activeSharesAt(uint48 timestamp, bytes memory hint) external view returns (uint256);
    function activeSharesOfAt(address account, uint48 timestamp, bytes memory hint) external view returns (uint256);
}

/// @title The history of a Symbiotic vault's slasher (own declaration; selector as deployed).
interface ISymbioticSlasherView {
    /// @param subnetwork The network's address in the upper 20 bytes, its own number in the lower 12.
    function cumulativeSlashAt(bytes32 subnetwork, address operator, uint48 timestamp, bytes memory hint)
        external
        view
        returns (uint256);
}

/// @title Hashes of blocks that outlive the chain's own memory of them.
interface IBlockAnchors {
    /// @notice A block's hash is kept for good.
    event BlockAnchored(uint256 indexed blockNumber, bytes32 blockHash);

    /// @notice Keeps the hash of one of the last 8,191 blocks; by anybody, any number of times.
    function anchor(uint256 blockNumber) external returns (bytes32 blockHash);

    /// @notice Keeps the hash of an older block, which the headers lead back to from an anchored one; by anybody.
    /// @param headers RLP of consecutive headers, the anchored block's first, the child of the older one last.
    function anchorBefore(bytes[] calldata headers) external returns (uint256 blockNumber, bytes32 blockHash);

    /// @notice Hash of an anchored block; zero for others.
    function anchorOf(uint256 blockNumber) external view returns (bytes32);
}
