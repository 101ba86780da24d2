// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ClaimLedger} from "./ClaimLedger.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IFraudClaims} from "./interfaces/IFraudClaims.sol";
import {IOdfHub} from "./interfaces/IOdfHub.sol";
import {ISlashAttributor, ISlashOracle} from "./interfaces/IOracles.sol";
import {ClaimProofs} from "./lib/ClaimProofs.sol";
import {Line, SlashFact} from "./Types.sol";

/// @title Makes slashed operators whole from the collateral of the coprocessor that attested the slashed response.
/// @notice Anybody files for an operator; only the operator is paid, by the vault, and a payment is bounded by the leaf's liability
/// in overlapping terms, what is left of the line, and the covered part of the operator's own loss over all lines together.
/// @dev Of an AVS only views are called. Nothing is pushed: bonds and payments wait to be collected.
contract FraudClaims is ClaimLedger {
    using SafeERC20 for IERC20;

    /// @notice After the slash, seconds; pauses extend this and every other window.
    uint64 public constant FILE_WINDOW = 14 days;
    /// @notice After the filing, seconds at least: it lasts until the claim may be finalised. No shorter than EigenLayer's delay of a
    /// slash (ELIP-016).
    uint64 public constant DISPUTE_WINDOW = 7 days;
    /// @notice After the dispute, seconds.
    uint64 public constant RESOLVE_WINDOW = 7 days;
    /// @notice After the first veto, seconds.
    uint64 public constant REFILE_WINDOW = 14 days;
    uint256 private constant BOND_DIVISOR = 100;

    mapping(bytes32 claimId => Claim) private _claims;

    /// @notice Filings are paused.
    error Paused();
    /// @notice The claim is not in a state for this.
    error WrongState(State state);
    /// @notice The window ended at `until`, Unix seconds.
    error TooLate(uint256 until);
    /// @notice Not before `from`, Unix seconds.
    error TooSoon(uint256 from);
    /// @notice At least `required` wei must come along; none where it is zero.
    error WrongBond(uint256 required);
    /// @notice The attributor does not accept the counter-proof.
    error NotRefuted();
    /// @notice The sender lacks the role.
    error Unauthorised();
    /// @notice At most `left` may be restored.
    error ExceedsPayment(uint256 left);
    /// @notice The value sent is not the native amount, or came with a token.
    error WrongValue();

    modifier onlyRole(bytes32 role) {
        if (!hub.hasRole(role, msg.sender)) revert Unauthorised();
        _;
    }

    constructor(IOdfHub hub_) ClaimLedger(hub_) {}

    /// @inheritdoc IFraudClaims
    /// @dev Signatures last: a malformed point burns the gas of a pairing.
    function file(Filing calldata filing) external payable nonReentrant returns (bytes32 claimId) {
        if (hub.paused()) revert Paused();
        Line memory line = _lines().lineOf(filing.attestation.lineId);
        SlashFact memory fact = ClaimProofs.slashOf(filing, line);
        bytes32 attested = ClaimProofs.attestationRoot(filing, hub);
        claimId = keccak256(abi.encode(attested, fact.key));
        Claim storage claim = _claims[claimId];
        _requireInTime(claim, fact);
        _makeWay(claimId, claim, fact.operator);
        _open(claim, filing, line, fact);
        ClaimProofs.requireSigned(filing, line, hub, attested);
        emit ClaimFiled(
            claimId, filing.attestation.lineId, fact.operator, claim.taskId, claim.amount, claim.finalisableAt
        );
    }

    /// @inheritdoc IFraudClaims
    function dispute(bytes32 claimId, bytes calldata counterProof) external payable nonReentrant {
        Claim storage claim = _in(claimId, State.Filed);
        _requireBefore(claim.filedAt, claim.finalisableAt - claim.filedAt);
        if (!claim.committee) return _refute(claimId, claim, counterProof);
        _takeBond(claim.bond);
        claim.state = State.Disputed;
        claim.disputer = msg.sender;
        claim.disputedAt = uint64(block.timestamp);
        emit ClaimDisputed(claimId, msg.sender);
    }

    /// @inheritdoc IFraudClaims
    function resolve(bytes32 claimId, bool uphold) external onlyRole(hub.RESOLVER_ROLE()) {
        Claim storage claim = _in(claimId, State.Disputed);
        _requireBefore(claim.disputedAt, RESOLVE_WINDOW);
        if (uphold) {
            claim.state = State.Resolved;
            _credit(claim.operator, NATIVE, claim.bond);
            emit ClaimResolved(claimId);
        } else {
            _credit(claim.disputer, NATIVE, claim.bond);
            _credit(_ownerOf(claim), NATIVE, claim.bond);
            _reject(claimId, claim, "resolved");
        }
    }

    /// @inheritdoc IFraudClaims
    function expire(bytes32 claimId) external {
        Claim storage claim = _claims[claimId];
        if (claim.state == State.Disputed) {
            _requireAfter(claim.disputedAt, RESOLVE_WINDOW);
            _returnBonds(claim);
            _reject(claimId, claim, "unresolved");
        } else {
            if (!_mayBeFiledAgain(claim)) revert WrongState(claim.state);
            _requireAfter(claim.vetoedAt, REFILE_WINDOW);
            _reject(claimId, claim, "not filed again");
        }
    }

    /// @inheritdoc IFraudClaims
    function veto(bytes32 claimId, bytes32 reasonHash) external onlyRole(hub.VETO_ROLE()) {
        Claim storage claim = _claims[claimId];
        if (!_isOpen(claim.state)) revert WrongState(claim.state);
        _returnBonds(claim);
        claim.state = State.Vetoed;
        claim.vetoedAt = uint64(block.timestamp);
        // The second one is the last: nothing can be filed on what it would hold.
        if (++claim.vetoes > 1) _unhold(claim);
        emit ClaimVetoed(claimId, reasonHash);
    }

    /// @inheritdoc IFraudClaims
    function finalise(bytes32 claimId) external nonReentrant returns (uint256 paid) {
        Claim storage claim = _claims[claimId];
        if (claim.state != State.Filed && claim.state != State.Resolved) revert WrongState(claim.state);
        _requireAfter(claim.filedAt, claim.finalisableAt - claim.filedAt);
        claim.state = State.Finalised;
        paid = _draw(claim);
        _credit(claim.filer, NATIVE, claim.bond);
        emit ClaimFinalised(claimId, claim.operator, paid);
    }

    /// @inheritdoc IFraudClaims
    function restore(bytes32 claimId, uint256 amount) external payable nonReentrant returns (uint256 restored) {
        Claim storage claim = _in(claimId, State.Finalised);
        uint256 left = claim.amount - claim.restored;
        if (amount > left) revert ExceedsPayment(left);
        Line memory line = _lines().lineOf(claim.lineId);
        restored = _giveBack(line.owner, line.asset, _receive(line.asset, amount));
        // A token may send more than was asked.
        claim.restored += uint128(Math.min(restored, left));
        emit ClaimRestored(claimId, restored);
    }

    /// @inheritdoc IFraudClaims
    function claimOf(bytes32 claimId) external view returns (Claim memory) {
        return _claims[claimId];
    }

    /// A slash counts for 14 days, and after a first veto the claim for another 14 of its own.
    function _requireInTime(Claim storage claim, SlashFact memory fact) private view {
        if (claim.state == State.Vetoed) _requireBefore(claim.vetoedAt, REFILE_WINDOW);
        else _requireBefore(fact.timestamp, FILE_WINDOW);
    }

    /// Clears what the new filing replaces: a claim after its first veto, or what somebody else filed for the operator that files now.
    function _makeWay(bytes32 claimId, Claim storage claim, address operator) private {
        if (claim.state == State.None) return;
        if (_mayBeFiledAgain(claim)) return _unhold(claim);
        bool isSuperseded = _isOpen(claim.state) && msg.sender == operator && claim.filer != operator;
        if (!isSuperseded) revert WrongState(claim.state);
        _returnBonds(claim);
        _reject(claimId, claim, "superseded");
    }

    function _open(Claim storage claim, Filing calldata filing, Line memory line, SlashFact memory fact) private {
        (uint128 amount, uint32 charge) = _hold(filing, line, fact);
        claim.state = State.Filed;
        claim.committee = ISlashOracle(line.oracle).isCommittee();
        claim.operator = fact.operator;
        claim.filedAt = uint64(block.timestamp);
        claim.filer = msg.sender;
        claim.finalisableAt = _finalisableAt(line, fact);
        claim.charge = charge;
        claim.lineId = filing.attestation.lineId;
        claim.slashKey = fact.key;
        claim.amount = amount;
        claim.bond = _takeBond(_bondOf(line.asset, amount));
        claim.taskId = filing.attestation.taskId;
    }

    function _finalisableAt(Line memory line, SlashFact memory fact) private view returns (uint64) {
        bytes32 avsId = keccak256(abi.encode(block.chainid, line.avs, line.operatorSetId));
        uint256 vetoedUntil = uint256(fact.timestamp) + hub.avsTerms(avsId).vetoSeconds;
        return uint64(Math.max(block.timestamp + DISPUTE_WINDOW, vetoedUntil));
    }

    /// What tokens are worth in wei nobody says, so a line of tokens takes the fixed bond.
    function _bondOf(address asset, uint256 amount) private view returns (uint256) {
        uint256 least = hub.claimBond();
        return asset == NATIVE ? Math.max(least, Math.ceilDiv(amount, BOND_DIVISOR)) : least;
    }

    function _takeBond(uint256 required) private returns (uint128) {
        if (msg.value < required) revert WrongBond(required);
        _credit(msg.sender, NATIVE, msg.value - required);
        return uint128(required);
    }

    function _refute(bytes32 claimId, Claim storage claim, bytes calldata counterProof) private {
        if (msg.value != 0) revert WrongBond(0);
        Line memory line = _lines().lineOf(claim.lineId);
        bool isRefuted =
            ISlashAttributor(line.attributor).isRefuted(line.avs, claim.taskId, claim.operator, counterProof);
        if (!isRefuted) revert NotRefuted();
        emit ClaimDisputed(claimId, msg.sender);
        _credit(line.owner, NATIVE, claim.bond);
        _reject(claimId, claim, "refuted");
    }

    function _reject(bytes32 claimId, Claim storage claim, bytes32 reason) private {
        claim.state = State.Rejected;
        _unhold(claim);
        emit ClaimRejected(claimId, reason);
    }

    /// The filer's, and the disputer's while its dispute is open.
    function _returnBonds(Claim storage claim) private {
        _credit(claim.filer, NATIVE, claim.bond);
        if (claim.state == State.Disputed) _credit(claim.disputer, NATIVE, claim.bond);
    }

    function _receive(address asset, uint256 amount) private returns (uint256) {
        if (msg.value != (asset == NATIVE ? amount : 0)) revert WrongValue();
        if (asset == NATIVE) return amount;
        uint256 before = IERC20(asset).balanceOf(address(this));
        IERC20(asset).safeTransferFrom(msg.sender, address(this), amount);
        return IERC20(asset).balanceOf(address(this)) - before;
    }

    function _giveBack(address owner, address asset, uint256 amount) private returns (uint256) {
        if (amount == 0) revert NothingToMove();
        if (!hub.isAssetAllowed(asset)) {
            _credit(owner, asset, amount);
            return amount;
        }
        ICollateralVault vault = ICollateralVault(hub.vault());
        if (asset == NATIVE) return vault.deposit{value: amount}(owner, asset, amount);
        IERC20(asset).forceApprove(address(vault), amount);
        return vault.deposit(owner, asset, amount);
    }

    function _in(bytes32 claimId, State state) private view returns (Claim storage claim) {
        claim = _claims[claimId];
        if (claim.state != state) revert WrongState(claim.state);
    }

    function _isOpen(State state) private pure returns (bool) {
        return state == State.Filed || state == State.Disputed || state == State.Resolved;
    }

    function _mayBeFiledAgain(Claim storage claim) private view returns (bool) {
        return claim.state == State.Vetoed && claim.vetoes == 1;
    }

    function _ownerOf(Claim storage claim) private view returns (address) {
        return _lines().lineOf(claim.lineId).owner;
    }

    function _requireBefore(uint64 since, uint64 window) private view {
        uint256 until = _end(since, window);
        if (block.timestamp >= until) revert TooLate(until);
    }

    function _requireAfter(uint64 since, uint64 window) private view {
        uint256 from = _end(since, window);
        if (block.timestamp < from) revert TooSoon(from);
    }

    /// The end of a window that pauses extend.
    function _end(uint64 since, uint64 window) private view returns (uint256) {
        return uint256(since) + window + hub.pausedSecondsSince(since);
    }
}
