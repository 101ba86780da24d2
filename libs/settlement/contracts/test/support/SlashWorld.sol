// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {IAllocationManagerView, IDelegationManagerView, IStrategyView} from "../../src/interfaces/IOracles.sol";
import {ReceiptOracle} from "../../src/oracles/ReceiptOracle.sol";
import {SlashFixtures} from "../fixtures/SlashFixtures.sol";
import {vm} from "./Vm.sol";

/// @dev A chain that has mined the block of the fixtures, with EigenLayer's views as a test tells them.
abstract contract SlashWorld {
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    /// EIP-2935.
    bytes internal constant HISTORY_CODE =
        hex"3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";
    uint256 internal constant HISTORY_BLOCKS = 8191;
    address internal constant SLASHER = address(0x51A5);
    address internal constant TOKEN = address(0x70CE);

    ReceiptOracle internal oracle;
    uint256 internal slashedAt;

    function setUp() public virtual {
        oracle = new ReceiptOracle(SlashFixtures.ALLOCATION_MANAGER, SlashFixtures.DELEGATION_MANAGER);
        bytes memory header = SlashFixtures.two().header;
        slashedAt = BlockHeader.getNumber(header);
        vm.etch(HISTORY, HISTORY_CODE);
        remember(slashedAt, keccak256(header));
        vm.roll(slashedAt + 2_000);
        setSlasher(SLASHER, address(0));
        setStake(SlashFixtures.OPERATOR, SlashFixtures.OPERATOR, 1 ether, 1 ether);
        setStrategy(TOKEN, 2);
    }

    /// What the chain keeps of a block for 8,191 more.
    function remember(uint256 blockNumber, bytes32 blockHash) internal {
        vm.store(HISTORY, bytes32(blockNumber % HISTORY_BLOCKS), blockHash);
    }

    function setSlasher(address slasher, address recipient) internal {
        address manager = SlashFixtures.ALLOCATION_MANAGER;
        IAllocationManagerView.OperatorSet memory set = IAllocationManagerView.OperatorSet(SlashFixtures.AVS, 7);
        vm.mockCall(manager, abi.encodeCall(IAllocationManagerView.getSlasher, (set)), abi.encode(slasher));
        vm.mockCall(
            manager, abi.encodeCall(IAllocationManagerView.getRedistributionRecipient, (set)), abi.encode(recipient)
        );
    }

    /// `own` of the `all` shares that are delegated to an operator are its own, in each strategy.
    function setStake(address operator, address delegatedTo, uint256 own, uint256 all) internal {
        address manager = SlashFixtures.DELEGATION_MANAGER;
        uint256[] memory shares = new uint256[](1);
        shares[0] = own;
        vm.mockCall(manager, abi.encodeCall(IDelegationManagerView.delegatedTo, (operator)), abi.encode(delegatedTo));
        vm.mockCall(
            manager, abi.encodeWithSelector(IDelegationManagerView.operatorShares.selector, operator), abi.encode(all)
        );
        vm.mockCall(
            manager,
            abi.encodeWithSelector(IDelegationManagerView.getWithdrawableShares.selector, operator),
            abi.encode(shares, shares)
        );
    }

    /// A strategy over `token` whose share is `rate` of it, for the fixtures' amounts.
    function setStrategy(address token, uint256 rate) internal {
        address strategy = SlashFixtures.STRATEGY;
        vm.mockCall(strategy, abi.encodeCall(IStrategyView.underlyingToken, ()), abi.encode(token));
        uint256[8] memory amounts = [uint256(3 ether), 1 ether, 0.75 ether, 5, 7, 9, 11, 0];
        for (uint256 i; i < amounts.length; ++i) {
            bytes memory call_ = abi.encodeCall(IStrategyView.sharesToUnderlyingView, (amounts[i]));
            vm.mockCall(strategy, call_, abi.encode(amounts[i] * rate));
        }
    }
}
