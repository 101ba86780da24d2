// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAllocationManagerView, IDelegationManagerView, ISlashOracle, IStrategyView} from "../interfaces/IOracles.sol";
import {Receipts} from "../lib/Receipts.sol";
import {SlashFact} from "../Types.sol";
import {BlockAnchors} from "./BlockAnchors.sol";

/// @title Proves slashes of EigenLayer from the receipts of anchored blocks: exact, and no one is trusted.
/// @notice Own loss: what the log says was slashed, times the operator's own part of what is delegated to it when the slash is proved.
/// A sole self-delegated staker owns all of it. Others may move that part by delegating after the slash, so an operator that relies on
/// cover sets itself as its delegation approver; leaving delegators raise the part at most to the whole, which the award's
/// liability bounds.
contract ReceiptOracle is ISlashOracle, BlockAnchors {
    using Receipts for Receipts.Log;
    using Receipts for Memory.Slice[];

    /// @notice Topic of the AllocationManager's event; it indexes nothing.
    bytes32 public constant OPERATOR_SLASHED =
        keccak256("OperatorSlashed(address,(address,uint32),address[],uint256[],string)");
    /// @notice Topic of the DelegationManager's event; it indexes the operator.
    bytes32 public constant OPERATOR_SHARES_SLASHED = keccak256("OperatorSharesSlashed(address,address,uint256)");
    /// @notice EigenLayer's name for beacon chain stake; there is no contract at it, and a share is a wei.
    address public constant BEACON_STRATEGY = 0xbeaC0eeEeeeeEEeEeEEEEeeEEeEeeeEeeEEBEaC0;
    /// @notice Recipient of slashed funds where an operator set does not redistribute.
    address public constant BURN_ADDRESS = 0x00000000000000000000000000000000000E16E4;

    address public immutable allocationManager;
    address public immutable delegationManager;

    /// @notice The log is no slash of the AllocationManager.
    error NotASlash(uint256 logIndex);
    /// @notice The slash took nothing of this strategy.
    error StrategyNotSlashed(address strategy);

    /// @notice What `slashFact` takes, abi-encoded.
    struct Evidence {
        /// RLP of the header of the anchored block.
        bytes header;
        uint256 transactionIndex;
        /// Nodes of the receipts trie, the root first.
        bytes[] proof;
        /// Of `OperatorSlashed`, counted in the receipt.
        uint256 logIndex;
        /// Which of the slashed strategies is claimed for.
        address strategy;
    }

    struct Slash {
        address operator;
        IAllocationManagerView.OperatorSet operatorSet;
        address[] strategies;
        uint256[] wadSlashed;
        string description;
    }

    constructor(address allocationManager_, address delegationManager_) {
        allocationManager = allocationManager_;
        delegationManager = delegationManager_;
    }

    /// @inheritdoc ISlashOracle
    function isCommittee() external pure returns (bool) {
        return false;
    }

    /// @inheritdoc ISlashOracle
    function slashFact(bytes calldata evidence) external view returns (SlashFact memory fact) {
        Evidence memory given = abi.decode(evidence, (Evidence));
        Memory.Slice[] memory header = _anchored(given.header);
        Memory.Slice[] memory logs =
            Receipts.logsAt(BlockHeader.getReceiptsRoot(header), given.transactionIndex, given.proof);
        Slash memory slash = _slashAt(logs, given.logIndex);
        uint256 shares = _sharesBefore(logs, given.logIndex, slash.operator, given.strategy);
        fact.blockNumber = uint64(BlockHeader.getNumber(header));
        fact.timestamp = uint64(BlockHeader.getTimestamp(header));
        fact.key = keyOf(fact.blockNumber, given.transactionIndex, given.logIndex, given.strategy);
        fact.operator = slash.operator;
        fact.avs = slash.operatorSet.avs;
        fact.operatorSetId = slash.operatorSet.id;
        fact.descriptionHash = keccak256(bytes(slash.description));
        fact.asset = assetOf(given.strategy);
        fact.loss = _underlyingOf(given.strategy, _ownPart(slash.operator, given.strategy, shares));
        fact.slasher = IAllocationManagerView(allocationManager).getSlasher(slash.operatorSet);
        fact.redistributed = _isRedistributed(slash.operatorSet);
    }

    /// @notice Identity of a loss; `logIndex` counts in the receipt.
    function keyOf(uint256 blockNumber, uint256 transactionIndex, uint256 logIndex, address strategy)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, blockNumber, transactionIndex, logIndex, strategy));
    }

    /// @notice Underlying asset of a strategy; zero: the chain's own.
    function assetOf(address strategy) public view returns (address) {
        return strategy == BEACON_STRATEGY ? address(0) : IStrategyView(strategy).underlyingToken();
    }

    function _slashAt(Memory.Slice[] memory logs, uint256 logIndex) private view returns (Slash memory slash) {
        Receipts.Log memory log = logs.logAt(logIndex);
        if (!log.isEvent(allocationManager, OPERATOR_SLASHED)) revert NotASlash(logIndex);
        (slash.operator, slash.operatorSet, slash.strategies, slash.wadSlashed, slash.description) =
            abi.decode(log.data, (address, IAllocationManagerView.OperatorSet, address[], uint256[], string));
    }

    /// The shares of one strategy: EigenLayer logs them before the slash that they belong to, and after any slash before it.
    function _sharesBefore(Memory.Slice[] memory logs, uint256 logIndex, address operator, address strategy)
        private
        view
        returns (uint256)
    {
        for (uint256 i = logIndex; i > 0; --i) {
            Receipts.Log memory log = logs.logAt(i - 1);
            if (log.isEvent(allocationManager, OPERATOR_SLASHED)) break;
            if (!log.isEvent(delegationManager, OPERATOR_SHARES_SLASHED)) continue;
            if (log.topics[1] != bytes32(uint256(uint160(operator)))) continue;
            (address slashed, uint256 shares) = abi.decode(log.data, (address, uint256));
            if (slashed == strategy && shares != 0) return shares;
        }
        revert StrategyNotSlashed(strategy);
    }

    /// Where nothing is delegated any more (all was slashed or has left) the whole counts.
    function _ownPart(address operator, address strategy, uint256 shares) private view returns (uint256) {
        IDelegationManagerView delegation = IDelegationManagerView(delegationManager);
        uint256 delegated = delegation.operatorShares(operator, strategy);
        if (delegated == 0) return shares;
        if (delegation.delegatedTo(operator) != operator) return 0;
        address[] memory strategies = new address[](1);
        strategies[0] = strategy;
        (uint256[] memory own,) = delegation.getWithdrawableShares(operator, strategies);
        return Math.mulDiv(shares, Math.min(own[0], delegated), delegated);
    }

    function _underlyingOf(address strategy, uint256 shares) private view returns (uint256) {
        return strategy == BEACON_STRATEGY ? shares : IStrategyView(strategy).sharesToUnderlyingView(shares);
    }

    function _isRedistributed(IAllocationManagerView.OperatorSet memory operatorSet) private view returns (bool) {
        address recipient = IAllocationManagerView(allocationManager).getRedistributionRecipient(operatorSet);
        return recipient != BURN_ADDRESS && recipient != address(0);
    }
}
