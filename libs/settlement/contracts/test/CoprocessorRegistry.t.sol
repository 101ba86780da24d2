// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CoprocessorRegistry} from "../src/CoprocessorRegistry.sol";
import {ICoprocessorRegistry} from "../src/interfaces/ICoprocessorRegistry.sol";
import {EthBls, G1, G2} from "../src/lib/EthBls.sol";
import {OdfMessages} from "../src/lib/OdfMessages.sol";
import {BlsSigner} from "./support/BlsSigner.sol";
import {BlsVectors} from "./support/BlsVectors.sol";
import {HubFixture} from "./support/HubFixture.sol";
import {bound, vm} from "./support/Vm.sol";

/// Refuses whatever it is paid.
contract Refuser {
    receive() external payable {
        revert("no");
    }
}

/// Owns a key and asks for its bond once more while it is being paid.
contract Greedy {
    CoprocessorRegistry private immutable registry;
    bytes32 private coprocessor;
    bytes public refusal;

    constructor(CoprocessorRegistry registry_) {
        registry = registry_;
    }

    function take(bytes32 coprocessor_) external {
        coprocessor = coprocessor_;
        registry.revoke(coprocessor_);
        vm.warp(block.timestamp + 21 days);
        registry.withdrawBond(coprocessor_, payable(address(this)));
    }

    receive() external payable {
        try registry.withdrawBond(coprocessor, payable(address(this))) {}
        catch (bytes memory reason) {
            refusal = reason;
        }
    }
}

