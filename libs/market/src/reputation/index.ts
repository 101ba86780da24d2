export * from './bounds.js';
export { cappedSum } from './wash-cap.js';
export {
  incrementOf,
  OBSERVED_KINDS,
  weightOf,
  type Increment,
  type Observed,
  type ObservedKind,
} from './observation.js';
export { foldDay, NO_RECORD, scoreOf, type ReputationState } from './fold.js';
export { creditWei, type EarnedDay } from './credit.js';
export {
  auctionsOf,
  dayOf,
  foldEvents,
  foldEventsOfDay,
  isCorrection,
  stakesOfDecision,
  type ReputationEvent,
  type StakesOf,
} from './events.js';
