import { openApiDocument } from './openapi.js';
import { routes } from './routes.js';
import { errorCodes } from '../errors.js';

describe('openApiDocument', () => {
  const document = openApiDocument('0') as {
    paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
    components: { schemas: Record<string, object> };
  };

  it('has every route under its path and method', () => {
    for (const route of Object.values(routes)) {
      expect(document.paths[route.path]?.[route.method.toLowerCase()]?.operationId).toBe(route.name);
    }
  });

  it('names every path parameter', () => {
    for (const route of Object.values(routes)) {
      const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const { parameters } = document.paths[route.path]![route.method.toLowerCase()]!;
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(inPath);
    }
  });

  it('resolves every reference', () => {
    for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(document.components.schemas).toHaveProperty([name!]);
    }
  });

  it('gives every error code a route or the general part', () => {
    const text = JSON.stringify(document);
    const elsewhere = ['ROUTE_UNKNOWN', 'METHOD_NOT_ALLOWED'];
    for (const code of Object.keys(errorCodes)) {
      if (!elsewhere.includes(code)) expect(text).toContain(`${code}: `);
    }
  });
});
