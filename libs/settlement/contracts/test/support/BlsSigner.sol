// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EthBls, G1, G2} from "../../src/lib/EthBls.sol";
import {OdfMessages} from "../../src/lib/OdfMessages.sol";

/// @title Signs with BLS inside the EVM, by the multiplications of EIP-2537: for tests whose messages hold fresh addresses.
/// @dev Byte-equal with blst (EthBls.t.sol compares). Secrets are 1 to the group's order − 1.
library BlsSigner {
    /// @notice The public key of a secret.
    function keyOf(uint256 secret) internal view returns (G1 memory key) {
        G1 memory generator = G1(
            0x17f1d3a73197d7942695638c4fa9ac0f,
            0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb,
            0x08b3f481e3aaa0f1a09e30ed741d8ae4,
            0xfcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1
        );
        bytes memory answer = _call(0x0c, abi.encode(generator, secret));
        key = abi.decode(answer, (G1));
    }

    /// @notice The signature of a secret over a signing root.
    function sign(uint256 secret, bytes32 signingRoot) internal view returns (G2 memory signature) {
        bytes memory answer = _call(0x0e, abi.encode(EthBls.hashToG2(signingRoot), secret));
        signature = abi.decode(answer, (G2));
    }

    /// @notice The signature of a secret over an object root in a domain of the hub.
    function sign(uint256 secret, bytes32 objectRoot, bytes4 domainType, address hub, bytes32 relayRoot)
        internal
        view
        returns (G2 memory)
    {
        bytes32 domain = OdfMessages.signingDomain(domainType, hub, relayRoot);
        return sign(secret, OdfMessages.signingRoot(objectRoot, domain));
    }

    /// @notice The sum of two signatures.
    function sum(G2 memory first, G2 memory second) internal view returns (G2 memory) {
        return abi.decode(_call(0x0d, abi.encode(first, second)), (G2));
    }

    function _call(uint160 precompile, bytes memory input) private view returns (bytes memory) {
        (bool done, bytes memory answer) = address(precompile).staticcall(input);
        require(done && answer.length > 0, "no such precompile");
        return answer;
    }
}
