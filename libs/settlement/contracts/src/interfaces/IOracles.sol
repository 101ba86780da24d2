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

/// @title The parts of an EigenLayer strategy that are read.
interface IStrategyView {
    function underlyingToken() external view returns (address);
    function sharesToUnderlyingView(uint256 shares) external view returns (uint256);
}
