/** A function `(request, response, next)` that counts requests of `node:http`, as Express, Connect and Nest call it. */

import { pathOf } from '../serving/answer';
import {
  metricsHandler,
  type HandlerRequest,
  type HandlerResponse,
  type MetricsHandler,
} from '../serving/handler';
import { begin, leaveOut, type NodeRequest, type NodeResponse, type RouteOf } from './exchange';
import { meterOf, type Meter } from './meter';
import type { HttpMetricsOptions } from './options';

/** Counts a request of `node:http`, or serves the metrics. */
export type HttpMiddleware = (
  request: HandlerRequest,
  response: HandlerResponse,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as frameworks declare it
  next?: (error?: any) => void,
) => void;

/** Where and how the metrics are served. */
export interface Served {
  readonly path: string;
  readonly handler: MetricsHandler;
}

/** Returns the handler of `path`; null if the options have none. The meter has checked the options. */
export function servedBy(meter: Meter, options: HttpMetricsOptions): Served | null {
  const { path, authorize, negotiate, scope } = options;
  if (path === undefined) return null;
  const given = { authorize, negotiate, scope };
  const serving = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  return { path, handler: metricsHandler(meter.register, serving) };
}

/** Returns whether a request line's URL has this path. */
export function isPath(url: string | undefined, path: string): boolean {
  if (url === undefined || url === path) return url === path;
  if (url.startsWith('/') && !url.startsWith(path)) return false;
  return pathOf(url) === path;
}

/**
 * Makes a middleware that counts requests, and serves the metrics if the options have a path.
 *
 * @param routeOf gets the request and the response
 * @param onRequest called for each request before it is counted
 * @throws TypeError for an invalid option, Error if the registry has another metric of one of the names
 */
export function middleware(
  options: HttpMetricsOptions,
  routeOf: RouteOf,
  onRequest?: (request: NodeRequest) => void,
): HttpMiddleware {
  const meter = meterOf(options);
  const served = servedBy(meter, options);
  return (request, response, next) => {
    const { url } = request;
    if (served !== null && isPath(url, served.path)) {
      leaveOut(response as NodeResponse);
      void served.handler(request, response);
      return;
    }
    onRequest?.(request);
    begin(meter, request, response as NodeResponse, routeOf);
    next?.();
  };
}
