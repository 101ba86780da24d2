// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FeeEscrow} from "../src/FeeEscrow.sol";
import {IFeeEscrow} from "../src/interfaces/IFeeEscrow.sol";
import {OdfHub} from "../src/OdfHub.sol";
import {FeeProofs} from "../src/lib/FeeProofs.sol";
import {OdfMessages} from "../src/lib/OdfMessages.sol";
import {AvsTerms} from "../src/Types.sol";
import {FeeFixtures} from "./fixtures/FeeFixtures.sol";
import {FundsWorld} from "./support/FundsWorld.sol";
import {vm} from "./support/Vm.sol";

/// @dev Draws fees that TypeScript signed (fixtures/fee-fixtures.spec.ts) from FeeEscrow.
contract FeeDrawTest is FundsWorld {
    uint256 private constant FEE = 0.25 ether;

    function setUp() public override {
        super.setUp();
        prefund(operator, 10 ether);
        registry.set(FeeFixtures.byValidator().award.coprocessorRoot, owner, false);
        accept(FeeFixtures.byValidator());
        accept(FeeFixtures.byDelegate());
        accept(FeeFixtures.bySecondValidator());
    }

    function test_a_fee_that_the_validator_committed_to_is_paid() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        vm.expectEmit(address(escrow));
        emit IFeeEscrow.FeeProved(operator, owner, idOf(fee), FEE);
        vm.expectEmit(address(escrow));
        emit IFeeEscrow.FeePaid(operator, owner, FEE, FEE);
        vm.prank(STRANGER);
        vm.assertEq(escrow.draw(fee), FEE);
        vm.snapshotGasLastCall("FeeEscrow", "draw by validator");
        vm.assertEq(escrow.provedOf(operator, owner), FEE);
        vm.assertEq(escrow.collectable(owner), FEE);
    }

    function test_a_fee_that_the_delegate_committed_to_is_paid() public {
        vm.assertEq(escrow.draw(FeeFixtures.byDelegate()), FEE);
        vm.snapshotGasLastCall("FeeEscrow", "draw by delegate");
    }

    function test_two_validators_that_signed_one_message_owe_a_fee_each() public {
        IFeeEscrow.Fee memory first = FeeFixtures.byValidator();
        IFeeEscrow.Fee memory second = FeeFixtures.bySecondValidator();
        vm.assertEq(keccak256(abi.encode(first.commitment)), keccak256(abi.encode(second.commitment)));
        prefund(second.enrollment.operator, 1 ether);
        vm.assertEq(escrow.draw(first), FEE);
        vm.assertEq(escrow.draw(second), FEE);
        vm.assertEq(escrow.collectable(owner), 2 * FEE);
    }

    // Guard: FeeAlreadyCounted.
    function test_a_fee_counts_once() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        escrow.draw(fee);
        refuses(fee, abi.encodeWithSelector(FeeEscrow.FeeAlreadyCounted.selector, idOf(fee)));
        // Other evidence for the same commitment is the same fee.
        fee.enrollment.nonce = 2;
        consent(fee);
        refuses(fee, abi.encodeWithSelector(FeeEscrow.FeeAlreadyCounted.selector, idOf(fee)));
        vm.assertEq(escrow.provedOf(operator, owner), FEE);
    }

    // Guard: max(voucher, proved) − paid. Two fees are due; a voucher covers one of them.
    function test_voucher_then_draws_pay_each_fee_once() public {
        vm.assertEq(redeem(FEE), FEE);
        vm.assertEq(escrow.draw(FeeFixtures.byValidator()), 0);
        vm.assertEq(escrow.draw(FeeFixtures.byDelegate()), FEE);
        expectPaid(2 * FEE);
    }

    // Guard: max(voucher, proved) − paid.
    function test_draws_then_voucher_pay_each_fee_once() public {
        vm.assertEq(escrow.draw(FeeFixtures.byValidator()), FEE);
        vm.assertEq(escrow.draw(FeeFixtures.byDelegate()), FEE);
        vm.assertEq(redeem(2 * FEE), 0);
        expectPaid(2 * FEE);
    }

    // Guard: max(voucher, proved) − paid.
    function test_draw_voucher_draw_pay_each_fee_once() public {
        vm.assertEq(escrow.draw(FeeFixtures.byDelegate()), FEE);
        vm.assertEq(redeem(2 * FEE), FEE);
        vm.assertEq(escrow.draw(FeeFixtures.byValidator()), 0);
        expectPaid(2 * FEE);
    }

    // Guard: max(voucher, proved) − paid.
    function test_full_voucher_then_draws_pay_each_fee_once() public {
        vm.assertEq(redeem(2 * FEE), 2 * FEE);
        vm.assertEq(escrow.draw(FeeFixtures.byDelegate()), 0);
        vm.assertEq(escrow.draw(FeeFixtures.byValidator()), 0);
        expectPaid(2 * FEE);
    }

    // Guard: what was proved needs no voucher, and what an empty escrow could not pay stays owed.
    function test_what_was_proved_is_paid_after_a_top_up() public {
        vm.assertEq(redeemFor(STRANGER, 10 ether - 1), 10 ether - 1);
        vm.assertEq(escrow.draw(FeeFixtures.byValidator()), 1);
        expectPaid(1);
        prefund(operator, 1 ether);
        vm.expectRevert(FeeEscrow.BadVoucher.selector);
        escrow.redeem(operator, owner, FEE + 1, "");
        vm.assertEq(escrow.redeem(operator, owner, FEE, ""), FEE - 1);
        vm.assertEq(escrow.redeem(operator, owner, FEE, ""), 0);
        expectPaid(FEE);
    }

    // Guard: the order of payments does not change their sum.
    function testFuzz_any_order_pays_the_larger_of_voucher_and_proofs(uint8 order, uint64 first, uint64 second) public {
        for (uint256 step; step < 4; ++step) {
            uint256 turn = (step + order) % 4;
            if (order & 4 != 0) turn = 3 - turn;
            if (turn == 0) escrow.draw(FeeFixtures.byValidator());
            else if (turn == 1) redeem(first);
            else if (turn == 2) escrow.draw(FeeFixtures.byDelegate());
            else redeem(second);
        }
        uint256 voucher_ = first > second ? first : second;
        uint256 due = voucher_ > 2 * FEE ? voucher_ : 2 * FEE;
        expectPaid(due > 10 ether ? 10 ether : due);
    }

    // Guard: UnknownCoprocessor.
    function test_refuses_a_coprocessor_that_nobody_owns() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        registry.set(fee.award.coprocessorRoot, address(0), false);
        refuses(fee, abi.encodeWithSelector(FeeEscrow.UnknownCoprocessor.selector, fee.award.coprocessorRoot));
    }

    // Guard: Mismatch "operator". The leaf names who pays.
    function test_refuses_an_enrollment_of_another_operator() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.enrollment.operator = STRANGER;
        mismatches(fee, "operator");
    }

    // Guard: Mismatch "validator".
    function test_refuses_an_enrollment_of_another_validator() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.enrollment.validatorRoot = keccak256("other");
        mismatches(fee, "validator");
    }

    // Guard: Mismatch "avs".
    function test_refuses_an_enrollment_for_another_avs() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.enrollment.avsId = keccak256("other");
        consent(fee);
        mismatches(fee, "avs");
    }

    // Guard: Mismatch "attested auction".
    function test_refuses_an_attestation_of_another_auction() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.attestation.auctionId = keccak256("other");
        mismatches(fee, "attested auction");
    }

    // Guard: Mismatch "committed auction".
    function test_refuses_a_commitment_of_another_auction() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.commitment.auctionId = keccak256("other");
        mismatches(fee, "committed auction");
    }

    // Guard: Mismatch "task".
    function test_refuses_a_commitment_to_another_task() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.commitment.taskId = keccak256("other");
        mismatches(fee, "task");
    }

    // Guard: Mismatch "award".
    function test_refuses_an_attestation_for_another_award() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.attestation.awardRoot = keccak256("other");
        mismatches(fee, "award");
    }

    // Guard: Mismatch "coprocessor".
    function test_refuses_a_commitment_to_another_coprocessor() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.commitment.coprocessorRoot = keccak256("other");
        mismatches(fee, "coprocessor");
    }

    // Guard: Mismatch "fee".
    function test_refuses_a_fee_that_was_not_awarded() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.commitment.feeWei = 1 ether;
        mismatches(fee, "fee");
    }

    // Guard: Mismatch "attestation".
    function test_refuses_a_commitment_to_another_attestation() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.attestation.salt = keccak256("other");
        mismatches(fee, "attestation");
    }

    // Guard: Mismatch "validator key".
    function test_refuses_a_key_that_is_not_the_validator_s() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.validatorKey = fee.relayKey;
        mismatches(fee, "validator key");
    }

    // Guard: Mismatch "relay key".
    function test_refuses_a_key_that_is_not_the_relay_s() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.relayKey = fee.validatorKey;
        mismatches(fee, "relay key");
    }

    // Guard: Mismatch "delegator".
    function test_refuses_the_delegation_of_another_validator() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byDelegate();
        fee.delegation.validatorRoot = keccak256("other");
        mismatches(fee, "delegator");
    }

    // Guard: Mismatch "delegate key".
    function test_refuses_a_key_that_is_not_the_delegate_s() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byDelegate();
        fee.delegateKey = fee.relayKey;
        mismatches(fee, "delegate key");
    }

    // Guard: NotInForce "enrollment".
    function test_refuses_an_enrollment_that_did_not_hold_in_the_term() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        uint64 termEnd = fee.award.termEndMs / 1000;
        fee.enrollment.validFrom = termEnd + 1;
        fee.enrollment.validUntil = termEnd + 2;
        consent(fee);
        refuses(fee, abi.encodeWithSelector(FeeProofs.NotInForce.selector, bytes32("enrollment")));
        fee.enrollment.validFrom = 0;
        fee.enrollment.validUntil = uint64(START);
        consent(fee);
        refuses(fee, abi.encodeWithSelector(FeeProofs.NotInForce.selector, bytes32("enrollment")));
        fee.enrollment.validUntil = uint64(START + 1);
        consent(fee);
        vm.assertEq(escrow.draw(fee), FEE);
    }

    // Guard: the first round of a re-opened auction starts before whoever enrolls meanwhile.
    function test_takes_an_enrollment_that_began_after_the_term_s_start() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.enrollment.validFrom = fee.award.termEndMs / 1000;
        fee.enrollment.validUntil = fee.enrollment.validFrom + 1;
        consent(fee);
        vm.assertEq(escrow.draw(fee), FEE);
    }

    // Guard: NotInForce "delegate", an expired hot key.
    function test_refuses_a_delegate_that_expired_before_the_term() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byDelegate();
        fee.delegation.validUntil = uint64(START);
        refuses(fee, abi.encodeWithSelector(FeeProofs.NotInForce.selector, bytes32("delegate")));
    }

    // Guard: NotAwarded.
    function test_refuses_a_leaf_that_is_not_in_the_award() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.leaf.index = 1;
        refuses(fee, abi.encodeWithSelector(FeeProofs.NotAwarded.selector));
    }

    // Guard: NoAcceptanceOracle.
    function test_refuses_an_avs_whose_acceptance_nobody_tells() public {
        hub.setAvsTerms(AvsTerms(true, AVS, OPERATOR_SET, address(0), 0, 0));
        refuses(FeeFixtures.byValidator(), abi.encodeWithSelector(FeeProofs.NoAcceptanceOracle.selector, avsId));
    }

    function test_an_avs_that_was_unlisted_still_owes_its_fees() public {
        list(hub, false);
        vm.assertEq(escrow.draw(FeeFixtures.byValidator()), FEE);
    }

    // Guard: NotAccepted; another response, not final, or none.
    function test_refuses_a_response_that_was_not_accepted_for_good() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        bytes memory refusal = abi.encodeWithSelector(FeeProofs.NotAccepted.selector);
        acceptance.accept(AVS, fee.commitment.taskId, operator, keccak256("other"), true);
        refuses(fee, refusal);
        acceptance.accept(AVS, fee.commitment.taskId, operator, fee.attestation.responseDigest, false);
        refuses(fee, refusal);
        acceptance.accept(AVS, fee.commitment.taskId, operator, 0, true);
        refuses(fee, refusal);
    }

    // Guard: NotAccepted where both digests are zero.
    function test_an_empty_digest_is_no_accepted_response() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.attestation.responseDigest = 0;
        fee.commitment.attestationRoot = OdfMessages.root(fee.attestation);
        acceptance.accept(AVS, fee.commitment.taskId, operator, 0, true);
        refuses(fee, abi.encodeWithSelector(FeeProofs.NotAccepted.selector));
    }

    // Guard: BadSignature "enrollment".
    function test_refuses_an_enrollment_that_the_operator_did_not_sign() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.enrollment.nonce = 2;
        unsigned(fee, "enrollment");
    }

    // Guard: BadSignature "award".
    function test_refuses_an_award_that_the_relay_did_not_sign() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.award.termEndMs += 1;
        unsigned(fee, "award");
    }

    // Guard: BadSignature "commitment" of the validator.
    function test_refuses_a_commitment_that_the_validator_did_not_sign() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.commitmentSignature = FeeFixtures.byDelegate().commitmentSignature;
        unsigned(fee, "commitment");
    }

    // Guard: BadSignature "delegation".
    function test_refuses_a_delegation_that_the_validator_did_not_sign() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byDelegate();
        fee.delegation.nonce = 2;
        unsigned(fee, "delegation");
    }

    // Guard: BadSignature "commitment" of the delegate.
    function test_refuses_a_commitment_that_the_delegate_did_not_sign() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byDelegate();
        fee.commitmentSignature = fee.delegationSignature;
        unsigned(fee, "commitment");
    }

    // Guard: the hub is in each domain. Whatever is signed anew for the other deployment, the validator's promise is not.
    function test_refuses_a_fee_of_another_deployment() public {
        (OdfHub other,,, FeeEscrow elsewhere) = deploy(address(0xDE9107E5));
        list(other, true);
        (hub, escrow) = (other, elsewhere);
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        unsigned(fee, "enrollment");
        consent(fee);
        unsigned(fee, "award");
        fee.awardSignature = FeeFixtures.awardSignatureElsewhere();
        unsigned(fee, "commitment");
    }

    // Guard: the chain is in each domain.
    function test_refuses_a_fee_of_another_chain() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        vm.chainId(1);
        unsigned(fee, "enrollment");
        consent(fee);
        unsigned(fee, "award");
    }

    // Guard: cheap checks come first. A point off the curve costs no pairing if anything else is wrong.
    function test_a_malformed_point_is_looked_at_last() public {
        IFeeEscrow.Fee memory fee = FeeFixtures.byValidator();
        fee.awardSignature.x0l ^= 1;
        fee.commitmentSignature.x0l ^= 1;
        fee.operatorSignature = "";
        uint256 before = gasleft();
        unsigned(fee, "enrollment");
        vm.assertLe(before - gasleft(), 200_000);
    }

    function idOf(IFeeEscrow.Fee memory fee) private view returns (bytes32) {
        bytes32 domain = hub.signingDomain(OdfMessages.COMMITMENT, fee.enrollment.relayRoot);
        bytes32 signingRoot = OdfMessages.signingRoot(OdfMessages.root(fee.commitment), domain);
        return keccak256(abi.encodePacked(signingRoot, fee.enrollment.validatorRoot));
    }

    function accept(IFeeEscrow.Fee memory fee) private {
        bytes32 digest = fee.attestation.responseDigest;
        acceptance.accept(AVS, fee.commitment.taskId, fee.enrollment.operator, digest, true);
    }

    /// The operator signs the enrollment as it stands now, for the hub and chain of now.
    function consent(IFeeEscrow.Fee memory fee) private view {
        fee.operatorSignature = signed(OPERATOR_SECRET, hub.typedDigest(OdfMessages.structHash(fee.enrollment)));
    }

    function refuses(IFeeEscrow.Fee memory fee, bytes memory reason) private {
        vm.expectRevert(reason);
        escrow.draw(fee);
    }

    function mismatches(IFeeEscrow.Fee memory fee, bytes32 field) private {
        refuses(fee, abi.encodeWithSelector(FeeProofs.Mismatch.selector, field));
    }

    function unsigned(IFeeEscrow.Fee memory fee, bytes32 message) private {
        refuses(fee, abi.encodeWithSelector(FeeProofs.BadSignature.selector, message));
    }

    function prefund(address account, uint256 amount) private {
        vm.deal(address(this), amount);
        escrow.deposit{value: amount}(account);
    }

    function redeem(uint256 cumulativeWei) private returns (uint256) {
        return redeemFor(owner, cumulativeWei);
    }

    function redeemFor(address owner_, uint256 cumulativeWei) private returns (uint256) {
        return escrow.redeem(operator, owner_, cumulativeWei, voucher(OPERATOR_SECRET, owner_, cumulativeWei));
    }

    function expectPaid(uint256 amount) private view {
        vm.assertEq(escrow.paidOf(operator, owner), amount, "paid");
        vm.assertEq(escrow.collectable(owner), amount, "collectable");
    }
}
