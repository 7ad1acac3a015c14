/** `mpmetrics/koa`: counts the requests of Koa 2 and 3. */

import { pathOf } from '../serving/answer';
import { begin, leaveOut, type NodeRequest, type NodeResponse } from './exchange';
import { isPath, servedBy } from './listener';
import { meterOf } from './meter';
import type { HttpMetricsOptions } from './options';

export type { HttpMetricsOptions } from './options';

/** A middleware of Koa. */
export type HttpMiddleware = (
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- this package does not load Koa's types
  context: any,
  next: () => Promise<unknown>,
) => Promise<void>;

/** A layer of `@koa/router`. */
interface Layer {
  readonly path: string | RegExp;
  /** Empty for a middleware. */
  readonly methods: readonly string[];
  match(path: string): boolean;
}

/** The members of a context that are used. */
interface Context {
  readonly req: NodeRequest;
  readonly res: NodeResponse;
  readonly method: string;
  readonly originalUrl: string;
  respond?: boolean;
  /** The layers whose paths match, set by `@koa/router`. */
  readonly matched?: readonly Layer[];
  /** The path of the layer that was entered last. */
  readonly _matchedRoute?: string | RegExp;
  /** Set by `koa-mount`. */
  readonly mountPath?: string;
}

/**
 * Makes a middleware that counts requests: `app.use(httpMetrics({ path: '/metrics' }))`, before all others. The label
 * `route` is the pattern of the route of `@koa/router` with the prefixes of nested routers and of `koa-mount`, such as
 * `/users/:id`; `unmatched` for requests without a route.
 *
 * @param options where the metrics are served, and how requests are counted
 * @returns a middleware
 * @throws TypeError for an invalid option, Error if the registry has another metric of one of the names
 */
export function httpMetrics(options: HttpMetricsOptions = {}): HttpMiddleware {
  const meter = meterOf(options);
  const served = servedBy(meter, options);
  return async (context: Context, next) => {
    const { req, res } = context;
    if (served !== null && isPath(req.url, served.path)) {
      leaveOut(res);
      context.respond = false;
      await served.handler(req, res);
      return;
    }
    begin(meter, req, res, routeOf, context, context);
    await next();
  };
}

/** Returns the pattern of the route that handles a request; undefined if none does. */
function routeOf(context: Context): string | undefined {
  const { mountPath } = context;
  const layer = layerOf(context);
  if (layer === undefined) return undefined;
  const pattern = String(layer.path);
  return (mountPath === undefined ? pattern : mountOf(layer, context, mountPath) + pattern) || '/';
}

/** Returns the layer that was entered last or, if that is a middleware of the router, the next route after it. */
function layerOf({ matched = [], _matchedRoute, method }: Context): Layer | undefined {
  const has = ({ methods }: Layer): boolean => methods.includes(method);
  const entered = matched.findLastIndex(({ path }) => path === _matchedRoute);
  const route = entered === -1 ? undefined : matched.slice(entered).find(has);
  return route ?? matched.findLast(has);
}

/**
 * Returns the prefixes of `koa-mount`, which are no patterns. They are the part of the URL's path before the part that
 * the route matches. The client chooses the URL, and the program may have rewritten the path. So the part before the
 * route is used only if it is empty or ends with the innermost prefix; if not, the innermost prefix is used alone.
 */
function mountOf(layer: Layer, { originalUrl }: Context, mountPath: string): string {
  const prefix = mountPath.replace(/\/$/, '');
  const path = pathOf(originalUrl);
  for (let at = 0; at !== -1; at = path.indexOf('/', at + 1)) {
    if (!layer.match(path.slice(at))) continue;
    const before = path.slice(0, at);
    // If the route matches the whole path, it is outside of the mount: the mounted application did not answer.
    return before === '' || before.endsWith(prefix) ? before : prefix;
  }
  // The URL is that of the mount itself, where the route is `/`, or the program has rewritten the path.
  return prefix;
}
