// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev The containers of `odf/1` that contracts read. A `Bytes48` key stands as its SSZ root, which is its identity on chain.

/// @notice What a coprocessor signs for one delivery; times in Unix milliseconds.
struct Attestation {
    bytes32 lineId;
    bytes32 auctionId;
    bytes32 taskId;
    bytes32 awardRoot;
    bytes32 inputRoot;
    bytes32 resultRoot;
    bytes32 witnessRoot;
    bytes32 responseDigest;
    bytes32 salt;
    uint64 issuedAtMs;
    uint64 expiresAtMs;
    uint64 seq;
}

/// @notice What one coprocessor won of an auction, signed by the relay; times in Unix milliseconds.
struct Award {
    bytes32 auctionId;
    bytes32 avsId;
    uint8 role;
    bytes32 coprocessorRoot;
    bytes32 lineId;
    bytes32 awardRoot;
    uint32 units;
    uint64 termStartMs;
    uint64 termEndMs;
}

/// @notice One validator's part of an award; liability and fee in wei.
struct AwardLeaf {
    bytes32 validatorRoot;
    address operator;
    uint256 maxLiability;
    uint256 feeWei;
}

/// @notice A leaf under `award_root`: siblings bottom-up, the length chunk last (21 in all).
struct LeafProof {
    AwardLeaf leaf;
    uint256 index;
    bytes32[] branch;
}

/// @notice What a validator signs to buy a payload's key; wei.
struct Commitment {
    bytes32 auctionId;
    bytes32 taskId;
    bytes32 coprocessorRoot;
    bytes32 attestationRoot;
    uint256 feeWei;
}

/// @notice A validator's hot key; `validUntil` in Unix seconds.
struct KeyDelegation {
    bytes32 validatorRoot;
    bytes32 delegateRoot;
    uint64 validUntil;
    uint64 nonce;
}

/// @notice An operator's consent to an enrollment, EIP-712; times in Unix seconds.
struct EnrollmentConsent {
    bytes32 validatorRoot;
    address operator;
    bytes32 avsId;
    bytes32 policyRoot;
    bytes32 relayRoot;
    uint64 validFrom;
    uint64 validUntil;
    uint64 nonce;
}

/// @notice The terms of a cover line, as its owner (and on a dedicated line the operator) signs them; times in Unix seconds.
struct Line {
    /// Key root of the coprocessor whose attestations the line stands behind.
    bytes32 coprocessor;
    /// Owner of the coprocessor and of the collateral.
    address owner;
    /// The relay whose awards a pooled line counts for; zero on dedicated lines that no relay is needed for.
    bytes32 relayRoot;
    /// The one operator of a dedicated line; zero: every operator in an award that the relay signed.
    address operator;
    address avs;
    uint32 operatorSetId;
    /// Asset of the collateral and of the slashed stake; zero: the chain's own.
    address asset;
    /// The most that all claims together take.
    uint256 cap;
    uint64 validFrom;
    uint64 validUntil;
    /// Seconds after `validUntil` in which a slash still counts.
    uint64 slashTail;
    /// Part of the own loss that is covered, basis points, at most 9000.
    uint16 coverageBips;
    /// Bit `f` covers fault `f` of the attributor.
    uint256 faultMask;
    address oracle;
    address attributor;
    /// The slasher that the operator set must have; zero: any.
    address pinnedSlasher;
    bool allowRedistribution;
    bytes32 termsHash;
    bytes32 salt;
}

/// @notice A slash as an oracle proves it.
struct SlashFact {
    /// Identity of the loss: of one operator and strategy in one log.
    bytes32 key;
    address operator;
    address avs;
    uint32 operatorSetId;
    /// The underlying of the slashed strategy; zero: the chain's own.
    address asset;
    /// Own loss in wei of the asset.
    uint256 loss;
    uint64 blockNumber;
    uint64 timestamp;
    /// keccak256 of the slash's description; zero where the source has none.
    bytes32 descriptionHash;
    /// Who could slash and where the funds went, at proof time; zero where the source does not say.
    address slasher;
    bool redistributed;
}

/// @notice The operator's slashed response as the AVS's own contracts know it.
struct Attribution {
    /// What the operator's signature covered.
    bytes32 responseDigest;
    /// The fault's number, 1 to 255; zero: there is none.
    uint8 fault;
    uint64 slashBlock;
    /// keccak256 of the description that the slash was made with; zero where the AVS gives none.
    bytes32 descriptionHash;
}

/// @notice What the hub knows of an AVS that lines and draws may name.
struct AvsTerms {
    bool listed;
    address avs;
    uint32 operatorSetId;
    /// Tells accepted responses, for `FeeEscrow.draw`.
    address acceptance;
    /// Seconds that the AVS itself may take to veto a slash.
    uint64 vetoSeconds;
    /// Seconds after its task in which a response may be slashed.
    uint64 challengeSeconds;
}