contract CoprocessorRegistryTest is HubFixture {
    uint256 private constant ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    address private constant OWNER = BlsVectors.OWNER;
    address payable private constant RECEIVER = payable(address(0xbeef));

    CoprocessorRegistry private registry;
    BlsVectors.Signed private possession;

    function setUp() public {
        deployHub();
        vm.prank(BlsVectors.DEPLOYER);
        registry = new CoprocessorRegistry(hub);
        vm.assertEq(address(registry), hub.registry());
        possession = BlsVectors.signed(BlsVectors.POSSESSION);
        vm.deal(address(this), 1000 ether);
        vm.warp(1_767_225_600);
    }

    function test_registersAKeyForTheOwnerThatItNames() public {
        vm.expectEmit(address(registry));
        emit ICoprocessorRegistry.CoprocessorRegistered(possession.keyRoot, OWNER, possession.compressed);
        bytes32 coprocessor = _register();
        vm.snapshotGasLastCall("CoprocessorRegistry", "register");
        vm.assertEq(coprocessor, possession.keyRoot);
        vm.assertEq(registry.ownerOf(coprocessor), OWNER);
        vm.assertTrue(registry.isActive(coprocessor));
        vm.assertEq(address(registry).balance, REGISTRATION_BOND);
        vm.assertEq(registry.registrationOf(coprocessor).bond, REGISTRATION_BOND);
    }

    function test_knowsNoKeyThatDidNotRegister() public view {
        vm.assertEq(registry.ownerOf(possession.keyRoot), address(0));
        vm.assertFalse(registry.isActive(possession.keyRoot));
    }

    function test_aKeyRegistersOnce() public {
        _register();
        vm.expectRevert(abi.encodeWithSelector(CoprocessorRegistry.AlreadyRegistered.selector, possession.keyRoot));
        _register();
    }

    function testFuzz_takesExactlyTheBond(uint256 value) public {
        value = bound(value, 0, 100 ether);
        if (value != REGISTRATION_BOND) {
            vm.expectRevert(abi.encodeWithSelector(CoprocessorRegistry.WrongBond.selector, REGISTRATION_BOND));
        }
        registry.register{value: value}(possession.key, possession.signature, OWNER);
    }

    function test_refusesAPossessionThatNamesAnotherOwner() public {
        vm.expectRevert(CoprocessorRegistry.BadPossession.selector);
        registry.register{value: REGISTRATION_BOND}(possession.key, possession.signature, address(this));
    }

    function test_refusesNoOwner() public {
        vm.expectRevert(CoprocessorRegistry.NoOwner.selector);
        registry.register{value: REGISTRATION_BOND}(possession.key, possession.signature, address(0));
    }

    function test_refusesThePossessionOfAnotherKey() public {
        BlsVectors.Signed memory other = BlsVectors.signed(1);
        vm.expectRevert(CoprocessorRegistry.BadPossession.selector);
        registry.register{value: REGISTRATION_BOND}(other.key, possession.signature, OWNER);
    }

    function test_refusesAPossessionOfAnotherDomainHubRelayOrChain() public {
        bytes32 object = OdfMessages.possessionRoot(possession.keyRoot, OWNER);
        uint256 secret = possession.secret;
        _refuses(BlsSigner.sign(secret, object, OdfMessages.ATTESTATION, address(hub), 0));
        _refuses(BlsSigner.sign(secret, object, OdfMessages.POSSESSION, address(this), 0));
        _refuses(BlsSigner.sign(secret, object, OdfMessages.POSSESSION, address(hub), bytes32(uint256(1))));
        _refuses(BlsSigner.sign(secret, object));
        vm.chainId(1);
        _refuses(possession.signature);
    }

    function test_refusesInfinityAndStrayPoints() public {
        G1 memory noKey;
        G2 memory noSignature;
        _refuses(noSignature);
        _refuses(BlsVectors.straySignature());
        vm.expectRevert(EthBls.MalformedKey.selector);
        registry.register{value: REGISTRATION_BOND}(noKey, noSignature, OWNER);
        G1 memory strayKey = BlsVectors.strayKey();
        vm.expectRevert(CoprocessorRegistry.BadPossession.selector);
        registry.register{value: REGISTRATION_BOND}(strayKey, possession.signature, OWNER);
    }

    function test_aRevokedKeyKeepsItsOwnerAndNeverRegistersAgain() public {
        bytes32 coprocessor = _register();
        vm.expectEmit(address(registry));
        emit ICoprocessorRegistry.CoprocessorRevoked(coprocessor);
        vm.prank(OWNER);
        registry.revoke(coprocessor);
        vm.assertFalse(registry.isActive(coprocessor));
        vm.assertEq(registry.ownerOf(coprocessor), OWNER);
        vm.warp(block.timestamp + 21 days);
        vm.prank(OWNER);
        registry.withdrawBond(coprocessor, RECEIVER);
        vm.assertEq(registry.ownerOf(coprocessor), OWNER);
        vm.expectRevert(abi.encodeWithSelector(CoprocessorRegistry.AlreadyRegistered.selector, coprocessor));
        _register();
    }

    function test_onlyTheOwnerRevokesAndOnlyOnce() public {
        bytes32 coprocessor = _register();
        vm.expectRevert(CoprocessorRegistry.NotOwner.selector);
        registry.revoke(coprocessor);
        vm.startPrank(OWNER);
        vm.expectRevert(CoprocessorRegistry.NotOwner.selector);
        registry.revoke(keccak256("unknown"));
        registry.revoke(coprocessor);
        // A second revocation would move the day on which the bond may leave.
        vm.expectRevert(CoprocessorRegistry.AlreadyRevoked.selector);
        registry.revoke(coprocessor);
    }

    function testFuzz_theBondLeavesOnceAnd21DaysAfterTheRevocation(uint256 wait) public {
        wait = bound(wait, 0, 60 days);
        bytes32 coprocessor = _register();
        vm.startPrank(OWNER);
        vm.expectRevert(CoprocessorRegistry.NotRevoked.selector);
        registry.withdrawBond(coprocessor, RECEIVER);
        registry.revoke(coprocessor);
        uint64 until = uint64(block.timestamp) + 21 days;
        vm.warp(block.timestamp + wait);
        if (wait < 21 days) {
            vm.expectRevert(abi.encodeWithSelector(CoprocessorRegistry.BondLocked.selector, until));
            registry.withdrawBond(coprocessor, RECEIVER);
            return;
        }
        vm.expectEmit(address(registry));
        emit ICoprocessorRegistry.BondWithdrawn(coprocessor, RECEIVER, REGISTRATION_BOND);
        registry.withdrawBond(coprocessor, RECEIVER);
        vm.assertEq(RECEIVER.balance, REGISTRATION_BOND);
        vm.expectRevert(CoprocessorRegistry.BondGone.selector);
        registry.withdrawBond(coprocessor, RECEIVER);
    }

    function test_theBondIsWhatWasPostedWhateverTheHubAsksLater() public {
        bytes32 coprocessor = _register();
        vm.prank(TIMELOCK);
        hub.setBonds(5 ether, CLAIM_BOND);
        vm.deal(address(registry), 10 ether);
        vm.startPrank(OWNER);
        registry.revoke(coprocessor);
        vm.warp(block.timestamp + 21 days);
        registry.withdrawBond(coprocessor, RECEIVER);
        vm.assertEq(RECEIVER.balance, REGISTRATION_BOND);
    }

    function test_onlyTheOwnerTakesTheBond() public {
        bytes32 coprocessor = _register();
        vm.prank(OWNER);
        registry.revoke(coprocessor);
        vm.warp(block.timestamp + 30 days);
        vm.expectRevert(CoprocessorRegistry.NotOwner.selector);
        registry.withdrawBond(coprocessor, RECEIVER);
    }

    function test_aReceiverThatRefusesLeavesTheBondWhereItIs() public {
        bytes32 coprocessor = _register();
        address payable refuser = payable(address(new Refuser()));
        vm.startPrank(OWNER);
        registry.revoke(coprocessor);
        vm.warp(block.timestamp + 21 days);
        vm.expectRevert();
        registry.withdrawBond(coprocessor, refuser);
        registry.withdrawBond(coprocessor, RECEIVER);
        vm.assertEq(RECEIVER.balance, REGISTRATION_BOND);
    }

    function test_reentryTakesNoSecondBond() public {
        Greedy greedy = new Greedy(registry);
        bytes32 coprocessor = _registerSigned(possession.secret, address(greedy));
        _registerSigned(2, address(this));
        greedy.take(coprocessor);
        vm.assertEq(address(greedy).balance, REGISTRATION_BOND);
        vm.assertEq(address(registry).balance, REGISTRATION_BOND);
        vm.assertEq(greedy.refusal(), abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
    }

    function testFuzz_registersAnyKeyForAnyOwner(uint256 secret, address owner) public {
        if (owner == address(0)) owner = OWNER;
        bytes32 coprocessor = _registerSigned(bound(secret, 1, ORDER - 1), owner);
        vm.assertEq(registry.ownerOf(coprocessor), owner);
    }

    function _register() private returns (bytes32) {
        return registry.register{value: REGISTRATION_BOND}(possession.key, possession.signature, OWNER);
    }

    function _registerSigned(uint256 secret, address owner) private returns (bytes32) {
        G1 memory key = BlsSigner.keyOf(secret);
        bytes32 object = OdfMessages.possessionRoot(this.rootOf(key), owner);
        G2 memory signature = BlsSigner.sign(secret, object, OdfMessages.POSSESSION, address(hub), 0);
        return registry.register{value: REGISTRATION_BOND}(key, signature, owner);
    }

    function rootOf(G1 calldata key) external view returns (bytes32) {
        return EthBls.keyRoot(key);
    }

    function _refuses(G2 memory signature) private {
        vm.expectRevert(CoprocessorRegistry.BadPossession.selector);
        registry.register{value: REGISTRATION_BOND}(possession.key, signature, OWNER);
    }
}
