import { z } from 'zod';
import { errorCodes, type ErrorCode } from '../errors.js';
import { ErrorAnswer } from './shapes.js';
import { routes } from './routes.js';
import type { Route } from './route.js';

type Json = Record<string, unknown>;

const GENERAL: readonly ErrorCode[] = ['REQUEST_MALFORMED', 'RATE_LIMITED', 'UNAVAILABLE', 'INTERNAL'];
const WITH_BODY: readonly ErrorCode[] = ['BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'];

function jsonSchema(schema: z.ZodType): Json {
  const converted = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Json;
  delete converted['$schema'];
  return converted;
}

/** Moves `$defs` of a converted schema to the document's components. */
function hoist(schema: Json, components: Json): Json {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/');
  const moved = JSON.parse(text) as Json;
  const defs = (moved['$defs'] ?? {}) as Json;
  delete moved['$defs'];
  Object.assign(components, defs);
  const id = moved['id'];
  if (typeof id !== 'string') return moved;
  components[id] = moved;
  return { $ref: `#/components/schemas/${id}` };
}

function parameters(route: Route, where: 'path' | 'query'): Json[] {
  const schema = where === 'path' ? route.params : route.query;
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema) as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }));
}

function errorResponses(route: Route): Json {
  const codes = [...GENERAL, ...(route.body ? WITH_BODY : []), ...route.errors];
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const status = errorCodes[code][0];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      {
        description: list.map((code) => `${code}: ${errorCodes[code][1]}`).join(' '),
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    ]),
  );
}

function successResponses(route: Route, components: Json): Json {
  const { kind, schema, statuses, ssz, bytes } = route.answer;
  const binary = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
  const content: Json = { ...(ssz || bytes || kind === 'bytes' ? binary : {}) };
  if (kind === 'events') content['text/event-stream'] = { schema: { type: 'string' } };
  if (kind === 'list' && schema) content['application/json'] = { schema: hoist(jsonSchema(schema), components) };
  if (kind === 'object' && schema) {
    const inner = hoist(jsonSchema(schema), components);
    content['application/json'] = {
      schema: {
        type: 'object',
        required: ['version', 'data'],
        properties: { version: { const: 'odf/1' }, data: inner },
      },
    };
  }
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      status === 204 || Object.keys(content).length === 0
        ? { description: status === 204 ? 'Nothing yet.' : 'Done.' }
        : { description: status === 202 ? 'Accepted for later.' : 'The answer.', content },
    ]),
  );
}

function operation(route: Route, components: Json): Json {
  const { body } = route;
  const types = body && {
    'application/json': {
      schema: hoist(jsonSchema(body.batch?.one === false ? z.array(body.batch.item) : body.json), components),
    },
    ...(body.ssz ? { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } : {}),
  };
  return {
    operationId: route.name,
    summary: route.summary,
    tags: [route.tag],
    ...(route.access === 'anyone' ? {} : { security: [{ bearer: [] }] }),
    parameters: [...parameters(route, 'path'), ...parameters(route, 'query')],
    ...(types ? { requestBody: { required: true, content: types } } : {}),
    responses: { ...successResponses(route, components), ...errorResponses(route) },
  };
}

/** The OpenAPI 3.1 document of every route. */
export function openApiDocument(version: string): Json {
  const components: Json = {};
  const paths: Record<string, Json> = {};
  hoist(jsonSchema(ErrorAnswer), components);
  for (const route of Object.values(routes) as unknown as Route[]) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, components) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'ODF Relay',
      version,
      description: 'Protocol odf/1: see docs/architecture.md.',
      license: { name: 'MIT' },
    },
    paths,
    components: { schemas: components, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}
