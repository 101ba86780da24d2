import type { Hex } from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import type { Validator } from '../keys.js';
import type { RelaySession } from '../relay-session.js';
import type { SettlementPorts } from '../settlement-ports.js';
import type { ClaimRecord } from '../settlement-records.js';

/** What the steps of a claim need. */
export interface ClaimDeps {
  ports: SettlementPorts;
  sessions: ReadonlyMap<Hex, RelaySession>;
  validators: ReadonlyMap<Hex, Validator>;
  clock: Clock;
  /** How long a relay may take before the claim is filed without it, milliseconds. */
  relayPatienceMs: number;
  signal: AbortSignal;
}

/** What a step changes. */
export type ClaimChange = Partial<ClaimRecord>;
