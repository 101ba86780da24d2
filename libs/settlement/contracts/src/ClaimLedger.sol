// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICoverLines} from "./interfaces/ICoverLines.sol";
import {IFraudClaims} from "./interfaces/IFraudClaims.sol";
import {IOdfHub} from "./interfaces/IOdfHub.sol";
import {ClaimProofs} from "./lib/ClaimProofs.sol";
import {Line, SlashFact} from "./Types.sol";

/// @title What claims hold and were paid, per loss and per liability, and what waits to be collected.
abstract contract ClaimLedger is IFraudClaims, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    address internal constant NATIVE = address(0);
    uint256 private constant BIPS = 10_000;

    /// @notice The hub that names the other contracts.
    IOdfHub public immutable hub;

    /// Paid or held of an operator's liability in one term of a line; Unix milliseconds, the end not in it. No term ends at 0.
    struct Charge {
        uint64 start;
        uint64 end;
        uint128 amount;
    }

    mapping(bytes32 slashKey => uint256) private _claimed;
    /// By number from 0 on; the first one that is empty ends them.
    mapping(bytes32 lineId => mapping(address operator => mapping(uint32 number => Charge))) private _charges;
    mapping(address account => mapping(address asset => uint256)) private _credits;

    /// @notice There is nothing to move.
    error NothingToMove();
    /// @notice The zero address receives nothing.
    error ZeroAddress();
    /// @notice Loss, liability or line are used up.
    error NothingDue();
    /// @notice Only the operator settles for less than the `due` wei of the asset.
    error AsksTooLittle(uint256 due);

    constructor(IOdfHub hub_) {
        hub = hub_;
    }

    /// @inheritdoc IFraudClaims
    function collect(address asset, address to) external nonReentrant returns (uint256 amount) {
        if (to == address(0)) revert ZeroAddress();
        amount = _credits[msg.sender][asset];
        if (amount == 0) revert NothingToMove();
        _credits[msg.sender][asset] = 0;
        emit Collected(msg.sender, asset, to, amount);
        if (asset == NATIVE) Address.sendValue(payable(to), amount);
        else IERC20(asset).safeTransfer(to, amount);
    }

    /// @inheritdoc IFraudClaims
    function claimedOf(bytes32 slashKey) external view returns (uint256) {
        return _claimed[slashKey];
    }

    /// @inheritdoc IFraudClaims
    function collectable(address account, address asset) external view returns (uint256) {
        return _credits[account][asset];
    }

    /// Holds what the line owes the leaf's operator for the loss, at most what is asked, and says which charge of its it is.
    function _hold(Filing calldata filing, Line memory line, SlashFact memory fact)
        internal
        returns (uint128 amount, uint32 number)
    {
        bytes32 lineId = filing.attestation.lineId;
        Charge memory charge = _termOf(filing, line);
        uint256 charged;
        (charged, number) = _charged(lineId, fact.operator, charge);
        uint256 due = Math.min(Math.saturatingSub(filing.leaf.leaf.maxLiability, charged), _coveredOf(line, fact));
        due = Math.min(Math.min(due, _lines().remaining(lineId)), type(uint128).max);
        // Else a stranger could use the claim up for a wei.
        if (filing.amount < due && msg.sender != fact.operator) revert AsksTooLittle(due);
        amount = uint128(Math.min(filing.amount, due));
        if (amount == 0) revert NothingDue();
        charge.amount = amount;
        _charges[lineId][fact.operator][number] = charge;
        _claimed[fact.key] += amount;
        _lines().hold(lineId, amount);
    }

    /// Gives the whole hold of a claim back.
    function _unhold(Claim storage claim) internal {
        uint128 amount = claim.amount;
        _uncharge(claim, amount);
        _lines().unhold(claim.lineId, amount);
    }

    /// Turns a claim's hold into a payment; what the vault could not pay counts for nothing.
    function _draw(Claim storage claim) internal returns (uint128 paid) {
        uint128 amount = claim.amount;
        paid = uint128(_lines().draw(claim.lineId, amount, claim.operator));
        if (paid == amount) return paid;
        _uncharge(claim, amount - paid);
        claim.amount = paid;
    }

    function _credit(address account, address asset, uint256 amount) internal {
        if (amount == 0) return;
        _credits[account][asset] += amount;
        emit Credited(account, asset, amount);
    }

    function _lines() internal view returns (ICoverLines) {
        return ICoverLines(hub.lines());
    }

    function _uncharge(Claim storage claim, uint128 amount) private {
        _claimed[claim.slashKey] -= amount;
        _charges[claim.lineId][claim.operator][claim.charge].amount -= amount;
    }

    /// The owner's own share of a loss is left over all lines together: each pays up to its coverage less what others paid or hold.
    function _coveredOf(Line memory line, SlashFact memory fact) private view returns (uint256) {
        return Math.saturatingSub(Math.mulDiv(fact.loss, line.coverageBips, BIPS), _claimed[fact.key]);
    }

    /// What the operator's claims on the line took in terms that overlap this one, and how many charges there are.
    function _charged(bytes32 lineId, address operator, Charge memory term)
        private
        view
        returns (uint256 sum, uint32 count)
    {
        mapping(uint32 number => Charge) storage charges = _charges[lineId][operator];
        for (Charge memory other = charges[0]; other.end != 0; other = charges[++count]) {
            if (other.start < term.end && term.start < other.end) sum += other.amount;
        }
    }

    /// The award's term; where no relay vouches for it, an instant that stands for the attested auction.
    function _termOf(Filing calldata filing, Line memory line) private pure returns (Charge memory) {
        if (ClaimProofs.namesRelay(line)) return Charge(filing.award.termStartMs, filing.award.termEndMs, 0);
        uint64 instant = uint64(uint256(filing.attestation.auctionId)) >> 1;
        return Charge(instant, instant + 1, 0);
    }
}
