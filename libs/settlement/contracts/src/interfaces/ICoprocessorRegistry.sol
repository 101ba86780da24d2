// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G1, G2} from "../lib/EthBls.sol";

/// @title Who owns which coprocessor key.
interface ICoprocessorRegistry {
    /// @notice A key was registered; `pubkey` is its 48 compressed bytes.
    event CoprocessorRegistered(bytes32 indexed coprocessor, address indexed owner, bytes pubkey);
    /// @notice A key wins nothing new from now on and stays liable for what it signed.
    event CoprocessorRevoked(bytes32 indexed coprocessor);
    event BondWithdrawn(bytes32 indexed coprocessor, address to, uint256 amount);

    /// @notice Registers `key` for `owner` against a bond; the possession is the key's signature over ProofOfPossession{key, owner}.
    function register(G1 calldata key, G2 calldata possession, address owner) external payable returns (bytes32 coprocessor);

    /// @notice Revokes a key for ever; by its owner.
    function revoke(bytes32 coprocessor) external;

    /// @notice Takes the bond back, 21 days after the revocation; by the owner.
    function withdrawBond(bytes32 coprocessor, address payable to) external;

    /// @notice Owner of a key; zero for an unknown one. Revoked keys keep their owner.
    function ownerOf(bytes32 coprocessor) external view returns (address);

    /// @notice Whether the key is bonded and not revoked.
    function isActive(bytes32 coprocessor) external view returns (bool);
}
