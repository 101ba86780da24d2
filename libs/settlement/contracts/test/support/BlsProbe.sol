// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EthBls, G1, G2} from "../../src/lib/EthBls.sol";

/// @title EthBls as a contract, so that tests can call it from outside.
contract BlsProbe {
    function verify(G1 calldata key, bytes32 signingRoot, G2 calldata signature) external view returns (bool) {
        return EthBls.verify(key, signingRoot, signature);
    }

    function verifyBoth(
        G1 calldata key1,
        bytes32 root1,
        G2 calldata signature1,
        G1 calldata key2,
        bytes32 root2,
        G2 calldata signature2
    ) external view returns (bool) {
        return EthBls.verifyBoth(key1, root1, signature1, key2, root2, signature2);
    }

    function keyRoot(G1 calldata key) external view returns (bytes32) {
        return EthBls.keyRoot(key);
    }

    function compress(G1 calldata key) external pure returns (bytes memory) {
        return EthBls.compress(key);
    }

    function requirePrecompiles() external view {
        EthBls.requirePrecompiles();
    }
}
