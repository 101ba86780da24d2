// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimProofs} from "../../src/lib/ClaimProofs.sol";
import {FraudClaims} from "../../src/FraudClaims.sol";
import {IFraudClaims} from "../../src/interfaces/IFraudClaims.sol";
import {G1} from "../../src/lib/EthBls.sol";
import {OdfMessages} from "../../src/lib/OdfMessages.sol";
import {Attribution, AwardLeaf, Line, SlashFact} from "../../src/Types.sol";
import {AwardTree} from "./AwardTree.sol";
import {BlsProbe} from "./BlsProbe.sol";
import {BlsSigner} from "./BlsSigner.sol";
import {AttributorDouble, OracleDouble} from "./ClaimsDoubles.sol";
import {FundsWorld} from "./FundsWorld.sol";
import {vm} from "./Vm.sol";

/// @dev An operator slashed of 2 ether for a response that the coprocessor attested; all signatures are real ones.
abstract contract ClaimsWorld is FundsWorld {
    uint256 internal constant COPROCESSOR_SECRET = 0xC0;
    uint256 internal constant RELAY_SECRET = 0x4E1A;
    address internal constant RESOLVER = address(1);
    address internal constant VETO = address(2);
    address internal constant KEEPER = address(0x6EE9);
    bytes32 internal constant TASK = keccak256("task");
    bytes32 internal constant DIGEST = keccak256("response");
    bytes32 internal constant DESCRIPTION = keccak256("odf/1 task");
    uint8 internal constant FAULT = 3;
    uint256 internal constant LOSS = 2 ether;
    /// 90 % of the loss.
    uint256 internal constant COVERED = 1.8 ether;
    uint256 internal constant LIABILITY = 4 ether;
    uint256 internal constant BOND = 0.1 ether;
    uint64 internal constant TERM = 1 days;
    uint64 internal constant SLASHED_AT = uint64(START + 2 hours);

    FraudClaims internal claims;
    OracleDouble internal oracle;
    AttributorDouble internal attributor;
    BlsProbe internal probe;
    G1 internal coprocessorKey;
    G1 internal relayKey;
    bytes32 internal coprocessor;
    bytes32 internal relayRoot;

    function setUp() public virtual override {
        super.setUp();
        claims = deployClaims(DEPLOYER);
        probe = new BlsProbe();
        oracle = new OracleDouble();
        attributor = new AttributorDouble();
        hub.allowOracle(address(oracle), true);
        hub.allowOracle(address(attributor), true);
        coprocessorKey = BlsSigner.keyOf(COPROCESSOR_SECRET);
        relayKey = BlsSigner.keyOf(RELAY_SECRET);
        (coprocessor, relayRoot) = (probe.keyRoot(coprocessorKey), probe.keyRoot(relayKey));
        registry.set(coprocessor, owner, true);
        fund(owner, NATIVE, 30 ether);
        slash("slash", slashOf(operator, "slash"));
        attribute(TASK, operator, attribution());
        vm.warp(SLASHED_AT + 1 hours);
        vm.roll(1000);
    }

    function claimsOf(address deployer) internal pure override returns (address) {
        return vm.computeCreateAddress(deployer, 4);
    }

    /// FraudClaims of the hub that this deployer deployed before.
    function deployClaims(address deployer) internal returns (FraudClaims) {
        vm.prank(deployer);
        return new FraudClaims(hub);
    }

    /// Both lines cover 90 % of losses up to 10 ether.
    function coverLine(bool isPooled) internal view returns (Line memory line) {
        line = isPooled ? pooledLine() : dedicatedLine();
        line.coprocessor = coprocessor;
        if (isPooled) line.relayRoot = relayRoot;
        line.oracle = address(oracle);
        line.attributor = address(attributor);
    }

    function open(Line memory line) internal returns (bytes32) {
        uint256 now_ = block.timestamp;
        vm.warp(START);
        bytes memory consent = line.operator == address(0) ? bytes("") : lineSignature(OPERATOR_SECRET, line);
        vm.prank(line.owner);
        bytes32 lineId = lines.open(line, "", consent);
        vm.warp(now_);
        return lineId;
    }

    function slashOf(address slashed, string memory name) internal pure returns (SlashFact memory fact) {
        fact.key = keccak256(bytes(name));
        fact.operator = slashed;
        fact.avs = AVS;
        fact.operatorSetId = OPERATOR_SET;
        fact.loss = LOSS;
        fact.blockNumber = 900;
        fact.timestamp = SLASHED_AT;
        fact.descriptionHash = DESCRIPTION;
    }

    function slash(string memory evidence, SlashFact memory fact) internal {
        oracle.set(bytes(evidence), fact);
    }

    function attribution() internal pure returns (Attribution memory) {
        return Attribution(DIGEST, FAULT, 900, DESCRIPTION);
    }

    function attribute(bytes32 taskId, address slashed, Attribution memory response) internal {
        attributor.set(AVS, taskId, slashed, response);
    }

    /// What the operator files on the line after the slash `slash`.
    function filingOn(bytes32 lineId) internal view returns (IFraudClaims.Filing memory filing) {
        return filingFor(lineId, operator, TASK);
    }

    /// The operator's leaf is the second of two.
    function filingFor(bytes32 lineId, address slashed, bytes32 taskId)
        internal
        view
        returns (IFraudClaims.Filing memory filing)
    {
        AwardLeaf[] memory leaves = new AwardLeaf[](2);
        leaves[0] = AwardLeaf(keccak256("first validator"), STRANGER, 1 ether, 0.25 ether);
        leaves[1] = AwardLeaf(keccak256("second validator"), slashed, LIABILITY, 0.25 ether);
        (filing.award.awardRoot, filing.leaf) = AwardTree.prove(leaves, 1);
        filing.award.units = 2;
        filing.award.auctionId = keccak256("auction");
        filing.award.avsId = avsId;
        filing.award.coprocessorRoot = coprocessor;
        filing.award.lineId = lineId;
        filing.award.termStartMs = uint64(START) * 1000;
        filing.award.termEndMs = filing.award.termStartMs + TERM * 1000;
        filing.attestation.lineId = lineId;
        filing.attestation.auctionId = filing.award.auctionId;
        filing.attestation.taskId = taskId;
        filing.attestation.awardRoot = filing.award.awardRoot;
        filing.attestation.responseDigest = DIGEST;
        filing.attestation.issuedAtMs = uint64(START + 1 hours) * 1000;
        filing.attestation.expiresAtMs = uint64(START + 90 days) * 1000;
        filing.attestation.seq = 1;
        filing.coprocessorKey = coprocessorKey;
        filing.relayKey = relayKey;
        filing.slashEvidence = "slash";
        filing.amount = type(uint256).max;
        sign(filing);
    }

    /// Awards and attests the leaf as it stands.
    function useLeaf(IFraudClaims.Filing memory filing) internal view {
        filing.award.awardRoot = AwardTree.rootOf(filing.leaf);
        filing.attestation.awardRoot = filing.award.awardRoot;
        sign(filing);
    }

    /// Coprocessor and relay sign the messages as they stand, for the hub of now.
    function sign(IFraudClaims.Filing memory filing) internal view {
        filing.attestationSignature = BlsSigner.sign(
            COPROCESSOR_SECRET, OdfMessages.root(filing.attestation), OdfMessages.ATTESTATION, address(hub), 0
        );
        filing.awardSignature =
            BlsSigner.sign(RELAY_SECRET, OdfMessages.root(filing.award), OdfMessages.AWARD, address(hub), relayRoot);
    }

    function file(IFraudClaims.Filing memory filing) internal returns (bytes32) {
        return fileAs(KEEPER, filing);
    }

    function fileAs(address filer, IFraudClaims.Filing memory filing) internal returns (bytes32) {
        vm.deal(filer, filer.balance + BOND);
        vm.prank(filer);
        return claims.file{value: BOND}(filing);
    }

    function refuses(IFraudClaims.Filing memory filing, bytes memory reason) internal {
        refusesAs(KEEPER, filing, reason);
    }

    function refusesAs(address filer, IFraudClaims.Filing memory filing, bytes memory reason) internal {
        vm.deal(filer, filer.balance + BOND);
        vm.expectRevert(reason);
        vm.prank(filer);
        claims.file{value: BOND}(filing);
    }

    function mismatches(IFraudClaims.Filing memory filing, bytes32 field) internal {
        refuses(filing, abi.encodeWithSelector(ClaimProofs.Mismatch.selector, field));
    }

    function unsigned(IFraudClaims.Filing memory filing, bytes32 message) internal {
        refuses(filing, abi.encodeWithSelector(ClaimProofs.BadSignature.selector, message));
    }

    function idOf(IFraudClaims.Filing memory filing, bytes32 slashKey) internal view returns (bytes32) {
        bytes32 domain = hub.signingDomain(OdfMessages.ATTESTATION, 0);
        bytes32 signingRoot = OdfMessages.signingRoot(OdfMessages.root(filing.attestation), domain);
        return keccak256(abi.encode(signingRoot, slashKey));
    }

    function stateOf(bytes32 claimId) internal view returns (IFraudClaims.State) {
        return claims.claimOf(claimId).state;
    }

    /// Files the usual claim on a new line.
    function fileOn(Line memory line) internal returns (bytes32 lineId, bytes32 claimId) {
        lineId = open(line);
        claimId = file(filingOn(lineId));
    }

    /// Moves past the claim's windows, pauses so far included.
    function passWindows(bytes32 claimId) internal {
        IFraudClaims.Claim memory claim = claims.claimOf(claimId);
        vm.warp(claim.finalisableAt + hub.pausedSecondsSince(claim.filedAt));
    }

    function wrongState(IFraudClaims.State state) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(FraudClaims.WrongState.selector, state);
    }

    function expectState(bytes32 claimId, IFraudClaims.State state) internal view {
        vm.assertEq(uint256(stateOf(claimId)), uint256(state), "state");
    }

    function credit(address account) internal view returns (uint256) {
        return claims.collectable(account, NATIVE);
    }
}
