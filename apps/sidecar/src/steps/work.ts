import type { StepWork } from '../task-flow.js';
import { buyKey } from './buy-key.js';
import { computeHere } from './compute-here.js';
import { keepEvidence } from './keep-evidence.js';
import { prepareCommitment } from './prepare-commitment.js';
import { reportOutcome } from './report-outcome.js';
import { signResponseOnce } from './sign-response.js';
import { submitResponse } from './submit-response.js';
import { verifyPayload } from './verify-payload.js';
import { waitForHeader } from './wait-for-header.js';

/** The steps of a task in their order. */
export const work: StepWork = {
  computing: computeHere,
  waiting: waitForHeader,
  headed: prepareCommitment,
  committed: buyKey,
  revealed: verifyPayload,
  verified: keepEvidence,
  kept: signResponseOnce,
  signed: submitResponse,
  reporting: reportOutcome,
};
