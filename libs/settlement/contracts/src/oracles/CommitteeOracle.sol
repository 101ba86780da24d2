// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ISlashOracle} from "../interfaces/IOracles.sol";
import {SlashFact} from "../Types.sol";

/// @title Takes a slash from the signatures of more than half of a fixed committee, for chains and AVSs that nothing better proves.
/// @notice Claims on it may be disputed, and silence then rejects them. `fact.key` must be what ReceiptOracle.keyOf gives for the same
/// loss, so that lines on both oracles do not pay it twice.
contract CommitteeOracle is ISlashOracle, EIP712 {
    bytes32 public constant SLASH_FACT_TYPEHASH = keccak256(
        "SlashFact(bytes32 key,address operator,address avs,uint32 operatorSetId,address asset,uint256 loss,uint64 blockNumber,uint64 timestamp,bytes32 descriptionHash,address slasher,bool redistributed)"
    );

    uint256 public immutable threshold;
    uint256 public immutable size;
    mapping(address member => bool) public isMember;

    /// @notice Members must be distinct, in ascending order and not zero, and the threshold more than half of them and not more than all.
    error BadCommittee();
    /// @notice Too few members signed.
    error TooFewSignatures(uint256 signatures);
    /// @notice The signer is no member, or stands out of ascending order.
    error BadSigner(address signer);
    /// @notice A fact must name its loss, operator and time, none of them ahead of the chain.
    error BadFact();

    constructor(address[] memory members, uint256 threshold_) EIP712("ODF Slash Committee", "1") {
        if (threshold_ * 2 <= members.length || threshold_ > members.length) revert BadCommittee();
        threshold = threshold_;
        size = members.length;
        address last = address(0);
        for (uint256 i = 0; i < members.length; ++i) {
            if (members[i] <= last) revert BadCommittee();
            last = members[i];
            isMember[last] = true;
        }
    }

    /// @inheritdoc ISlashOracle
    function isCommittee() external pure returns (bool) {
        return true;
    }

    /// @inheritdoc ISlashOracle
    /// @param evidence `abi.encode(SlashFact, bytes[])`: signatures over `digestOf(fact)`, in ascending order of their signers.
    function slashFact(bytes calldata evidence) external view returns (SlashFact memory fact) {
        bytes[] memory signatures;
        (fact, signatures) = abi.decode(evidence, (SlashFact, bytes[]));
        if (signatures.length < threshold) revert TooFewSignatures(signatures.length);
        if (fact.key == bytes32(0) || fact.operator == address(0)) revert BadFact();
        if (fact.blockNumber > block.number || fact.timestamp > block.timestamp) revert BadFact();
        bytes32 digest = digestOf(fact);
        address last = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = ECDSA.recover(digest, signatures[i]);
            if (signer <= last || !isMember[signer]) revert BadSigner(signer);
            last = signer;
        }
    }

    /// @notice What members sign: EIP-712, bound to this contract and chain.
    function digestOf(SlashFact memory fact) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(SLASH_FACT_TYPEHASH, fact)));
    }
}
