// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFraudClaims} from "../interfaces/IFraudClaims.sol";
import {IOdfHub} from "../interfaces/IOdfHub.sol";
import {ISlashAttributor, ISlashOracle} from "../interfaces/IOracles.sol";
import {Attribution, Line, SlashFact} from "../Types.sol";
import {EthBls} from "./EthBls.sol";
import {OdfMessages} from "./OdfMessages.sol";

/// @title Checks that a line answers for a slash: attestation, award, leaf, slash and attribution belong together, and the signatures.
library ClaimProofs {
    /// @notice There is no line of this id.
    error UnknownLine(bytes32 lineId);
    /// @notice Two parts of the filing, or a part and the line, name different things.
    error Mismatch(bytes32 field);
    /// @notice The leaf is not in the attested award.
    error NotAwarded();
    /// @notice The line did not hold when this happened, or the attestation did not.
    error NotInForce(bytes32 what);
    /// @notice The line does not cover slashes whose funds go to somebody.
    error StakeRedistributed();
    /// @notice The line names nobody who says which response was slashed, so no slash counts.
    error NoAttributor();
    /// @notice The slashed response is not the attested one, or there is none.
    error NotAttested();
    error FaultNotCovered(uint8 fault);
    /// @notice Nothing says that this slash was for that response, or something says that it was not.
    error NotForThisResponse();
    /// @notice This message was not signed by whom it should be.
    error BadSignature(bytes32 message);

    /// @notice What the coprocessor signed.
    function attestationRoot(IFraudClaims.Filing calldata filing, IOdfHub hub) internal view returns (bytes32) {
        bytes32 domain = OdfMessages.signingDomain(OdfMessages.ATTESTATION, address(hub), bytes32(0));
        return OdfMessages.signingRoot(OdfMessages.root(filing.attestation), domain);
    }

    /// @notice The slash that the line answers for; reverts unless everything but the signatures is right.
    /// @dev Signatures are checked apart and last: a malformed BLS point burns the pairing's gas.
    function slashOf(IFraudClaims.Filing calldata filing, Line memory line)
        internal
        view
        returns (SlashFact memory fact)
    {
        _requireCoprocessor(filing, line);
        if (namesRelay(line)) _requireAward(filing, line);
        if (!OdfMessages.isLeafOf(filing.leaf, filing.attestation.awardRoot, filing.award.units)) revert NotAwarded();
        fact = ISlashOracle(line.oracle).slashFact(filing.slashEvidence);
        _requireSlash(filing, line, fact);
        _requireInForce(filing, line, fact);
        _requireAttribution(filing, line, fact);
    }

    /// @notice Reverts unless the coprocessor signed `attested` and, where the line names a relay, that relay the award.
    function requireSigned(IFraudClaims.Filing calldata filing, Line memory line, IOdfHub hub, bytes32 attested)
        internal
        view
    {
        if (!namesRelay(line)) return _requireAttested(filing, attested);
        bytes32 domain = OdfMessages.signingDomain(OdfMessages.AWARD, address(hub), line.relayRoot);
        bytes32 awarded = OdfMessages.signingRoot(OdfMessages.root(filing.award), domain);
        if (_areBothSigned(filing, attested, awarded)) return;
        // Tells which one is wrong.
        _requireAttested(filing, attested);
        revert BadSignature("award");
    }

    /// @notice Whether the line counts for awards of a relay only; pooled lines always do.
    function namesRelay(Line memory line) internal pure returns (bool) {
        return line.relayRoot != bytes32(0);
    }

    function _areBothSigned(IFraudClaims.Filing calldata filing, bytes32 attested, bytes32 awarded)
        private
        view
        returns (bool)
    {
        return EthBls.verifyBoth(
            filing.coprocessorKey,
            attested,
            filing.attestationSignature,
            filing.relayKey,
            awarded,
            filing.awardSignature
        );
    }

    function _requireAttested(IFraudClaims.Filing calldata filing, bytes32 attested) private view {
        if (!EthBls.verify(filing.coprocessorKey, attested, filing.attestationSignature)) {
            revert BadSignature("attestation");
        }
    }

    /// The key's standing is not asked for: a revoked one stays liable for what it signed.
    function _requireCoprocessor(IFraudClaims.Filing calldata filing, Line memory line) private view {
        if (line.owner == address(0)) revert UnknownLine(filing.attestation.lineId);
        _same(EthBls.keyRoot(filing.coprocessorKey) == line.coprocessor, "coprocessor key");
        _same(line.operator == address(0) || line.operator == filing.leaf.leaf.operator, "operator");
    }

    function _requireAward(IFraudClaims.Filing calldata filing, Line memory line) private view {
        bytes32 avsId = keccak256(abi.encode(block.chainid, line.avs, line.operatorSetId));
        _same(EthBls.keyRoot(filing.relayKey) == line.relayRoot, "relay key");
        _same(filing.award.lineId == filing.attestation.lineId, "awarded line");
        _same(filing.award.auctionId == filing.attestation.auctionId, "auction");
        _same(filing.award.awardRoot == filing.attestation.awardRoot, "award");
        _same(filing.award.coprocessorRoot == line.coprocessor, "awarded coprocessor");
        _same(filing.award.avsId == avsId, "awarded avs");
        // An empty term would overlap none, itself included.
        _same(filing.award.termStartMs < filing.award.termEndMs, "term");
    }

    function _requireSlash(IFraudClaims.Filing calldata filing, Line memory line, SlashFact memory fact) private pure {
        _same(fact.operator == filing.leaf.leaf.operator, "slashed operator");
        _same(fact.avs == line.avs, "slashing avs");
        _same(fact.operatorSetId == line.operatorSetId, "operator set");
        _same(fact.asset == line.asset, "asset");
        _same(line.pinnedSlasher == address(0) || line.pinnedSlasher == fact.slasher, "slasher");
        if (fact.redistributed && !line.allowRedistribution) revert StakeRedistributed();
    }

    /// Sums in 256 bits: terms may lie as far out as 64 bits reach.
    function _requireInForce(IFraudClaims.Filing calldata filing, Line memory line, SlashFact memory fact)
        private
        pure
    {
        uint256 issuedAt = filing.attestation.issuedAtMs / 1000;
        if (issuedAt < line.validFrom || issuedAt >= line.validUntil) revert NotInForce("attestation");
        uint256 until = uint256(line.validUntil) + line.slashTail;
        if (fact.timestamp < line.validFrom || fact.timestamp > until) revert NotInForce("slash");
        bool wasAttested = fact.timestamp >= issuedAt;
        bool isExpired = uint256(fact.timestamp) * 1000 > filing.attestation.expiresAtMs;
        if (!wasAttested || isExpired) revert NotInForce("attested response");
    }

    function _requireAttribution(IFraudClaims.Filing calldata filing, Line memory line, SlashFact memory fact)
        private
        view
    {
        if (line.attributor == address(0)) revert NoAttributor();
        Attribution memory slashed =
            ISlashAttributor(line.attributor).responseOf(line.avs, filing.attestation.taskId, fact.operator);
        bytes32 digest = filing.attestation.responseDigest;
        if (digest == bytes32(0) || slashed.responseDigest != digest) revert NotAttested();
        if (slashed.fault == 0 || (line.faultMask >> slashed.fault) & 1 == 0) revert FaultNotCovered(slashed.fault);
        if (!_isFor(fact, slashed)) revert NotForThisResponse();
    }

    /// Block and description must agree where both sides know them, and one of them must be known: a slash for something else does
    /// not count for a response that was also wrong.
    function _isFor(SlashFact memory fact, Attribution memory slashed) private pure returns (bool) {
        bool knowsBlock = slashed.slashBlock != 0;
        bool knowsDescription = fact.descriptionHash != bytes32(0) && slashed.descriptionHash != bytes32(0);
        if (knowsBlock && slashed.slashBlock != fact.blockNumber) return false;
        if (knowsDescription && slashed.descriptionHash != fact.descriptionHash) return false;
        return knowsBlock || knowsDescription;
    }

    function _same(bool isSame, bytes32 field) private pure {
        if (!isSame) revert Mismatch(field);
    }
}
