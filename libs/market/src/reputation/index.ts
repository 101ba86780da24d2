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
export { foldDay, isForgotten, NO_RECORD, scoreOf, type ReputationState } from './fold.js';
export { creditWei, type EarnedDay } from './credit.js';
export {
  auctionsOf,
  dayOf,
  FOLD_DELAY_MS,
  foldEvents,
  foldEventsOfDay,
  isCorrection,
  scoreDayOf,
  stakesOfDecision,
  type ReputationEvent,
  type StakesOf,
} from './events.js';
