// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICoprocessorRegistry} from "./interfaces/ICoprocessorRegistry.sol";
import {IFeeEscrow} from "./interfaces/IFeeEscrow.sol";
import {IOdfHub} from "./interfaces/IOdfHub.sol";
import {FeeProofs} from "./lib/FeeProofs.sol";
import {OdfMessages} from "./lib/OdfMessages.sol";
import {Signatures} from "./lib/Signatures.sol";

/// @title Operators' prefunded fees, one payment channel per (operator, owner); the chain's own asset, wei.
/// @notice A channel knows one number, `paid`. A voucher promises a cumulative sum, `draw` raises another one, `proved`; either pays
/// what it exceeds `paid` by. So paid ≤ max(highest voucher, proved), and since a voucher covers fees that may also be proved, no fee
/// is paid twice in whatever order vouchers and proofs come. It also means that proofs pay from the first fee on: an owner that
/// was paid by voucher before proves as many fees as exceed that.
/// @dev What an empty escrow cannot pay stays owed: it is not counted as paid.
contract FeeEscrow is IFeeEscrow, ReentrancyGuardTransient {
    /// @notice How long a withdrawal is announced, so that owners can redeem their vouchers before it.
    uint64 public constant WITHDRAWAL_DELAY = 7 days;

    /// @notice The hub that names the other contracts.
    IOdfHub public immutable hub;

    struct Account {
        uint256 balance;
        /// Part of the balance that leaves from `readyAt` on, and pays fees until then. What the owners may count on is the rest.
        uint256 leaving;
        uint64 readyAt;
    }

    struct Signer {
        address hotKey;
        uint64 validUntil;
        uint64 nonce;
    }

    mapping(address operator => Account) private _accounts;
    mapping(address operator => Signer) private _signers;
    mapping(address operator => mapping(address owner => uint256)) private _paid;
    mapping(address operator => mapping(address owner => uint256)) private _proved;
    mapping(bytes32 feeId => bool) private _counted;
    mapping(address owner => uint256) private _collectable;

    /// @notice There is nothing to move.
    error NothingToMove();
    /// @notice The zero address owns and receives nothing.
    error ZeroAddress();
    /// @notice More was asked than there is.
    error Insufficient(uint256 available, uint256 wanted);
    /// @notice The funds leave at `readyAt`, Unix seconds.
    error StillLeaving(uint64 readyAt);
    /// @notice The nonce does not exceed the current one.
    error StaleNonce(uint64 current);
    /// @notice The operator neither signed nor sent this.
    error NoOperatorConsent();
    /// @notice Neither the operator nor its living hot key signed the voucher.
    error BadVoucher();
    /// @notice The registry does not know the coprocessor.
    error UnknownCoprocessor(bytes32 coprocessor);
    /// @notice The fee was counted before.
    error FeeAlreadyCounted(bytes32 feeId);

    constructor(IOdfHub hub_) {
        hub = hub_;
    }

    /// @inheritdoc IFeeEscrow
    function deposit(address operator) external payable {
        if (operator == address(0)) revert ZeroAddress();
        if (msg.value == 0) revert NothingToMove();
        Account storage account = _accounts[operator];
        account.balance += msg.value;
        emit EscrowDeposited(operator, msg.value, account.balance);
    }

    /// @inheritdoc IFeeEscrow
    /// @dev Zero takes a request back.
    function requestWithdrawal(uint256 amount) external {
        Account storage account = _accounts[msg.sender];
        if (amount > account.balance) revert Insufficient(account.balance, amount);
        account.leaving = amount;
        account.readyAt = amount == 0 ? 0 : uint64(block.timestamp) + WITHDRAWAL_DELAY;
        emit EscrowWithdrawalRequested(msg.sender, amount, account.readyAt);
    }

    /// @inheritdoc IFeeEscrow
    function withdraw(address payable to) external nonReentrant returns (uint256 amount) {
        Account storage account = _accounts[msg.sender];
        amount = account.leaving;
        if (amount == 0) revert NothingToMove();
        if (block.timestamp < account.readyAt) revert StillLeaving(account.readyAt);
        account.leaving = 0;
        account.readyAt = 0;
        account.balance -= amount;
        emit EscrowWithdrawn(msg.sender, to, amount);
        _send(to, amount);
    }

    /// @inheritdoc IFeeEscrow
    function setDelegatedSigner(
        address operator,
        address hotKey,
        uint64 validUntil,
        uint64 nonce,
        bytes calldata signature
    ) external {
        if (nonce <= _signers[operator].nonce) revert StaleNonce(_signers[operator].nonce);
        bytes32 structHash = OdfMessages.delegatedSignerHash(operator, hotKey, validUntil, nonce);
        if (msg.sender != operator && !Signatures.isBy(operator, hub.typedDigest(structHash), signature)) {
            revert NoOperatorConsent();
        }
        _signers[operator] = Signer(hotKey, validUntil, nonce);
        emit DelegatedSignerSet(operator, hotKey, validUntil, nonce);
    }

    /// @inheritdoc IFeeEscrow
    /// @dev What was proved needs no voucher: after a top-up, `redeem(operator, owner, provedOf(operator, owner), "")` pays the rest.
    function redeem(address operator, address owner, uint256 cumulativeWei, bytes calldata signature)
        external
        returns (uint256 amount)
    {
        if (cumulativeWei > _proved[operator][owner] && !_isVoucher(operator, owner, cumulativeWei, signature)) {
            revert BadVoucher();
        }
        return _pay(operator, owner, cumulativeWei);
    }

    /// @inheritdoc IFeeEscrow
    function draw(Fee calldata fee) external returns (uint256 amount) {
        address owner = ICoprocessorRegistry(hub.registry()).ownerOf(fee.award.coprocessorRoot);
        if (owner == address(0)) revert UnknownCoprocessor(fee.award.coprocessorRoot);
        bytes32 committed = FeeProofs.commitmentRoot(fee, hub);
        // The same commitment, signed by several validators, is as many fees.
        bytes32 feeId = keccak256(abi.encodePacked(committed, fee.enrollment.validatorRoot));
        if (_counted[feeId]) revert FeeAlreadyCounted(feeId);
        FeeProofs.requireOwed(fee, hub, committed);
        _counted[feeId] = true;
        address operator = fee.enrollment.operator;
        _proved[operator][owner] += fee.commitment.feeWei;
        emit FeeProved(operator, owner, feeId, fee.commitment.feeWei);
        return _pay(operator, owner, _proved[operator][owner]);
    }

    /// @inheritdoc IFeeEscrow
    function collect(address payable to) external nonReentrant returns (uint256 amount) {
        amount = _collectable[msg.sender];
        if (amount == 0) revert NothingToMove();
        _collectable[msg.sender] = 0;
        _send(to, amount);
    }

    /// @inheritdoc IFeeEscrow
    function balanceOf(address operator) external view returns (uint256 balance, uint256 leaving, uint64 readyAt) {
        Account storage account = _accounts[operator];
        return (account.balance, account.leaving, account.readyAt);
    }

    /// @inheritdoc IFeeEscrow
    function paidOf(address operator, address owner) external view returns (uint256) {
        return _paid[operator][owner];
    }

    /// @inheritdoc IFeeEscrow
    function provedOf(address operator, address owner) external view returns (uint256) {
        return _proved[operator][owner];
    }

    /// @inheritdoc IFeeEscrow
    function signerOf(address operator) external view returns (address hotKey, uint64 validUntil, uint64 nonce) {
        Signer storage signer = _signers[operator];
        return (signer.hotKey, signer.validUntil, signer.nonce);
    }

    /// @inheritdoc IFeeEscrow
    function collectable(address owner) external view returns (uint256) {
        return _collectable[owner];
    }

    /// Pays what `owed` exceeds the channel's `paid` by, as far as the balance goes, and counts no more than that.
    function _pay(address operator, address owner, uint256 owed) private returns (uint256 amount) {
        Account storage account = _accounts[operator];
        uint256 paid = _paid[operator][owner];
        if (owed <= paid) return 0;
        amount = _least(owed - paid, account.balance);
        if (amount == 0) return 0;
        account.balance -= amount;
        // A request covers what was there when it was made; else funds added later could leave without notice.
        account.leaving = _least(account.leaving, account.balance);
        _paid[operator][owner] = paid + amount;
        _collectable[owner] += amount;
        emit FeePaid(operator, owner, amount, paid + amount);
    }

    function _isVoucher(address operator, address owner, uint256 cumulativeWei, bytes calldata signature)
        private
        view
        returns (bool)
    {
        bytes32 digest = hub.typedDigest(OdfMessages.voucherHash(operator, owner, cumulativeWei));
        Signer storage signer = _signers[operator];
        if (block.timestamp < signer.validUntil && Signatures.isBy(signer.hotKey, digest, signature)) return true;
        return Signatures.isBy(operator, digest, signature);
    }

    function _send(address payable to, uint256 amount) private {
        if (to == address(0)) revert ZeroAddress();
        Address.sendValue(to, amount);
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
