// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeEscrow} from "../interfaces/IFeeEscrow.sol";
import {IAcceptanceOracle} from "../interfaces/IOracles.sol";
import {IOdfHub} from "../interfaces/IOdfHub.sol";
import {AvsTerms} from "../Types.sol";
import {EthBls} from "./EthBls.sol";
import {OdfMessages} from "./OdfMessages.sol";
import {Signatures} from "./Signatures.sol";

/// @title What must hold for an unpaid fee to be owed: the operator enrolled the validator, the relay awarded it, the validator
/// committed to the delivery at that fee, and the AVS accepted the delivered response for good.
library FeeProofs {
    /// @notice Two parts of the proof do not belong together; `field` says in what.
    error Mismatch(bytes32 field);
    /// @notice The enrollment did not hold in the award's term, or the delegate did not live at its start.
    error NotInForce(bytes32 what);
    /// @notice The leaf is not in the award.
    error NotAwarded();
    /// @notice The AVS names no contract that tells accepted responses.
    error NoAcceptanceOracle(bytes32 avsId);
    /// @notice The AVS did not accept the attested response of the operator, or not for good yet.
    error NotAccepted();
    /// @notice A signature of the proof is not its signer's.
    error BadSignature(bytes32 message);

    /// @notice What the validator or its delegate signed; bound to the relay, the hub and the chain.
    function commitmentRoot(IFeeEscrow.Fee calldata fee, IOdfHub hub) internal view returns (bytes32) {
        return _signingRoot(OdfMessages.root(fee.commitment), OdfMessages.COMMITMENT, hub, fee.enrollment.relayRoot);
    }

    /// @notice Reverts unless the fee is owed. Cheap checks come first: a malformed BLS point burns nearly all the gas.
    /// @param committed The fee's `commitmentRoot`.
    function requireOwed(IFeeEscrow.Fee calldata fee, IOdfHub hub, bytes32 committed) internal view {
        _requireCoherent(fee);
        _requireInForce(fee);
        _requireKeys(fee);
        if (!OdfMessages.isLeafOf(fee.leaf, fee.award.awardRoot, fee.award.units)) revert NotAwarded();
        _requireAccepted(fee, hub);
        _requireConsent(fee, hub);
        _requireAward(fee, hub);
        _requireCommitment(fee, hub, committed);
    }

    function _requireCoherent(IFeeEscrow.Fee calldata fee) private view {
        _same(fee.enrollment.operator == fee.leaf.leaf.operator, "operator");
        _same(fee.enrollment.validatorRoot == fee.leaf.leaf.validatorRoot, "validator");
        _same(fee.enrollment.avsId == fee.award.avsId, "avs");
        _same(fee.attestation.auctionId == fee.award.auctionId, "attested auction");
        _same(fee.commitment.auctionId == fee.award.auctionId, "committed auction");
        _same(fee.commitment.taskId == fee.attestation.taskId, "task");
        _same(fee.attestation.awardRoot == fee.award.awardRoot, "award");
        _same(fee.commitment.coprocessorRoot == fee.award.coprocessorRoot, "coprocessor");
        _same(fee.commitment.feeWei == fee.leaf.leaf.feeWei, "fee");
        _same(fee.commitment.attestationRoot == OdfMessages.root(fee.attestation), "attestation");
    }

    function _requireInForce(IFeeEscrow.Fee calldata fee) private pure {
        uint64 termStart = fee.award.termStartMs / 1000;
        uint64 termEnd = fee.award.termEndMs / 1000;
        // A re-opened auction keeps the start of its first round, which may lie before whoever enrolled meanwhile.
        if (termEnd < fee.enrollment.validFrom || termStart >= fee.enrollment.validUntil) {
            revert NotInForce("enrollment");
        }
        if (_isDelegated(fee) && termStart >= fee.delegation.validUntil) revert NotInForce("delegate");
    }

    function _requireKeys(IFeeEscrow.Fee calldata fee) private view {
        _same(EthBls.keyRoot(fee.validatorKey) == fee.enrollment.validatorRoot, "validator key");
        _same(EthBls.keyRoot(fee.relayKey) == fee.enrollment.relayRoot, "relay key");
        if (!_isDelegated(fee)) return;
        _same(fee.delegation.validatorRoot == fee.enrollment.validatorRoot, "delegator");
        _same(EthBls.keyRoot(fee.delegateKey) == fee.delegation.delegateRoot, "delegate key");
    }

    /// An AVS that was unlisted since still owes its fees: only the oracle must be known.
    function _requireAccepted(IFeeEscrow.Fee calldata fee, IOdfHub hub) private view {
        AvsTerms memory terms = hub.avsTerms(fee.award.avsId);
        if (terms.acceptance == address(0)) revert NoAcceptanceOracle(fee.award.avsId);
        (bytes32 digest, bool isFinal) = IAcceptanceOracle(terms.acceptance)
            .acceptedResponse(terms.avs, fee.commitment.taskId, fee.enrollment.operator);
        bool isAttested = digest != bytes32(0) && digest == fee.attestation.responseDigest;
        if (!isAttested || !isFinal) revert NotAccepted();
    }

    function _requireConsent(IFeeEscrow.Fee calldata fee, IOdfHub hub) private view {
        bytes32 digest = hub.typedDigest(OdfMessages.structHash(fee.enrollment));
        _signed(Signatures.isBy(fee.enrollment.operator, digest, fee.operatorSignature), "enrollment");
    }

    function _requireAward(IFeeEscrow.Fee calldata fee, IOdfHub hub) private view {
        bytes32 relayRoot = fee.enrollment.relayRoot;
        bytes32 awarded = _signingRoot(OdfMessages.root(fee.award), OdfMessages.AWARD, hub, relayRoot);
        _signed(EthBls.verify(fee.relayKey, awarded, fee.awardSignature), "award");
    }

    function _requireCommitment(IFeeEscrow.Fee calldata fee, IOdfHub hub, bytes32 committed) private view {
        if (!_isDelegated(fee)) {
            return _signed(EthBls.verify(fee.validatorKey, committed, fee.commitmentSignature), "commitment");
        }
        bytes32 delegated = _signingRoot(OdfMessages.root(fee.delegation), OdfMessages.KEY_DELEGATION, hub, bytes32(0));
        _signed(EthBls.verify(fee.validatorKey, delegated, fee.delegationSignature), "delegation");
        _signed(EthBls.verify(fee.delegateKey, committed, fee.commitmentSignature), "commitment");
    }

    function _signingRoot(bytes32 root, bytes4 domainType, IOdfHub hub, bytes32 relayRoot)
        private
        view
        returns (bytes32)
    {
        return OdfMessages.signingRoot(root, OdfMessages.signingDomain(domainType, address(hub), relayRoot));
    }

    function _isDelegated(IFeeEscrow.Fee calldata fee) private pure returns (bool) {
        return fee.delegation.delegateRoot != bytes32(0);
    }

    function _same(bool isSame, bytes32 field) private pure {
        if (!isSame) revert Mismatch(field);
    }

    function _signed(bool isSigned, bytes32 message) private pure {
        if (!isSigned) revert BadSignature(message);
    }
}
