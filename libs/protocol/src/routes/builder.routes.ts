import { z } from 'zod';
import { SignedValidatorRegistrationV1 } from '../containers.js';
import { defineRoute } from './route.js';
import { MIB, MAX_REGISTRATIONS, readRegistrations } from './route-parts.js';

/** Builder-specs routes, so that mev-boost clients find a relay. */
export const builderRoutes = {
  builderStatus: defineRoute({
    name: 'builderStatus',
    method: 'GET',
    path: '/eth/v1/builder/status',
    summary: 'Whether the relay is up, as mev-boost asks it.',
    tag: 'builder-compat',
    answer: { kind: 'empty', statuses: [200] },
  }),
  registerValidators: defineRoute({
    name: 'registerValidators',
    method: 'POST',
    path: '/eth/v1/builder/validators',
    summary:
      'Registers validators as builder-specs has it; unchanged registrations are skipped before their signature is checked.',
    tag: 'builder-compat',
    body: {
      json: z.array(z.unknown()).max(MAX_REGISTRATIONS),
      ssz: readRegistrations,
      limit: 16 * MIB,
      batch: {
        item: SignedValidatorRegistrationV1.json,
        max: MAX_REGISTRATIONS,
        one: false,
      },
    },
    answer: { kind: 'empty', statuses: [200] },
    errors: ['BATCH_PARTLY_REFUSED', 'SIGNATURE_INVALID', 'REGISTRATION_TIMESTAMP_INVALID', 'REGISTRATION_STALE'],
  }),
  builderHeader: defineRoute({
    name: 'builderHeader',
    method: 'GET',
    path: '/eth/v1/builder/header/{slot}/{parent_hash}/{pubkey}',
    summary: 'No block header, ever: 204 at once.',
    tag: 'builder-compat',
    params: z.strictObject({ slot: z.string(), parent_hash: z.string(), pubkey: z.string() }),
    answer: { kind: 'empty', statuses: [204] },
  }),
  blindedBlocksV1: defineRoute({
    name: 'blindedBlocksV1',
    method: 'POST',
    path: '/eth/v1/builder/blinded_blocks',
    summary: 'Refused always: a stray success can cost a proposer its slot.',
    tag: 'builder-compat',
    answer: { kind: 'empty', statuses: [] },
    errors: ['BLOCKS_UNSUPPORTED'],
  }),
  blindedBlocksV2: defineRoute({
    name: 'blindedBlocksV2',
    method: 'POST',
    path: '/eth/v2/builder/blinded_blocks',
    summary: 'Refused always.',
    tag: 'builder-compat',
    answer: { kind: 'empty', statuses: [] },
    errors: ['BLOCKS_UNSUPPORTED'],
  }),
};
