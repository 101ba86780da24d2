// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EthBls, G1, G2} from "../../src/lib/EthBls.sol";

/// @title EthBls as a contract, so that tests can call it from outside.
contract BlsProbe {
    function verify(G1 calldata key, bytes32 signingRoot, G2 calldata signature) external view returns (bool) {
        return EthBls.verify(key, signingRoot, signature);
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
