// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Tells whether an account signed an EIP-712 digest: as the holder of its key, or as a contract by ERC-1271.
library Signatures {
    /// @notice Whether `signature` over `digest` is `account`'s. A key's own signature counts even if the account has code: with
    /// EIP-7702 an operator could otherwise unsign the vouchers that it has paid with.
    function isBy(address account, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && recovered == account) return true;
        return
            account.code.length != 0 && SignatureChecker.isValidERC1271SignatureNowCalldata(account, digest, signature);
    }
}
