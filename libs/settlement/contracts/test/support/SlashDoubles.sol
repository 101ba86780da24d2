// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAllocationManagerView} from "../../src/interfaces/IOracles.sol";

/// @dev Logs slashed shares as EigenLayer's DelegationManager does; anybody tells it what to log.
contract DelegationDouble {
    event OperatorSharesSlashed(address indexed operator, address strategy, uint256 totalSlashedShares);

    function slash(address operator, address strategy, uint256 shares) external {
        emit OperatorSharesSlashed(operator, strategy, shares);
    }
}

/// @dev Logs slashes as EigenLayer's AllocationManager does: shares first, then the slash; anybody tells it what to log.
contract AllocationDouble {
    event OperatorSlashed(
        address operator,
        IAllocationManagerView.OperatorSet operatorSet,
        address[] strategies,
        uint256[] wadSlashed,
        string description
    );

    error Undone();

    struct Slash {
        address operator;
        IAllocationManagerView.OperatorSet operatorSet;
        address[] strategies;
        uint256[] shares;
        string description;
    }

    DelegationDouble private immutable DELEGATION;

    constructor(DelegationDouble delegation) {
        DELEGATION = delegation;
    }

    function slash(Slash[] calldata slashes) external {
        for (uint256 i; i < slashes.length; ++i) {
            Slash calldata one = slashes[i];
            for (uint256 j; j < one.strategies.length; ++j) {
                DELEGATION.slash(one.operator, one.strategies[j], one.shares[j]);
            }
            emit OperatorSlashed(one.operator, one.operatorSet, one.strategies, one.shares, one.description);
        }
    }

    function slashInVain(Slash[] calldata slashes) external {
        this.slash(slashes);
        revert Undone();
    }
}
