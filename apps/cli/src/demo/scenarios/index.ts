import { hackedRelay } from './hacked-relay.js';
import { payment } from './payment.js';
import { relayDown } from './relay-down.js';
import type { Scenario } from './scenario.js';
import { slash } from './slash.js';
import { veto } from './veto.js';
import { withhold } from './withhold.js';

/** Every scenario by its name on the command line. */
export const scenarios = {
  slash,
  payment,
  veto,
  withhold,
  'relay-down': relayDown,
  'hacked-relay': hackedRelay,
} as const satisfies Record<string, Scenario>;

/** The name of a scenario. */
export type ScenarioName = keyof typeof scenarios;
