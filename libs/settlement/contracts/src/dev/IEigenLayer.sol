// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAllocationManagerView} from "../interfaces/IOracles.sol";

/// @title The part of EigenLayer's AllocationManager that an AVS and its operators call (own declaration; selectors as deployed).
interface IAllocationManager is IAllocationManagerView {
    /// @notice One set that an AVS creates, and who may slash in it.
    struct CreateSetParamsV2 {
        uint32 operatorSetId;
        address[] strategies;
        address slasher;
    }

    /// @notice The sets of one AVS that an operator joins; `data` is for the AVS's registrar.
    struct RegisterParams {
        address avs;
        uint32[] operatorSetIds;
        bytes data;
    }

    /// @notice Parts of an operator's magnitude that a set may slash; the whole is 1e18 per strategy.
    struct AllocateParams {
        OperatorSet operatorSet;
        address[] strategies;
        uint64[] newMagnitudes;
    }

    /// @notice What a slasher takes: of each strategy's allocation, 1e18 being the whole.
    struct SlashingParams {
        address operator;
        uint32 operatorSetId;
        address[] strategies;
        uint256[] wadsToSlash;
        string description;
    }

    /// @notice An operator was slashed; nothing is indexed. `wadSlashed` is of the operator's whole magnitude.
    event OperatorSlashed(
        address operator, OperatorSet operatorSet, address[] strategies, uint256[] wadSlashed, string description
    );
    event OperatorSetCreated(OperatorSet operatorSet);
    event OperatorAddedToOperatorSet(address indexed operator, OperatorSet operatorSet);

    function createOperatorSets(address avs, CreateSetParamsV2[] calldata params) external;
    function registerForOperatorSets(address operator, RegisterParams calldata params) external;
    function modifyAllocations(address operator, AllocateParams[] calldata params) external;
    function slashOperator(address avs, SlashingParams calldata params)
        external
        returns (uint256 slashId, uint256[] memory shares);

    function getStrategiesInOperatorSet(OperatorSet memory operatorSet) external view returns (address[] memory);
    function getMaxMagnitude(address operator, address strategy) external view returns (uint64);
    function getMinimumSlashableStake(
        OperatorSet memory operatorSet,
        address[] memory operators,
        address[] memory strategies,
        uint32 futureBlock
    ) external view returns (uint256[][] memory);
}
