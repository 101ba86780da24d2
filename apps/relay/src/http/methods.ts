import { routes, type Route } from '@odf/protocol';

const table = Object.values(routes as unknown as Record<string, Route>).map(({ method, path }) => ({
  method,
  path,
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

const pathOf = (url: string): string => url.split('?')[0]!;

/** Whether a URL's path stands in the protocol as it is, without parameters. */
export function isFixedPath(url: string): boolean {
  return table.some(({ path }) => path === pathOf(url));
}

/** Methods that the protocol has for a URL; a path that stands there as it is wins over one with parameters. */
export function methodsFor(url: string): string[] {
  const path = pathOf(url);
  const exact = table.filter((route) => route.path === path);
  const found = exact.length > 0 ? exact : table.filter(({ pattern }) => pattern.test(path));
  return [...new Set(found.map(({ method }) => method))];
}
