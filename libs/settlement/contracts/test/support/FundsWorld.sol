// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../src/CollateralVault.sol";
import {CoverLines} from "../../src/CoverLines.sol";
import {FeeEscrow} from "../../src/FeeEscrow.sol";
import {OdfHub} from "../../src/OdfHub.sol";
import {OdfMessages} from "../../src/lib/OdfMessages.sol";
import {AvsTerms, Line} from "../../src/Types.sol";
import {AcceptanceDouble, RegistryDouble} from "./FundsDoubles.sol";
import {Vm, vm} from "./Vm.sol";

/// @dev The contracts that hold funds behind a real hub; the test is its timelock and guardian.
abstract contract FundsWorld {
    uint256 internal constant START = 1_800_000_000;
    /// Whoever may call as FraudClaims.
    address internal constant CLAIMS = address(0xC1A1);
    /// Deploys at addresses that fixtures are signed for: the hub is its first contract.
    address internal constant DEPLOYER = address(0xDE9107E4);
    address internal constant STRANGER = address(0x57A);
    address internal constant NATIVE = address(0);
    address internal constant AVS = address(0xA45);
    uint32 internal constant OPERATOR_SET = 7;
    address internal constant ORACLE = address(0x04AC1E);
    address internal constant ATTRIBUTOR = address(0xA7);
    bytes32 internal constant COPROCESSOR = keccak256("coprocessor");

    uint256 internal constant OWNER_SECRET = 0xA11CE;
    uint256 internal constant OPERATOR_SECRET = 0xB0B;
    uint256 internal constant HOT_SECRET = 0x407;

    OdfHub internal hub;
    CollateralVault internal vault;
    CoverLines internal lines;
    FeeEscrow internal escrow;
    RegistryDouble internal registry;
    AcceptanceDouble internal acceptance;

    address internal owner = vm.addr(OWNER_SECRET);
    address internal operator = vm.addr(OPERATOR_SECRET);
    address internal hotKey = vm.addr(HOT_SECRET);
    bytes32 internal avsId;

    function setUp() public virtual {
        vm.warp(START);
        registry = new RegistryDouble();
        acceptance = new AcceptanceDouble();
        (hub, vault, lines, escrow) = deploy(DEPLOYER);
        avsId = list(hub, true);
        hub.allowOracle(ORACLE, true);
        hub.allowOracle(ATTRIBUTOR, true);
        registry.set(COPROCESSOR, owner, true);
    }

    /// Deploys the contracts from `deployer`, whose nonce must be zero, against the world's registry.
    function deploy(address deployer) internal returns (OdfHub hub_, CollateralVault, CoverLines, FeeEscrow) {
        OdfHub.Contracts memory contracts = OdfHub.Contracts({
            registry: address(registry),
            vault: vm.computeCreateAddress(deployer, 1),
            lines: vm.computeCreateAddress(deployer, 2),
            claims: claimsOf(deployer),
            escrow: vm.computeCreateAddress(deployer, 3)
        });
        OdfHub.Roles memory roles = OdfHub.Roles(address(this), address(this), address(1), address(2));
        vm.startPrank(deployer);
        hub_ = new OdfHub(contracts, roles, 1 ether, 0.1 ether);
        CollateralVault vault_ = new CollateralVault(hub_);
        CoverLines lines_ = new CoverLines(hub_);
        FeeEscrow escrow_ = new FeeEscrow(hub_);
        vm.stopPrank();
        return (hub_, vault_, lines_, escrow_);
    }

    /// Whom the hub of this deployer takes for FraudClaims.
    function claimsOf(address) internal pure virtual returns (address) {
        return CLAIMS;
    }

    function list(OdfHub hub_, bool listed) internal returns (bytes32) {
        return hub_.setAvsTerms(AvsTerms(listed, AVS, OPERATOR_SET, address(acceptance), 0, 0));
    }

    function fund(address account, address asset, uint256 amount) internal {
        vm.deal(address(this), amount);
        vault.deposit{value: amount}(account, asset, amount);
    }

    /// A pooled line of the world's coprocessor over 10 ether that every rule allows.
    function pooledLine() internal view returns (Line memory line) {
        line.coprocessor = COPROCESSOR;
        line.owner = owner;
        line.relayRoot = keccak256("relay");
        line.avs = AVS;
        line.operatorSetId = OPERATOR_SET;
        line.cap = 10 ether;
        line.validFrom = uint64(START);
        line.validUntil = uint64(START + 60 days);
        line.slashTail = 30 days;
        line.coverageBips = 9000;
        line.faultMask = 1 << 3;
        line.oracle = ORACLE;
        line.attributor = ATTRIBUTOR;
        line.termsHash = keccak256("terms");
    }

    function dedicatedLine() internal view returns (Line memory line) {
        line = pooledLine();
        line.relayRoot = 0;
        line.operator = operator;
    }

    /// Opens a line by its owner's own transaction.
    function openPooled(Line memory line) internal returns (bytes32) {
        vm.prank(line.owner);
        return lines.open(line, "", "");
    }

    function signed(uint256 secret, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return abi.encodePacked(r, s, v);
    }

    function lineSignature(uint256 secret, Line memory line) internal view returns (bytes memory) {
        return signed(secret, hub.typedDigest(OdfMessages.structHash(line)));
    }

    function voucher(uint256 secret, address owner_, uint256 cumulativeWei) internal view returns (bytes memory) {
        return signed(secret, hub.typedDigest(OdfMessages.voucherHash(operator, owner_, cumulativeWei)));
    }
}
