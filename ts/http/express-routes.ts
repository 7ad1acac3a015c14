/** The pattern of the route that Express entered for a request, with the patterns of all mounts. */

import { warnOfRoute } from './exchange';
import { patternOf, taken, textOf, type Layer } from './mounts';

const ROUTE: unique symbol = Symbol('mpmetrics.route');

/** An application of Express. */
interface App {
  readonly request: object;
  /** The router of Express 5; of Express 4, an accessor that throws. */
  readonly router?: { readonly stack: readonly Layer[] };
  /** The router of Express 4. */
  readonly _router?: { readonly stack: readonly Layer[] };
  readonly mountpath?: unknown;
  readonly parent?: App;
}

/** A route of Express: the path of its registration. */
interface Route {
  readonly path: unknown;
}

/** A request of Express. */
export interface ExpressRequest {
  readonly app?: App;
  readonly baseUrl?: string;
  /** A {@link Route}, or any value that the program sets. */
  route?: unknown;
  /** The value that was assigned to `route` last, and its pattern; the pattern is undefined if it is no route. */
  [ROUTE]?: { readonly route: unknown; readonly pattern: string | undefined } | undefined;
}

/** The layers by which the routers around a route are mounted inside one application, the outermost first. */
type Way = readonly Layer[];

/** The ways to each route. A route of a router that is mounted twice has two. */
const ways = new WeakMap<Route, readonly Way[]>();

/** The patterns of routes to which there is one way. */
const patterns = new WeakMap<Route, string>();

/**
 * From now on, notes the pattern of each route that Express enters, when it assigns `request.route`. The pattern cannot
 * be found later: Express restores `request.baseUrl` and `request.app`, for example after an error.
 */
export function noteRoutes(request: ExpressRequest): void {
  const { app } = request;
  if (typeof app?.request !== 'object' || ROUTE in app.request) return;
  Object.defineProperty(app.request, ROUTE, { value: undefined, writable: true });
  Object.defineProperty(app.request, 'route', {
    configurable: true,
    get(this: ExpressRequest) {
      return this[ROUTE]?.route;
    },
    set(this: ExpressRequest, route: unknown) {
      this[ROUTE] = { route, pattern: patternOfAny(route, this) };
    },
  });
}

/** Returns the pattern of the route that was entered last; undefined if none was. */
export function expressRoute(request: ExpressRequest): string | undefined {
  const noted = request[ROUTE];
  // A request without a note entered its route before routes were noted, or entered none.
  return noted === undefined ? patternOfAny(request.route, request) : noted.pattern;
}

/** Returns the pattern of the value of `request.route`; undefined if the value is no route. Does not throw. */
function patternOfAny(route: unknown, request: ExpressRequest): string | undefined {
  if (typeof route !== 'object' || route === null || !('path' in route)) return undefined;
  try {
    return patternFor(route, request);
  } catch (error) {
    warnOfRoute(error);
    return undefined;
  }
}

function patternFor(route: Route, request: ExpressRequest): string {
  const known = patterns.get(route);
  if (known !== undefined) return known;
  const { app, baseUrl = '' } = request;
  if (app === undefined) return textOf(route.path) || '/';
  const all = waysTo(route, app);
  const pattern = above(app) + mountsOn(all, app, baseUrl) + textOf(route.path) || '/';
  if (all.length === 1) patterns.set(route, pattern);
  return pattern;
}

/** Returns the patterns of the mounts of an application in others, joined; '' if it is mounted in none. */
function above(app: App): string {
  return app.parent === undefined ? '' : above(app.parent) + textOf(app.mountpath);
}

/** Returns the patterns of the mounts by which a request reached a route inside an application, joined. */
function mountsOn(all: readonly Way[], app: App, baseUrl: string): string {
  // In a mounted application, `baseUrl` begins with the path of the mount in the other application.
  const begins = app.parent === undefined ? [0] : slashesOf(baseUrl);
  for (const begin of begins) {
    for (const way of all) {
      const mounts = mountsIf(way, baseUrl.slice(begin));
      if (mounts !== null) return mounts;
    }
  }
  return '';
}

/** Returns the patterns of a way whose mounts match all of a path, joined; null if they match less or nothing. */
function mountsIf(way: Way, path: string): string | null {
  let mounts = '';
  let rest = path;
  for (const layer of way) {
    const part = taken(layer, rest || '/');
    if (part === null) return null;
    mounts += patternOf(layer, rest || '/');
    rest = rest.slice(part.length);
  }
  return rest === '' ? mounts : null;
}

function slashesOf(path: string): number[] {
  const found = [...path.matchAll(/\//g)].map(({ index }) => index);
  return [...found, path.length];
}

function waysTo(route: Route, app: App): readonly Way[] {
  let found = ways.get(route);
  if (found === undefined) {
    const { stack = [] } = app._router ?? app.router ?? {};
    found = [...search(stack, route, [])];
    ways.set(route, found);
  }
  return found;
}

function* search(stack: readonly Layer[], route: object, way: Way): Generator<Way> {
  for (const layer of stack) {
    if (layer.route === route) yield way;
    // A router may be mounted in itself.
    else if (layer.handle.stack !== undefined && !way.includes(layer)) {
      yield* search(layer.handle.stack, route, [...way, layer]);
    }
  }
}
