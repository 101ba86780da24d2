/** What a workload is, and the most that it takes. */
export interface WorkloadMeta {
  id: string;
  /** Rises whenever the same input would give another result. */
  version: string;
  /** `lightweight`: every sidecar computes it itself; `intensive`: a coprocessor does. */
  class: 'lightweight' | 'intensive';
  limits: {
    inputBytes: number;
    resultBytes: number;
    witnessBytes: number;
    /** What a full check takes at the 95th percentile on a home machine, milliseconds. */
    verifyMs: number;
  };
}

/** What a coprocessor delivers: `result` is deterministic and signed by operators; `witness` only lets others check it. */
export interface Computed {
  result: Uint8Array;
  witness: Uint8Array;
}

/** How much to check, and the randomness that chooses what; drawn only after the payload's header is fixed. */
export interface VerifyOptions {
  /** 32 bytes that the coprocessor could not foresee. */
  seed: Uint8Array;
  level: 'sample' | 'full';
}

/** Why a check passed or failed. */
export type VerdictCode =
  | 'OK'
  | 'INPUT_INVALID'
  | 'RESULT_LENGTH_WRONG'
  | 'WITNESS_LENGTH_WRONG'
  | 'RESULT_MISMATCH'
  | 'CELLS_NOT_INPUT'
  | 'ROOT_MISMATCH'
  | 'BLOB_PROOF_INVALID'
  | 'CELL_PROOFS_INVALID';

/** The answer of a check: without `ok` nothing may be signed. */
export interface Verdict {
  ok: boolean;
  code: VerdictCode;
  /** The part of the witness that was checked, 0 to 1. */
  coverage: number;
  /** What the check took, milliseconds. */
  ms: number;
}

/**
 * What an AVS has computed and checked, the same in relay, sidecar and coprocessor; holds no state but cached constants,
 * so that it may be called in any thread.
 */
export interface AvsWorkload {
  readonly meta: WorkloadMeta;
  /**
   * Refuses what is no input of this workload.
   *
   * @throws {OdfError} TASK_INPUT_INVALID.
   */
  checkInput(input: Uint8Array): void;
  /**
   * Does the work; the same input gives the same `result` everywhere.
   *
   * @throws {OdfError} TASK_INPUT_INVALID; the signal's reason when aborted.
   */
  compute(input: Uint8Array, signal: AbortSignal): Promise<Computed>;
  /** Judges a delivery; never throws for bad bytes, but gives a verdict that is not `ok`. */
  verify(input: Uint8Array, computed: Computed, options: VerifyOptions): Promise<Verdict>;
  /** Loads in this thread what the first call would otherwise wait for: seconds of blocking work for `kzg-da`. */
  warmUp(purpose: 'compute' | 'verify'): void;
}
