// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IBlockAnchors, ISlashOracle, ISymbioticSlasherView, ISymbioticVaultView} from "../interfaces/IOracles.sol";
import {SlashFact} from "../Types.sol";

/// @title Proves slashes of a Symbiotic network from the history that its vaults keep, over vaults that are pinned at deployment.
/// @notice Own loss: by how much the active shares that the operator's own account held just before a block were worth less after it,
/// at most their part of what the vault lost to the operator's slashes in it. All that one block slashed of an operator is one loss.
/// Who pins a vault has looked at its burner: the history does not say where slashed funds went.
contract SymbioticOracle is ISlashOracle {
    uint256 public constant MAX_VAULTS = 16;

    /// @notice Keeps the hashes of blocks: a slash's block is named by its header.
    IBlockAnchors public immutable anchors;
    /// @notice The network whose slashes count; the `avs` of the facts.
    address public immutable network;
    /// @notice Collateral of every pinned vault.
    address public immutable asset;
    Pinned[] private _vaults;

    /// @notice Vaults must be distinct, in ascending order, of one collateral, and have a slasher.
    error BadVault(address vault);
    /// @notice There must be at least one vault and at most `MAX_VAULTS`.
    error BadVaultCount(uint256 count);
    /// @notice The header is not that of an anchored block.
    error NotAnchored(uint256 blockNumber);
    /// @notice No pinned vault lost anything to slashes of the operator in this block.
    error NotSlashed();

    struct Pinned {
        ISymbioticVaultView vault;
        ISymbioticSlasherView slasher;
    }

    /// @notice What `slashFact` takes, abi-encoded.
    struct Evidence {
        /// RLP of the header of the anchored block.
        bytes header;
        address operator;
        /// The subnetwork's number.
        uint32 operatorSetId;
    }

    constructor(IBlockAnchors anchors_, address network_, ISymbioticVaultView[] memory vaults) {
        if (vaults.length == 0 || vaults.length > MAX_VAULTS) revert BadVaultCount(vaults.length);
        anchors = anchors_;
        network = network_;
        address asset_ = vaults[0].collateral();
        address last = address(0);
        for (uint256 i = 0; i < vaults.length; ++i) {
            ISymbioticVaultView vault = vaults[i];
            address slasher = vault.slasher();
            bool isGood = address(vault) > last && vault.collateral() == asset_ && slasher != address(0);
            if (!isGood) revert BadVault(address(vault));
            _vaults.push(Pinned(vault, ISymbioticSlasherView(slasher)));
            last = address(vault);
        }
        asset = asset_;
    }

    /// @inheritdoc ISlashOracle
    function isCommittee() external pure returns (bool) {
        return false;
    }

    /// @inheritdoc ISlashOracle
    function slashFact(bytes calldata evidence) external view returns (SlashFact memory fact) {
        Evidence memory given = abi.decode(evidence, (Evidence));
        (fact.blockNumber, fact.timestamp) = _blockOf(given.header);
        bytes32 subnetwork = bytes32(bytes20(network)) | bytes32(uint256(given.operatorSetId));
        for (uint256 i = 0; i < _vaults.length; ++i) {
            fact.loss += _lossIn(_vaults[i], subnetwork, given.operator, uint48(fact.timestamp));
        }
        if (fact.loss == 0) revert NotSlashed();
        // Other subnetworks slash the same shares, whose price does not say whose slash took what of it.
        fact.key = keccak256(abi.encode(block.chainid, fact.blockNumber, asset, given.operator));
        fact.operator = given.operator;
        fact.avs = network;
        fact.operatorSetId = given.operatorSetId;
        fact.asset = asset;
    }

    /// @notice The pinned vaults and their slashers.
    function pinnedVaults() external view returns (Pinned[] memory) {
        return _vaults;
    }

    /// A block has a second of its own, so what the history gained in it was slashed in it.
    function _lossIn(Pinned storage pinned, bytes32 subnetwork, address operator, uint48 timestamp)
        private
        view
        returns (uint256)
    {
        uint48 before = timestamp - 1;
        uint256 slashed = pinned.slasher.cumulativeSlashAt(subnetwork, operator, timestamp, "")
            - pinned.slasher.cumulativeSlashAt(subnetwork, operator, before, "");
        if (slashed == 0) return 0;
        uint256 own = pinned.vault.activeSharesOfAt(operator, before, "");
        uint256 all = pinned.vault.activeSharesAt(before, "");
        if (own == 0) return 0;
        return Math.min(Math.mulDiv(slashed, own, all), _lostBy(pinned.vault, own, before, timestamp));
    }

    /// Only slashes change what a share is worth. The history alone would overstate it: a vault takes a slash from pending withdrawals,
    /// too, and takes no more than it has.
    function _lostBy(ISymbioticVaultView vault, uint256 shares, uint48 before, uint48 timestamp)
        private
        view
        returns (uint256)
    {
        uint256 left = vault.activeSharesAt(timestamp, "");
        // Nobody else takes the operator's shares out: it has left with all, within the block.
        if (left == 0) return 0;
        uint256 worth = Math.mulDiv(shares, vault.activeStakeAt(before, ""), vault.activeSharesAt(before, ""));
        uint256 worthNow = Math.mulDiv(shares, vault.activeStakeAt(timestamp, ""), left, Math.Rounding.Ceil);
        return Math.saturatingSub(worth, worthNow);
    }

    function _blockOf(bytes memory header) private view returns (uint64 number, uint64 timestamp) {
        Memory.Slice[] memory fields = BlockHeader.parseHeader(header);
        number = uint64(BlockHeader.getNumber(fields));
        timestamp = uint64(BlockHeader.getTimestamp(fields));
        if (anchors.anchorOf(number) != keccak256(header)) revert NotAnchored(number);
    }
}
