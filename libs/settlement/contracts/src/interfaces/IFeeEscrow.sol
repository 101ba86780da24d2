// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G1, G2} from "../lib/EthBls.sol";
import {Attestation, Award, Commitment, EnrollmentConsent, KeyDelegation, LeafProof} from "../Types.sol";

/// @title Operators' prefunded fees and the vouchers that draw on them; the chain's own asset, wei.
interface IFeeEscrow {
    event EscrowDeposited(address indexed operator, uint256 amount, uint256 balance);
    event EscrowWithdrawalRequested(address indexed operator, uint256 amount, uint64 readyAt);
    event EscrowWithdrawn(address indexed operator, address to, uint256 amount);
    event DelegatedSignerSet(address indexed operator, address indexed hotKey, uint64 validUntil, uint64 nonce);
    /// @notice `paid` is what the owner has had of the operator in all.
    event FeePaid(address indexed operator, address indexed owner, uint256 amount, uint256 paid);
    event FeeProved(address indexed operator, address indexed owner, bytes32 indexed feeId, uint256 feeWei);

    /// @notice The proof of one unpaid fee, for owners whose operator issues no voucher.
    struct Fee {
        EnrollmentConsent enrollment;
        bytes operatorSignature;
        G1 validatorKey;
        /// Empty (zero delegateRoot) where the validator key itself signed the commitment.
        KeyDelegation delegation;
        G1 delegateKey;
        G2 delegationSignature;
        Commitment commitment;
        G2 commitmentSignature;
        Attestation attestation;
        Award award;
        G1 relayKey;
        G2 awardSignature;
        LeafProof leaf;
    }

    function deposit(address operator) external payable;
    /// @notice Starts the 7 days after which `amount` may leave; a new request replaces the old one.
    function requestWithdrawal(uint256 amount) external;
    function withdraw(address payable to) external returns (uint256 amount);
    /// @notice Names the hot key that may sign vouchers; the operator signs EIP-712 or is the sender. A higher nonce replaces it.
    function setDelegatedSigner(address operator, address hotKey, uint64 validUntil, uint64 nonce, bytes calldata signature)
        external;
    /// @notice Pays max(0, cumulative − paid), at most the balance, to `owner`; by anybody. Needs no voucher up to `provedOf`.
    function redeem(address operator, address owner, uint256 cumulativeWei, bytes calldata signature)
        external
        returns (uint256 amount);
    /// @notice Adds one accepted fee to what was proved, and pays max(0, proved − paid); each fee counts once.
    function draw(Fee calldata fee) external returns (uint256 amount);
    /// @notice Pulls payments of all operators to this owner.
    function collect(address payable to) external returns (uint256 amount);

    /// @notice `leaving` is a part of the balance; what owners may count on is the rest.
    function balanceOf(address operator) external view returns (uint256 balance, uint256 leaving, uint64 readyAt);
    function paidOf(address operator, address owner) external view returns (uint256);
    function provedOf(address operator, address owner) external view returns (uint256);
    function signerOf(address operator) external view returns (address hotKey, uint64 validUntil, uint64 nonce);
    function collectable(address owner) external view returns (uint256);
}
