// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G1, G2} from "../lib/EthBls.sol";
import {Attestation, Award, LeafProof} from "../Types.sol";

/// @title Claims of slashed operators on the collateral of the coprocessor that attested the slashed response.
interface IFraudClaims {
    enum State {
        None,
        Filed,
        Disputed,
        Finalised,
        Rejected,
        Vetoed
    }

    struct Claim {
        State state;
        bytes32 lineId;
        address operator;
        address filer;
        bytes32 slashKey;
        uint256 amount;
        uint256 bond;
        uint64 filedAt;
        /// Not before this may it be finalised, Unix seconds (pauses extend it).
        uint64 finalisableAt;
        uint64 disputedAt;
        /// Whether the slash was attested by a committee, so that silence rejects.
        bool committee;
        bytes32 taskId;
    }

    /// @notice Everything that a claim proves; `award`, `relayKey` and `awardSignature` count on pooled lines.
    struct Filing {
        Attestation attestation;
        G1 coprocessorKey;
        G2 attestationSignature;
        Award award;
        G1 relayKey;
        G2 awardSignature;
        LeafProof leaf;
        bytes slashEvidence;
        uint256 amount;
    }

    event ClaimFiled(
        bytes32 indexed claimId, bytes32 indexed lineId, address indexed operator, bytes32 taskId, uint256 amount, uint64 finalisableAt
    );
    event ClaimDisputed(bytes32 indexed claimId, address indexed by);
    event ClaimRejected(bytes32 indexed claimId, bytes32 reason);
    event ClaimVetoed(bytes32 indexed claimId, bytes32 reasonHash);
    event ClaimFinalised(bytes32 indexed claimId, address indexed operator, uint256 paid);
    event ClaimRestored(bytes32 indexed claimId, uint256 amount);

    /// @notice Files a claim for the operator of the leaf, by anybody, against a bond of max(claimBond, 1 % of the amount) wei.
    /// @return claimId keccak256(abi.encode(attestation signing root, slash key)).
    function file(Filing calldata filing) external payable returns (bytes32 claimId);

    /// @notice Disputes a claim within 7 days. One that the chain proved needs a counter-proof that its attributor accepts, and
    /// falls at once; one that a committee attested goes to the resolver.
    function dispute(bytes32 claimId, bytes calldata counterProof) external payable;

    /// @notice Decides a disputed claim within 7 days; only RESOLVER.
    function resolve(bytes32 claimId, bool uphold) external;

    /// @notice Ends a committee's claim that nobody resolved in time: both bonds go back.
    function expire(bytes32 claimId) external;

    /// @notice Stops a claim before it is final; only VETO. It may be filed once more.
    function veto(bytes32 claimId, bytes32 reasonHash) external;

    /// @notice Pays a claim whose windows have passed; by anybody.
    function finalise(bytes32 claimId) external returns (uint256 paid);

    /// @notice Pays collateral back after the slash itself was reversed; by anybody.
    function restore(bytes32 claimId, uint256 amount) external payable;

    function claimOf(bytes32 claimId) external view returns (Claim memory);
    /// @notice Paid or held for one loss, over all lines.
    function claimedOf(bytes32 slashKey) external view returns (uint256);
}
