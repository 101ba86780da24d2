// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISlashAttributor, ISlashOracle} from "../../src/interfaces/IOracles.sol";
import {Attribution, SlashFact} from "../../src/Types.sol";

/// @dev Slashes as an oracle would prove them: the evidence names one.
contract OracleDouble is ISlashOracle {
    bool public isCommittee;
    mapping(bytes32 evidenceHash => SlashFact) private _facts;

    /// @notice Nothing is known of this evidence, as of a block that nobody anchored.
    error NotProved();

    function set(bytes calldata evidence, SlashFact calldata fact) external {
        _facts[keccak256(evidence)] = fact;
    }

    function setCommittee(bool isCommittee_) external {
        isCommittee = isCommittee_;
    }

    function slashFact(bytes calldata evidence) external view returns (SlashFact memory fact) {
        fact = _facts[keccak256(evidence)];
        if (fact.key == bytes32(0)) revert NotProved();
    }
}

/// @dev Faulty responses as an AVS would tell them; a counter-proof is good if it was told so.
contract AttributorDouble is ISlashAttributor {
    mapping(bytes32 key => Attribution) private _responses;
    mapping(bytes32 key => bytes32) private _counterProofs;

    function set(address avs, bytes32 taskId, address operator, Attribution calldata response) external {
        _responses[keccak256(abi.encode(avs, taskId, operator))] = response;
    }

    function refute(address avs, bytes32 taskId, address operator, bytes calldata counterProof) external {
        _counterProofs[keccak256(abi.encode(avs, taskId, operator))] = keccak256(counterProof);
    }

    function responseOf(address avs, bytes32 taskId, address operator) external view returns (Attribution memory) {
        return _responses[keccak256(abi.encode(avs, taskId, operator))];
    }

    function isRefuted(address avs, bytes32 taskId, address operator, bytes calldata counterProof)
        external
        view
        returns (bool)
    {
        return _counterProofs[keccak256(abi.encode(avs, taskId, operator))] == keccak256(counterProof);
    }
}
