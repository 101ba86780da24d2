// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DaTaskManager} from "../src/dev/DaTaskManager.sol";
import {IAllocationManager} from "../src/dev/IEigenLayer.sol";
import {KzgOpening} from "../src/dev/KzgOpening.sol";
import {MockAllocationManager} from "../src/dev/MockAllocationManager.sol";
import {MockDelegationManager} from "../src/dev/MockDelegationManager.sol";
import {IFraudClaims} from "../src/interfaces/IFraudClaims.sol";
import {IAllocationManagerView} from "../src/interfaces/IOracles.sol";
import {ReceiptOracle} from "../src/oracles/ReceiptOracle.sol";
import {AvsTerms, Line, SlashFact} from "../src/Types.sol";
import {ClaimsWorld} from "./support/ClaimsWorld.sol";
import {vm} from "./support/Vm.sol";

/// @dev "No ODF contract is called by, or can revert, an AVS response, a slash, a deallocation": the AVS goes on whatever becomes of
/// ODF, and what was slashed meanwhile is claimed once ODF is back.
contract AvsGoesOnTest is ClaimsWorld {
    /// `revert(0, 0)`
    bytes private constant BROKEN = hex"60006000fd";
    address private constant STRATEGY = address(0x57A7);
    uint32 private constant SET = 3;
    uint256 private constant STAKE = 8 ether;
    uint64 private constant CHALLENGE = 1 days;
    /// The blob of zeros: its polynomial is zero everywhere, so that infinity is its commitment and every proof.
    bytes private constant INFINITY =
        hex"c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";

    MockAllocationManager private allocation;
    MockDelegationManager private delegation;
    DaTaskManager private manager;
    ReceiptOracle private receipts;
    bytes32 private lineId;

    function setUp() public override {
        super.setUp();
        allocation = new MockAllocationManager();
        delegation = allocation.delegation();
        manager = new DaTaskManager(allocation, SET, STRATEGY, 1 hours, CHALLENGE, 0.25 ether);
        receipts = new ReceiptOracle(address(allocation), address(delegation));
        vm.startPrank(operator);
        delegation.stake(STRATEGY, STAKE);
        uint32[] memory sets = new uint32[](1);
        sets[0] = SET;
        allocation.registerForOperatorSets(operator, IAllocationManager.RegisterParams(address(manager), sets, ""));
        vm.stopPrank();
        allocate(1 ether);
        hub.allowOracle(address(manager), true);
        hub.setAvsTerms(AvsTerms(true, address(manager), SET, address(manager), 0, CHALLENGE));
        lineId = open(avsLine());
    }

    function test_an_avs_goes_on_without_a_call_to_odf() public {
        address[] memory all = odf();
        for (uint256 i; i < all.length; ++i) {
            vm.expectCall(all[i], "", 0);
        }
        theAvsGoesOn();
    }

    function test_an_avs_goes_on_while_odf_is_paused() public {
        hub.pause();
        bytes32 taskId = theAvsGoesOn();
        hub.resume();
        theLossIsClaimed(taskId);
    }

    function test_an_avs_goes_on_while_odf_is_broken() public {
        address[] memory all = odf();
        bytes[] memory codes = new bytes[](all.length);
        for (uint256 i; i < all.length; ++i) {
            codes[i] = all[i].code;
            vm.assertGt(codes[i].length, 0);
            vm.etch(all[i], BROKEN);
        }
        vm.expectRevert();
        hub.paused();
        bytes32 taskId = theAvsGoesOn();
        for (uint256 i; i < all.length; ++i) {
            vm.etch(all[i], codes[i]);
        }
        theLossIsClaimed(taskId);
    }

    /// A good response is accepted, a wrong one challenged and slashed, and the stake leaves.
    function theAvsGoesOn() private returns (bytes32 slashedTask) {
        bytes32 goodTask = createTask();
        respond(goodTask, abi.encodePacked(INFINITY, rootOf(0)));
        slashedTask = createTask();
        bytes memory wrong = wrongResult();
        respond(slashedTask, wrong);
        KzgOpening.Opening memory opening = openingOf(bytes32(uint256(1)));
        vm.prank(STRANGER);
        manager.challengeLeaf(
            slashedTask, operator, wrong, 0, opening.leaf, opening.branch, opening.y, opening.proof
        );
        vm.assertEq(delegation.operatorShares(operator, STRATEGY), STAKE * 3 / 4);
        allocate(0);
        vm.assertEq(slashable(), 0);
        vm.warp(block.timestamp + CHALLENGE + 1);
        (bytes32 digest, bool isFinal) = manager.acceptedResponse(address(manager), goodTask, operator);
        vm.assertTrue(isFinal);
        vm.assertNotEq(digest, 0);
    }

    function theLossIsClaimed(bytes32 taskId) private {
        SlashFact memory fact = slashOf(operator, "of the AVS");
        (fact.avs, fact.operatorSetId) = (address(manager), SET);
        (fact.loss, fact.blockNumber) = (STAKE / 4, uint64(block.number));
        fact.descriptionHash = keccak256(bytes(manager.descriptionOf(taskId)));
        slash("slash", fact);
        IFraudClaims.Filing memory filing = filingFor(lineId, operator, taskId);
        filing.award.avsId = manager.avsId();
        filing.attestation.responseDigest = manager.digestOf(taskId, wrongResult());
        sign(filing);
        bytes32 claimId = file(filing);
        passWindows(claimId);
        vm.assertEq(claims.finalise(claimId), STAKE / 4 * 9 / 10);
    }

    function odf() private view returns (address[] memory all) {
        all = new address[](8);
        (all[0], all[1], all[2], all[3]) = (address(hub), address(registry), address(vault), address(lines));
        (all[4], all[5], all[6], all[7]) = (address(claims), address(escrow), address(oracle), address(receipts));
    }

    function avsLine() private view returns (Line memory line) {
        line = coverLine(true);
        (line.avs, line.operatorSetId, line.attributor) = (address(manager), SET, address(manager));
        line.faultMask = 1 << manager.WRONG_RESULT();
    }

    function createTask() private returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](1);
        hashes[0] = bytes32(uint256(1) << 248 | uint256(sha256(INFINITY)) & (type(uint256).max >> 8));
        vm.blobhashes(hashes);
        return manager.createTask(uint64(block.timestamp + 1 hours));
    }

    function respond(bytes32 taskId, bytes memory result) private {
        manager.respond(taskId, operator, result, signed(OPERATOR_SECRET, manager.digestOf(taskId, result)));
    }

    /// The blob's commitment over a tree whose first element is one.
    function wrongResult() private pure returns (bytes memory) {
        return abi.encodePacked(INFINITY, rootOf(bytes32(uint256(1))));
    }

    function rootOf(bytes32 leaf) private pure returns (bytes32) {
        return KzgOpening.rootOf(openingOf(leaf));
    }

    function openingOf(bytes32 leaf) private pure returns (KzgOpening.Opening memory) {
        return KzgOpening.Opening({index: 0, leaf: leaf, branch: new bytes32[](13), y: 0, proof: INFINITY});
    }

    function allocate(uint64 magnitude) private {
        IAllocationManager.AllocateParams[] memory params = new IAllocationManager.AllocateParams[](1);
        params[0].operatorSet = IAllocationManagerView.OperatorSet(address(manager), SET);
        params[0].strategies = new address[](1);
        params[0].strategies[0] = STRATEGY;
        params[0].newMagnitudes = new uint64[](1);
        params[0].newMagnitudes[0] = magnitude;
        vm.prank(operator);
        allocation.modifyAllocations(operator, params);
    }

    function slashable() private view returns (uint256) {
        address[] memory operators = new address[](1);
        address[] memory strategies = new address[](1);
        (operators[0], strategies[0]) = (operator, STRATEGY);
        IAllocationManagerView.OperatorSet memory set = IAllocationManagerView.OperatorSet(address(manager), SET);
        return allocation.getMinimumSlashableStake(set, operators, strategies, 0)[0][0];
    }
}
