// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAllocationManager} from "./IEigenLayer.sol";
import {MockDelegationManager} from "./MockDelegationManager.sol";

/// @title For development: operator sets, allocations and slashing with EigenLayer's selectors and events, without its delays.
contract MockAllocationManager is IAllocationManager {
    uint64 private constant WAD = 1e18;
    /// @notice EigenLayer's default recipient of what was slashed.
    address private constant BURN_ADDRESS = 0x00000000000000000000000000000000000E16E4;

    /// @notice Keeps the operators' shares.
    MockDelegationManager public immutable delegation;

    struct Set {
        address slasher;
        uint256 slashes;
        address[] strategies;
    }

    mapping(bytes32 setKey => Set) private _sets;
    mapping(bytes32 setKey => mapping(address operator => bool)) private _members;
    mapping(bytes32 setKey => mapping(address operator => mapping(address strategy => uint64))) private _magnitudes;
    /// Allocated to all sets together, and lost by slashes so far; of 1e18.
    mapping(address operator => mapping(address strategy => uint64)) private _allocated;
    mapping(address operator => mapping(address strategy => uint64)) private _lost;

    error NotPermitted();
    error SetExists();
    error UnknownSet();
    error NotSlasher();
    error NotMember();
    error InputsDiffer();
    error OverAllocated(uint64 available);

    constructor() {
        delegation = new MockDelegationManager();
    }

    /// @inheritdoc IAllocationManager
    function createOperatorSets(address avs, CreateSetParamsV2[] calldata params) external {
        if (msg.sender != avs) revert NotPermitted();
        for (uint256 i; i < params.length; ++i) {
            OperatorSet memory operatorSet = OperatorSet(avs, params[i].operatorSetId);
            Set storage set = _sets[_key(operatorSet)];
            if (set.slasher != address(0)) revert SetExists();
            set.slasher = params[i].slasher;
            set.strategies = params[i].strategies;
            emit OperatorSetCreated(operatorSet);
        }
    }

    /// @inheritdoc IAllocationManager
    function registerForOperatorSets(address operator, RegisterParams calldata params) external {
        if (msg.sender != operator) revert NotPermitted();
        for (uint256 i; i < params.operatorSetIds.length; ++i) {
            OperatorSet memory operatorSet = OperatorSet(params.avs, params.operatorSetIds[i]);
            bytes32 key = _key(operatorSet);
            if (_sets[key].slasher == address(0)) revert UnknownSet();
            _members[key][operator] = true;
            emit OperatorAddedToOperatorSet(operator, operatorSet);
        }
    }

    /// @inheritdoc IAllocationManager
    function modifyAllocations(address operator, AllocateParams[] calldata params) external {
        if (msg.sender != operator) revert NotPermitted();
        for (uint256 i; i < params.length; ++i) {
            if (params[i].strategies.length != params[i].newMagnitudes.length) revert InputsDiffer();
            bytes32 key = _key(params[i].operatorSet);
            for (uint256 j; j < params[i].strategies.length; ++j) {
                _allocate(key, operator, params[i].strategies[j], params[i].newMagnitudes[j]);
            }
        }
    }

    /// @inheritdoc IAllocationManager
    function slashOperator(address avs, SlashingParams calldata params)
        external
        returns (uint256 slashId, uint256[] memory shares)
    {
        OperatorSet memory operatorSet = OperatorSet(avs, params.operatorSetId);
        bytes32 key = _key(operatorSet);
        if (msg.sender != _sets[key].slasher) revert NotSlasher();
        if (!_members[key][params.operator]) revert NotMember();
        if (params.strategies.length != params.wadsToSlash.length) revert InputsDiffer();
        slashId = ++_sets[key].slashes;
        shares = new uint256[](params.strategies.length);
        uint256[] memory wadSlashed = new uint256[](params.strategies.length);
        for (uint256 i; i < params.strategies.length; ++i) {
            (shares[i], wadSlashed[i]) = _slash(key, params.operator, params.strategies[i], params.wadsToSlash[i]);
        }
        emit OperatorSlashed(params.operator, operatorSet, params.strategies, wadSlashed, params.description);
    }

    function getSlasher(OperatorSet memory operatorSet) external view returns (address) {
        return _sets[_key(operatorSet)].slasher;
    }

    function getRedistributionRecipient(OperatorSet memory) external pure returns (address) {
        return BURN_ADDRESS;
    }

    function isMemberOfOperatorSet(address operator, OperatorSet memory operatorSet) external view returns (bool) {
        return _members[_key(operatorSet)][operator];
    }

    /// @inheritdoc IAllocationManager
    function getStrategiesInOperatorSet(OperatorSet memory operatorSet) external view returns (address[] memory) {
        return _sets[_key(operatorSet)].strategies;
    }

    /// @inheritdoc IAllocationManager
    function getMaxMagnitude(address operator, address strategy) public view returns (uint64) {
        return WAD - _lost[operator][strategy];
    }

    /// @inheritdoc IAllocationManager
    function getMinimumSlashableStake(
        OperatorSet memory operatorSet,
        address[] memory operators,
        address[] memory strategies,
        uint32
    ) external view returns (uint256[][] memory stake) {
        bytes32 key = _key(operatorSet);
        stake = new uint256[][](operators.length);
        for (uint256 i; i < operators.length; ++i) {
            stake[i] = new uint256[](strategies.length);
            for (uint256 j; j < strategies.length; ++j) {
                stake[i][j] = _slashable(key, operators[i], strategies[j]);
            }
        }
    }

    function _slashable(bytes32 key, address operator, address strategy) private view returns (uint256) {
        uint64 whole = getMaxMagnitude(operator, strategy);
        if (whole == 0) return 0;
        return Math.mulDiv(delegation.operatorShares(operator, strategy), _magnitudes[key][operator][strategy], whole);
    }

    function _allocate(bytes32 key, address operator, address strategy, uint64 magnitude) private {
        uint64 others = _allocated[operator][strategy] - _magnitudes[key][operator][strategy];
        uint64 available = getMaxMagnitude(operator, strategy) - others;
        if (magnitude > available) revert OverAllocated(available);
        _allocated[operator][strategy] = others + magnitude;
        _magnitudes[key][operator][strategy] = magnitude;
    }

    function _slash(bytes32 key, address operator, address strategy, uint256 wad)
        private
        returns (uint256 shares, uint256 wadSlashed)
    {
        uint64 whole = getMaxMagnitude(operator, strategy);
        uint64 slashed = uint64(Math.mulDiv(_magnitudes[key][operator][strategy], wad, WAD, Math.Rounding.Ceil));
        if (slashed == 0) return (0, 0);
        _magnitudes[key][operator][strategy] -= slashed;
        _allocated[operator][strategy] -= slashed;
        _lost[operator][strategy] += slashed;
        wadSlashed = Math.mulDiv(slashed, WAD, whole);
        shares = delegation.slashOperatorShares(operator, strategy, whole, whole - slashed);
    }

    function _key(OperatorSet memory operatorSet) private pure returns (bytes32) {
        return keccak256(abi.encode(operatorSet.avs, operatorSet.id));
    }
}
