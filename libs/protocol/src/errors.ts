/** Every refusal of the protocol: its HTTP status, what it means, and what to do about it. */
export const errorCodes = {
  REQUEST_MALFORMED: [
    400,
    'The request does not have the shape of its route.',
    'Compare it with /openapi.json; integers are decimal strings, bytes 0x hex, unknown members are refused.',
  ],
  BATCH_PARTLY_REFUSED: [
    400,
    'Some items of the batch were refused.',
    'Read `failures`; the other items were accepted and need not be sent again.',
  ],
  SIGNATURE_INVALID: [
    400,
    'The signature does not verify.',
    'Sign the signing root under the domain of this relay, chain and settlement (see /relay/v1/info).',
  ],
  CURSOR_INVALID: [
    400,
    'The cursor names no place in this list.',
    "Use the last item's `id`, or leave the cursor out to start at the newest.",
  ],
  AUTH_REQUIRED: [401, 'This route needs a bearer token.', 'Send `Authorization: Bearer <token>`.'],
  AUTH_FORBIDDEN: [403, 'This token may not do that.', 'Use a token with the needed role.'],
  ROUTE_UNKNOWN: [404, 'There is no such route.', 'See /docs for the routes.'],
  METHOD_NOT_ALLOWED: [405, 'This route does not take that method.', 'See the Allow header.'],
  NOT_ACCEPTABLE: [406, 'This route cannot answer in the asked media type.', 'Ask for application/json.'],
  BODY_TOO_LARGE: [413, 'The body is larger than this route takes.', 'Send fewer items at once.'],
  MEDIA_TYPE_UNSUPPORTED: [
    415,
    'This route does not take that content type or encoding.',
    'Send application/json, plain or gzip; application/octet-stream only where the route says so.',
  ],
  RANGE_NOT_SATISFIABLE: [416, 'The range lies outside the content.', 'Ask for a range within Content-Length.'],
  RATE_LIMITED: [429, 'Too many requests.', 'Wait as long as Retry-After says.'],
  INTERNAL: [500, 'The relay failed.', 'Try again; if it persists, tell the operator the X-Request-Id.'],
  UNAVAILABLE: [
    503,
    'The relay is starting, draining or overloaded.',
    'Try again after Retry-After, or use another relay.',
  ],
  VALIDATOR_UNKNOWN: [404, 'The relay knows no such validator.', 'Enrol it first at /relay/v1/validator/enrollments.'],
  COPROCESSOR_UNKNOWN: [
    404,
    'The relay knows no such coprocessor.',
    'Register its key and lock collateral on the settlement first.',
  ],
  AVS_UNKNOWN: [404, 'The relay serves no such AVS.', 'See /relay/v1/avs.'],
  AUCTION_UNKNOWN: [404, 'There is no such auction.', 'See /relay/v1/coprocessor/auctions.'],
  AUCTION_NOT_CLEARED: [404, 'The auction has not cleared yet.', 'Wait for the auction_cleared event.'],
  REGISTRATION_TIMESTAMP_INVALID: [
    400,
    "The registration's timestamp lies in the future.",
    'Set the clock; at most 10 s ahead is accepted.',
  ],
  REGISTRATION_STALE: [409, 'A newer registration of this validator is known.', 'Send a later timestamp.'],
  BLOCKS_UNSUPPORTED: [
    400,
    'This relay serves no blocks.',
    'Remove it from the relays of your block builder client; it takes validator registrations only.',
  ],
  ENROLLMENT_OPERATOR_TAKEN: [
    409,
    'Another validator is enrolled for this operator and AVS.',
    'Exit that enrollment first, or use another operator.',
  ],
  ENROLLMENT_NONCE_STALE: [
    409,
    'A newer enrollment of this validator is known, or this nonce was used with other content.',
    'Raise the nonce.',
  ],
  ENROLLMENT_POLICY_MISMATCH: [
    400,
    'The policy is not the one whose root was signed.',
    'Send the policy whose hash_tree_root is policy_root.',
  ],
  ENROLLMENT_POLICY_INVALID: [
    422,
    'The policy breaks a rule.',
    'Give one or two tiers, cover_bps up to 9000, a known collateral kind, shares up to 10000 bps.',
  ],
  ENROLLMENT_EXPIRED: [
    422,
    'The enrollment is over before it begins.',
    'Set valid_until in the future; to exit, raise the nonce of a known enrollment.',
  ],
  ENROLLMENT_OPERATOR_SIGNATURE_INVALID: [
    400,
    "The operator's EIP-712 signature does not verify.",
    'Sign the Enrollment type as the operator: r‖s‖v, v 27 or 28, low s.',
  ],
  DELEGATION_NONCE_STALE: [
    409,
    'A newer delegation of this validator is known, or this nonce was used with other content.',
    'Raise the nonce.',
  ],
  DELEGATION_POSSESSION_INVALID: [
    400,
    "The delegate's proof of possession does not verify.",
    'Sign ProofOfPossession{key: delegate, owner_root: validator key_root} with the delegate key.',
  ],
  DELEGATION_DELEGATE_TAKEN: [409, 'This delegate serves another validator.', 'Use one hot key for one validator.'],
  BID_AUCTION_CLOSED: [
    409,
    'The auction takes no more bids.',
    'Bid in the next auction of this AVS, or leave a standing bid.',
  ],
  BID_NONCE_STALE: [
    409,
    'A bid with this nonce or a higher one is known.',
    'Raise the nonce; it counts per coprocessor and AVS.',
  ],
  BID_COPROCESSOR_UNREGISTERED: [
    422,
    'The coprocessor is not registered and bonded.',
    'Register its key on the settlement first.',
  ],
  BID_COPROCESSOR_SUSPENDED: [
    422,
    'The coprocessor is suspended.',
    'See its standing at /relay/v1/coprocessor/{pubkey}.',
  ],
  BID_LINE_INVALID: [
    422,
    "The cover line is unknown, not this coprocessor's, or not in force for this term.",
    'Open a line for this AVS that lasts past the term.',
  ],
  BID_AVS_MISMATCH: [422, 'The auction belongs to another AVS.', 'Set avs_id to that of the auction.'],
  BID_EXPIRED: [422, 'The bid is over before the auction closes.', 'Set valid_until later.'],
  BID_STEPS_INVALID: [
    422,
    'The steps do not rise, are empty of units, or ask more than the whole reward.',
    'Give 1 to 4 steps of rising fee_share_bps up to 10000, each of at least one unit; none to cancel.',
  ],
  BID_FLAGS_INVALID: [
    422,
    'The assurance or standby flags have no meaning.',
    'assurance is a set of bits 1 zk, 2 tee; standby is 0 or 1.',
  ],
  BID_ASSURANCE_UNSUPPORTED: [422, 'The AVS cannot check this assurance.', 'Bid with assurance 0.'],
  BID_REPLACEMENTS_EXCEEDED: [
    429,
    'Too many replacements in this auction.',
    'The last accepted bid stands; wait for the next auction.',
  ],
  BID_TOO_MANY: [422, 'The auction is full.', 'Wait for the next auction.'],
  TASK_UNKNOWN: [404, 'There is no such task.', 'See the task_announced events.'],
  TASK_CONFLICT: [409, 'A task with this native_ref and other content is known.', 'Use a new native_ref.'],
  TASK_DEADLINE_TOO_SOON: [
    422,
    'The deadline leaves no time to deliver and commit.',
    "Set it later than the AVS's windows need (see /relay/v1/avs).",
  ],
  TASK_SOURCE_CHAIN: [409, "The AVS's tasks come from its contract on chain.", 'Create the task there.'],
  TASK_INPUT_INVALID: [422, 'The plug-in refuses this input.', "See the AVS's limits and format."],
  AWARD_UNKNOWN: [
    422,
    'No signed award carries this auction, award_root and line.',
    'Deliver under the award that you won.',
  ],
  DELIVERY_TASK_MISMATCH: [422, "The task is not one of that award's term.", 'Deliver tasks of the term that you won.'],
  DELIVERY_INPUT_MISMATCH: [
    422,
    "input_root is not the SHA-256 of the task's input.",
    'Compute on the input of this task.',
  ],
  DELIVERY_PAYLOAD_MISMATCH: [
    400,
    'result or witness do not hash to the attested roots.',
    'Send the bytes that were attested.',
  ],
  DELIVERY_TIMES_INVALID: [
    422,
    "The attestation's times break a rule.",
    "issued_at_ms between the task's creation and now + 2 s; expires_at_ms past claim_tail_ms of /relay/v1/avs.",
  ],
  DELIVERY_SEQ_STALE: [409, 'seq does not rise.', 'Use a higher seq than in any earlier attestation.'],
  REPUTATION_EVENT_UNKNOWN: [
    404,
    'There is no such reputation event that could be corrected.',
    'Take the id from /relay/v1/data/reputation; corrections themselves are not corrected.',
  ],
  DELIVERY_TOO_LATE: [409, 'The delivery window is over.', 'Nothing to do; the standby serves.'],
  DELIVERY_FINAL: [
    409,
    'Another delivery of this task is final.',
    'The first one counts; send its bytes again to get its receipt.',
  ],
  DELIVERY_TOO_LARGE: [413, 'result or witness are larger than the AVS takes.', 'See the limits at /relay/v1/avs.'],
  COMMITMENT_TOO_LATE: [409, 'The commit window is over.', 'Nothing was marked; commit sooner next time.'],
  COMMITMENT_CONFLICT: [
    409,
    'Another commitment for this task and role is known.',
    'A validator commits once; send the first one again to get its key.',
  ],
  COMMITMENT_NOT_AWARDED: [
    422,
    'This validator has no award that covers the task.',
    'Commit to the header served to this validator.',
  ],
  COMMITMENT_NO_HEADER: [409, 'There is no such header to commit to yet.', 'Wait for the header.'],
  COMMITMENT_MISMATCH: [
    422,
    'The commitment does not match the header and award.',
    'Copy auction, task, coprocessor and attestation_root from the header and fee_wei from the award leaf.',
  ],
  COMMITMENT_BEFORE_SWITCH: [
    409,
    'The standby does not serve yet.',
    'Commit to the primary, or report outcome 6 first.',
  ],
  COMMITMENT_ESCROW_EXCEEDED: [
    422,
    "The operator's unpaid fees would exceed its fee escrow.",
    'Top up the escrow on chain, or let the coprocessors redeem, and commit again.',
  ],
  PAYLOAD_UNKNOWN: [404, 'There is no such ciphertext.', 'Use ciphertext_root of a header.'],
  OUTCOME_INVALID: [
    422,
    "The outcome's status or task is unknown, or the validator had no award.",
    'Report status 1 to 6 for a task that was served.',
  ],
  OUTCOME_SEQ_STALE: [409, 'A newer outcome of this validator and task is known.', 'Raise seq.'],
  VOUCHER_INVALID: [
    400,
    "The voucher's signature does not verify.",
    'Sign the Voucher type as the operator or its delegated signer.',
  ],
  VOUCHER_STALE: [409, 'A voucher of a higher sum is known.', 'Vouchers only rise.'],
  CLAIM_UNAVAILABLE: [503, 'This relay files no claims.', 'File on chain yourself, or use a relay that does.'],
  CLAIM_NOT_ATTESTED: [
    422,
    'The validator bought no payload of this attestation for this task.',
    'Name the attestation_root of the header that was committed to.',
  ],
  CLAIM_SLASH_UNCONFIRMED: [
    409,
    'No confirmed slash of this operator stands at that transaction and log.',
    'Wait for its confirmations, or check slash_tx and log_index.',
  ],
  CLAIM_REFUSED: [422, 'The settlement contract would refuse the claim.', 'The message says why.'],
  CLAIM_UNKNOWN: [404, 'There is no such claim.', 'Check the claim_id.'],
  PROOF_UNKNOWN: [404, 'No bid of this auction has that root.', "Use the subject_root of the bid's receipt."],
  DEV_DISABLED: [404, 'Development routes are closed.', 'Start the relay with ODF_DEV=1, never in production.'],
} as const satisfies Record<string, readonly [status: number, meaning: string, hint: string]>;

/** The name of a refusal. */
export type ErrorCode = keyof typeof errorCodes;

/** A refusal with its code, what happened in this case, and what to do. */
export class OdfError extends Error {
  override readonly name = 'OdfError';

  constructor(
    readonly code: ErrorCode,
    /** What happened in this case; never contains secrets or payload bytes. */
    readonly detail?: string,
    /** Seconds after which a retry makes sense. */
    readonly retryAfterSeconds?: number,
  ) {
    super(`${detail ?? errorCodes[code][1]} ${errorCodes[code][2]}`);
  }

  /** The HTTP status of this refusal. */
  get status(): number {
    return errorCodes[this.code][0];
  }

  /** The wire form of the refusal. */
  toJson(): { code: number; error: ErrorCode; message: string } {
    return { code: this.status, error: this.code, message: this.message };
  }
}
