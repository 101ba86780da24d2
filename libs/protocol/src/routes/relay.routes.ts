import { z } from 'zod';
import { byteList, bytes20, bytes32, bytes48, bytes96, hexBytes, uint256, uint64 } from '../codec.js';
import { MAX_RESULT_BYTES } from '../containers.js';
import { DEFAULT_BODY_LIMIT, defineRoute } from './route.js';
import { MIB, byAvs } from './route-parts.js';
import * as shapes from './shapes.js';

/** The relay, its AVSs and its administration. */
export const relayRoutes = {
  info: defineRoute({
    name: 'info',
    method: 'GET',
    path: '/relay/v1/info',
    summary: "The relay's key, chain and settlement: what every signing domain needs.",
    tag: 'relay',
    answer: { kind: 'object', schema: shapes.RelayInfo, statuses: [200] },
  }),
  listAvs: defineRoute({
    name: 'listAvs',
    method: 'GET',
    path: '/relay/v1/avs',
    summary: 'The AVSs that this relay serves.',
    tag: 'avs',
    answer: { kind: 'list', schema: z.array(shapes.AvsInfo), statuses: [200] },
  }),
  getAvs: defineRoute({
    name: 'getAvs',
    method: 'GET',
    path: '/relay/v1/avs/{avs_id}',
    summary: 'One AVS: plug-in, windows, limits, verification and risk facts.',
    tag: 'avs',
    params: byAvs,
    answer: { kind: 'object', schema: shapes.AvsInfo, statuses: [200] },
    errors: ['AVS_UNKNOWN'],
  }),
  createTask: defineRoute({
    name: 'createTask',
    method: 'POST',
    path: '/relay/v1/avs/{avs_id}/tasks',
    summary: 'A task of an HTTP AVS; the same native_ref again gets the same answer.',
    tag: 'avs',
    access: 'avs',
    params: byAvs,
    body: {
      json: z.strictObject({
        native_ref: hexBytes(1024, 1).json,
        input: byteList(MAX_RESULT_BYTES).json,
        deadline_ms: uint64.json,
      }),
      limit: 40 * MIB,
    },
    answer: { kind: 'object', schema: z.strictObject({ task_id: bytes32.json }), statuses: [202] },
    errors: [
      'AVS_UNKNOWN',
      'AUTH_REQUIRED',
      'AUTH_FORBIDDEN',
      'TASK_CONFLICT',
      'TASK_DEADLINE_TOO_SOON',
      'TASK_INPUT_INVALID',
      'TASK_SOURCE_CHAIN',
    ],
  }),
  registerDevCoprocessor: defineRoute({
    name: 'registerDevCoprocessor',
    method: 'POST',
    path: '/internal/v1/dev/coprocessors',
    summary: 'Registers a coprocessor and locks test cover on the local settlement; only with ODF_DEV=1.',
    tag: 'internal',
    access: 'operator',
    body: {
      json: z.strictObject({
        pubkey: bytes48.json,
        possession: bytes96.json,
        owner: bytes20.json,
        cover_wei: uint256.json,
      }),
      limit: DEFAULT_BODY_LIMIT,
    },
    answer: { kind: 'object', schema: z.strictObject({ line_id: bytes32.json }), statuses: [200] },
    errors: ['AUTH_REQUIRED', 'AUTH_FORBIDDEN', 'SIGNATURE_INVALID', 'DEV_DISABLED'],
  }),
  correctReputation: defineRoute({
    name: 'correctReputation',
    method: 'POST',
    path: '/internal/v1/reputation/corrections',
    summary: 'Says by another event who was at fault after all; the event itself stays as it is.',
    tag: 'internal',
    access: 'operator',
    body: { json: shapes.ReputationCorrection, limit: DEFAULT_BODY_LIMIT },
    answer: { kind: 'empty', statuses: [200] },
    errors: ['AUTH_REQUIRED', 'AUTH_FORBIDDEN', 'REPUTATION_EVENT_UNKNOWN'],
  }),
};
