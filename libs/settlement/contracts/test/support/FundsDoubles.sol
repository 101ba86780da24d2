// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @dev A token that everybody mints.
contract PlainToken is ERC20("Plain", "PLN") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @dev Keeps a tenth of every transfer.
contract FeeToken is ERC20("Fee", "FEE") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0)) super._update(to, address(0), amount / 10);
    }
}

/// @dev Answers false instead of reverting, as some tokens do.
contract FalseToken is ERC20("False", "FLS") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @dev Calls its sender back before it moves anything, as ERC-777 does.
contract CallbackToken is ERC20("Callback", "CBK") {
    address private _hooked;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function hook(address hooked) external {
        _hooked = hooked;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == _hooked && from != address(0)) Attacker(payable(from)).onMove();
        super._update(from, to, amount);
    }
}

/// @dev Calls a target again from inside the call that pays it or takes its tokens.
contract Attacker {
    address public target;
    bytes public attack;
    bool public succeeded;
    bytes4 public failure;
    uint256 private _left;

    receive() external payable {
        _strike();
    }

    function arm(address target_, bytes calldata attack_) external {
        target = target_;
        attack = attack_;
        _left = 1;
    }

    function run(address to, bytes calldata data) external payable returns (bool ok) {
        (ok,) = to.call{value: msg.value}(data);
    }

    function onMove() external {
        _strike();
    }

    function _strike() private {
        if (_left == 0) return;
        _left = 0;
        bytes memory answer;
        (succeeded, answer) = target.call(attack);
        if (!succeeded && answer.length >= 4) failure = bytes4(answer);
    }
}

/// @dev Takes no ether, but can pull to somebody who does.
contract Refuser {
    error NoEther();

    receive() external payable {
        revert NoEther();
    }

    function run(address to, bytes calldata data) external returns (bool ok) {
        (ok,) = to.call(data);
    }
}

/// @dev A wallet that signs by ERC-1271 what it was told to.
contract Wallet is IERC1271 {
    mapping(bytes32 digest => bytes32 signatureHash) private _signed;

    function approve(bytes32 digest, bytes calldata signature) external {
        _signed[digest] = keccak256(signature);
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return _signed[digest] == keccak256(signature) ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @dev Coprocessors as the registry would know them.
contract RegistryDouble {
    mapping(bytes32 coprocessor => address) public ownerOf;
    mapping(bytes32 coprocessor => bool) public isActive;

    function set(bytes32 coprocessor, address owner, bool active) external {
        ownerOf[coprocessor] = owner;
        isActive[coprocessor] = active;
    }
}

/// @dev Acceptances as an AVS's oracle would tell them.
contract AcceptanceDouble {
    struct Acceptance {
        bytes32 digest;
        bool isFinal;
    }

    mapping(bytes32 key => Acceptance) private _accepted;

    function accept(address avs, bytes32 taskId, address operator, bytes32 digest, bool isFinal) external {
        _accepted[keccak256(abi.encode(avs, taskId, operator))] = Acceptance(digest, isFinal);
    }

    function acceptedResponse(address avs, bytes32 taskId, address operator) external view returns (bytes32, bool) {
        Acceptance memory known = _accepted[keccak256(abi.encode(avs, taskId, operator))];
        return (known.digest, known.isFinal);
    }
}
