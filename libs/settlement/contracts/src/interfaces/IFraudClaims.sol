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
        /// The resolver upheld it.
        Resolved,
        Finalised,
        Rejected,
        Vetoed
    }

    /// @notice A claim; times in Unix seconds, the amount in wei of the line's asset, the bond in wei.
    struct Claim {
        State state;
        /// Whether the slash was attested by a committee, so that disputes go to the resolver and its silence rejects.
        bool committee;
        uint8 vetoes;
        address operator;
        uint64 filedAt;
        address filer;
        /// Not before this may it be finalised; pauses since the filing extend it.
        uint64 finalisableAt;
        /// Which of the operator's charges on the line is this claim's.
        uint32 charge;
        bytes32 lineId;
        bytes32 slashKey;
        /// Held, and once it is final: paid.
        uint128 amount;
        /// Of the filer; a disputer posts as much.
        uint128 bond;
        bytes32 taskId;
        address disputer;
        uint64 disputedAt;
        uint64 vetoedAt;
        /// Paid back after the slash itself was reversed.
        uint128 restored;
    }

    /// @notice Everything that a claim proves. On lines that name a relay (all pooled ones) the award counts with its signature,
    /// on others only its `units`, the length of the attested list of leaves.
    struct Filing {
        Attestation attestation;
        G1 coprocessorKey;
        G2 attestationSignature;
        Award award;
        G1 relayKey;
        G2 awardSignature;
        LeafProof leaf;
        bytes slashEvidence;
        /// The most that is asked; only the operator itself may ask for less than it is due.
        uint256 amount;
    }

    event ClaimFiled(
        bytes32 indexed claimId,
        bytes32 indexed lineId,
        address indexed operator,
        bytes32 taskId,
        uint256 amount,
        uint64 finalisableAt
    );
    event ClaimDisputed(bytes32 indexed claimId, address indexed by);
    event ClaimResolved(bytes32 indexed claimId);
    /// @notice The claim ended without payment: `refuted`, `resolved`, `unresolved`, `superseded` or `not filed again`.
    event ClaimRejected(bytes32 indexed claimId, bytes32 reason);
    event ClaimVetoed(bytes32 indexed claimId, bytes32 reasonHash);
    event ClaimFinalised(bytes32 indexed claimId, address indexed operator, uint256 paid);
    event ClaimRestored(bytes32 indexed claimId, uint256 amount);
    /// @notice A bond, or collateral that the vault no longer takes, waits for `account`.
    event Credited(address indexed account, address indexed asset, uint256 amount);
    event Collected(address indexed account, address indexed asset, address to, uint256 amount);

    /// @notice Files a claim for the operator of the leaf, by anybody, against a bond of max(claimBond, 1 % of the amount) wei
    /// (claimBond alone on lines of tokens); what is sent beyond it may be collected.
    /// @return claimId keccak256(abi.encode(attestation signing root, slash key)).
    function file(Filing calldata filing) external payable returns (bytes32 claimId);

    /// @notice Disputes a claim until it may be finalised, for at least 7 days. One that the chain proved needs a counter-proof that its
    /// attributor accepts, takes no bond, and falls at once; one that a committee attested goes to the resolver against a bond as
    /// large as the filer's.
    function dispute(bytes32 claimId, bytes calldata counterProof) external payable;

    /// @notice Decides a disputed claim within 7 days; only RESOLVER. Who was wrong loses the bond: the filer to the line's owner,
    /// the disputer to the operator.
    function resolve(bytes32 claimId, bool uphold) external;

    /// @notice Ends a committee's claim that nobody resolved in time (both bonds go back), or frees what a vetoed claim held that
    /// was not filed again within 14 days.
    function expire(bytes32 claimId) external;

    /// @notice Stops a claim before it is final; only VETO. All bonds go back. After the first veto the amount stays held and the
    /// claim may be filed once more within 14 days.
    function veto(bytes32 claimId, bytes32 reasonHash) external;

    /// @notice Pays a claim whose windows have passed, by the vault, to its operator; by anybody.
    function finalise(bytes32 claimId) external returns (uint256 paid);

    /// @notice Pays collateral back to the line's owner after the slash itself was reversed, at most what was paid; by anybody.
    /// @dev Goes to the vault, or waits to be collected where the hub no longer allows the asset.
    /// @return restored What arrived.
    function restore(bytes32 claimId, uint256 amount) external payable returns (uint256 restored);

    /// @notice Pulls the sender's bonds and credits in an asset; zero: the chain's own.
    function collect(address asset, address to) external returns (uint256 amount);

    function claimOf(bytes32 claimId) external view returns (Claim memory);
    /// @notice Paid or held for one loss, over all lines.
    function claimedOf(bytes32 slashKey) external view returns (uint256);
    function collectable(address account, address asset) external view returns (uint256);
}
