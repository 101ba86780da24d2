// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IAcceptanceOracle, IAllocationManagerView, ISlashAttributor} from "../interfaces/IOracles.sol";
import {Signatures} from "../lib/Signatures.sol";
import {Attribution} from "../Types.sol";
import {IAllocationManager} from "./IEigenLayer.sol";
import {KzgOpening} from "./KzgOpening.sol";

/// @title For development: a data-availability AVS. Blobs are its tasks, operators sign `kzg-da` results, and anybody who proves one
/// wrong within the challenge window has its operator slashed.
contract DaTaskManager is IAcceptanceOracle, ISlashAttributor {
    using KzgOpening for KzgOpening.Opening;

    /// @notice The fault of a result that is not the blob's.
    uint8 public constant WRONG_RESULT = 1;

    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant TASK_RESPONSE = keccak256("TaskResponse(bytes32 avsId,bytes32 taskId,bytes32 resultHash)");

    IAllocationManager public immutable allocationManager;
    uint32 public immutable operatorSetId;
    /// @notice Identity of this AVS in `odf/1`.
    bytes32 public immutable avsId;
    /// @notice The one strategy that is slashed, and how much of its allocation; 1e18 is the whole.
    address public immutable strategy;
    uint256 public immutable wadToSlash;
    /// @notice The longest time that a task gives for responses, seconds.
    uint64 public immutable responseSeconds;
    /// @notice How long after it a response may be challenged, seconds.
    uint64 public immutable challengeSeconds;

    /// @notice A task; times in Unix seconds.
    struct Task {
        bytes32 blobHash;
        uint64 createdAt;
        uint64 deadline;
    }

    /// @notice An operator's response; `slashBlock` is zero unless it was proved wrong.
    struct Response {
        bytes32 digest;
        bytes32 resultHash;
        uint64 respondedAt;
        uint64 slashBlock;
    }

    uint256 public taskCount;
    mapping(bytes32 taskId => Task) private _tasks;
    mapping(bytes32 taskId => mapping(address operator => Response)) private _responses;

    event TaskCreated(
        bytes32 indexed taskId, bytes32 nativeRef, uint256 index, bytes32 blobHash, uint64 createdAt, uint64 deadline
    );
    event TaskResponded(bytes32 indexed taskId, address indexed operator, bytes32 responseDigest, bytes result);
    event ResponseChallenged(bytes32 indexed taskId, address indexed operator, address challenger, uint8 fault);

    /// @notice A task is a transaction's first blob (EIP-4844).
    error NoBlob();
    error BadDeadline();
    error UnknownTask(bytes32 taskId);
    error TooLate();
    error NotMember(address operator);
    error BadSignature();
    error AlreadyResponded();
    /// @notice There is no response with that result.
    error NoSuchResponse();
    error AlreadySlashed();
    /// @notice The response is right in what was opened.
    error NotWrong();

    constructor(
        IAllocationManager allocationManager_,
        uint32 operatorSetId_,
        address strategy_,
        uint64 responseSeconds_,
        uint64 challengeSeconds_,
        uint256 wadToSlash_
    ) {
        allocationManager = allocationManager_;
        operatorSetId = operatorSetId_;
        strategy = strategy_;
        responseSeconds = responseSeconds_;
        challengeSeconds = challengeSeconds_;
        wadToSlash = wadToSlash_;
        avsId = keccak256(abi.encode(block.chainid, address(this), operatorSetId_));
        IAllocationManager.CreateSetParamsV2[] memory sets = new IAllocationManager.CreateSetParamsV2[](1);
        sets[0] = IAllocationManager.CreateSetParamsV2(operatorSetId_, _strategies(), address(this));
        allocationManager_.createOperatorSets(address(this), sets);
    }

    /// @notice Makes the first blob of this transaction a task, to be answered until `deadline` (Unix seconds).
    function createTask(uint64 deadline) external returns (bytes32 taskId) {
        bytes32 blobHash = blobhash(0);
        if (blobHash == bytes32(0)) revert NoBlob();
        uint64 nowS = uint64(block.timestamp);
        if (deadline <= nowS || deadline > nowS + responseSeconds) revert BadDeadline();
        uint256 index = taskCount++;
        bytes32 nativeRef = keccak256(abi.encode(index, blobHash, deadline));
        taskId = keccak256(abi.encode(avsId, nativeRef));
        _tasks[taskId] = Task(blobHash, nowS, deadline);
        emit TaskCreated(taskId, nativeRef, index, blobHash, nowS, deadline);
    }

    /// @notice Takes a member's response, sent by anybody; the operator's first one counts.
    /// @param signature The operator's, over `digestOf(taskId, result)`.
    function respond(bytes32 taskId, address operator, bytes calldata result, bytes calldata signature) external {
        Task storage task = _tasks[taskId];
        if (task.deadline == 0) revert UnknownTask(taskId);
        if (block.timestamp > task.deadline) revert TooLate();
        if (_responses[taskId][operator].respondedAt != 0) revert AlreadyResponded();
        if (!_isMember(operator)) revert NotMember(operator);
        bytes32 digest = digestOf(taskId, result);
        if (!Signatures.isBy(operator, digest, signature)) revert BadSignature();
        _responses[taskId][operator] = Response(digest, keccak256(result), uint64(block.timestamp), 0);
        emit TaskResponded(taskId, operator, digest, result);
    }

    /// @notice Proves a response wrong by one field element under its root that its commitment contradicts.
    /// @param y The element as the commitment has it, with `proof` (EIP-4844 `compute_kzg_proof` at the element's point).
    function challengeLeaf(
        bytes32 taskId,
        address operator,
        bytes calldata result,
        uint256 index,
        bytes32 leaf,
        bytes32[] calldata branch,
        bytes32 y,
        bytes calldata proof
    ) external {
        _challenge(taskId, operator, result, KzgOpening.Opening(index, leaf, branch, y, proof));
    }

    /// @notice Proves a response wrong whose commitment is not that of the task's blob, or which is no result at all.
    function challengeCommitment(bytes32 taskId, address operator, bytes calldata result) external {
        _requireChallengeable(taskId, operator, result);
        bool isResult = result.length == KzgOpening.RESULT_BYTES;
        if (isResult && KzgOpening.versionedHash(result) == _tasks[taskId].blobHash) revert NotWrong();
        _slash(taskId, operator);
    }

    /// @notice What an operator signs for a result (EIP-712, as libs/avs `responseDigest`).
    function digestOf(bytes32 taskId, bytes calldata result) public view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN, keccak256("ODF AVS"), keccak256("1"), block.chainid, address(this)));
        bytes32 structHash = keccak256(abi.encode(TASK_RESPONSE, avsId, taskId, keccak256(result)));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @inheritdoc IAcceptanceOracle
    function acceptedResponse(address avs, bytes32 taskId, address operator)
        external
        view
        returns (bytes32 responseDigest, bool isFinal)
    {
        Response storage response = _responses[taskId][operator];
        if (avs != address(this) || response.slashBlock != 0) return (bytes32(0), false);
        return (
            response.digest,
            response.respondedAt != 0 && block.timestamp > response.respondedAt + challengeSeconds
        );
    }

    /// @inheritdoc ISlashAttributor
    function responseOf(address avs, bytes32 taskId, address operator)
        external
        view
        returns (Attribution memory attribution)
    {
        Response storage response = _responses[taskId][operator];
        if (avs != address(this) || response.slashBlock == 0) return attribution;
        return Attribution(
            response.digest, WRONG_RESULT, response.slashBlock, keccak256(bytes(descriptionOf(taskId)))
        );
    }

    /// @inheritdoc ISlashAttributor
    /// @dev What slashed is a proof already; there is none against it.
    function isRefuted(address, bytes32, address, bytes calldata) external pure returns (bool) {
        return false;
    }

    function taskOf(bytes32 taskId) external view returns (Task memory) {
        return _tasks[taskId];
    }

    function responseRecord(bytes32 taskId, address operator) external view returns (Response memory) {
        return _responses[taskId][operator];
    }

    /// @notice The description of a slash for a task.
    function descriptionOf(bytes32 taskId) public pure returns (string memory) {
        return string.concat("odf/1 task ", Strings.toHexString(uint256(taskId), 32));
    }

    function _challenge(bytes32 taskId, address operator, bytes calldata result, KzgOpening.Opening memory opening)
        private
    {
        _requireChallengeable(taskId, operator, result);
        if (!opening.isWrong(result, _tasks[taskId].blobHash)) revert NotWrong();
        _slash(taskId, operator);
    }

    function _requireChallengeable(bytes32 taskId, address operator, bytes calldata result) private view {
        Response storage response = _responses[taskId][operator];
        if (response.respondedAt == 0 || response.resultHash != keccak256(result)) revert NoSuchResponse();
        if (response.slashBlock != 0) revert AlreadySlashed();
        if (block.timestamp > response.respondedAt + challengeSeconds) revert TooLate();
    }

    function _slash(bytes32 taskId, address operator) private {
        _responses[taskId][operator].slashBlock = uint64(block.number);
        emit ResponseChallenged(taskId, operator, msg.sender, WRONG_RESULT);
        uint256[] memory wads = new uint256[](1);
        wads[0] = wadToSlash;
        allocationManager.slashOperator(
            address(this),
            IAllocationManager.SlashingParams(operator, operatorSetId, _strategies(), wads, descriptionOf(taskId))
        );
    }

    function _isMember(address operator) private view returns (bool) {
        return allocationManager.isMemberOfOperatorSet(
            operator, IAllocationManagerView.OperatorSet(address(this), operatorSetId)
        );
    }

    function _strategies() private view returns (address[] memory strategies) {
        strategies = new address[](1);
        strategies[0] = strategy;
    }
}
