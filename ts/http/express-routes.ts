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

/** What is known of a route in one application. */
interface Known {
  /** The ways to the route. A route of a router that is mounted twice has two. */
  ways: readonly Way[];
  /** How often the ways were searched. */
  searches: number;
  /** The request's `baseUrl` for which `pattern` was found; undefined if none was. */
  baseUrl: string | undefined;
  pattern: string;
}

/**
 * How often the ways to a route are searched at most. If a program changes `baseUrl`, no way matches it, and without
 * this maximum every request would search again.
 */
const MOST_SEARCHES = 100;

/** Routes by their application: two applications may mount the same router. */
const routes = new WeakMap<App, WeakMap<Route, Known>>();

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
  const { app, baseUrl = '' } = request;
  if (app === undefined) return textOf(route.path) || '/';
  const known = knownOf(route, app);
  if (known.baseUrl === baseUrl) return known.pattern;
  let mounts = mountsOn(known.ways, app, baseUrl);
  // A router may be mounted after its first request.
  if (mounts === null && known.searches < MOST_SEARCHES) {
    known.searches++;
    known.ways = waysTo(route, app);
    mounts = mountsOn(known.ways, app, baseUrl);
  }
  const pattern = above(app) + (mounts ?? '') + textOf(route.path) || '/';
  if (mounts !== null) {
    known.baseUrl = baseUrl;
    known.pattern = pattern;
  }
  return pattern;
}

function knownOf(route: Route, app: App): Known {
  let inApp = routes.get(app);
  if (inApp === undefined) {
    inApp = new WeakMap();
    routes.set(app, inApp);
  }
  let known = inApp.get(route);
  if (known === undefined) {
    known = { ways: [], searches: 0, baseUrl: undefined, pattern: '' };
    inApp.set(route, known);
  }
  return known;
}

/** Returns the patterns of the mounts of an application in others, joined; '' if it is mounted in none. */
function above(app: App): string {
  return app.parent === undefined ? '' : above(app.parent) + textOf(app.mountpath);
}

/**
 * Returns the patterns of the mounts by which a request reached a route inside an application, joined; null if no way
 * matches `baseUrl`.
 */
function mountsOn(all: readonly Way[], app: App, baseUrl: string): string | null {
  // In a mounted application, `baseUrl` begins with the path of the mount in the other application.
  const begins = app.parent === undefined ? [0] : slashesOf(baseUrl);
  for (const begin of begins) {
    for (const way of all) {
      const mounts = mountsIf(way, baseUrl.slice(begin));
      if (mounts !== null) return mounts;
    }
  }
  return null;
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
  const { stack = [] } = app._router ?? app.router ?? {};
  return [...search(stack, route, [])];
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
