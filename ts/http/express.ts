/** `mpmetrics/express`: counts the requests of Express 4 and 5. */

import { expressRoute, noteRoutes, type ExpressRequest } from './express-routes';
import { middleware, type HttpMiddleware } from './listener';
import type { HttpMetricsOptions } from './options';

export type { HttpMiddleware } from './listener';
export type { HttpMetricsOptions } from './options';

/**
 * Makes a middleware that counts requests: `app.use(httpMetrics({ path: '/metrics' }))`, before all others. The label
 * `route` is the pattern of the route with the patterns of the routers' mounts, such as `/users/:id`; for an array, all
 * its patterns, joined by `|`; `unmatched` for requests that enter no route.
 *
 * @param options where the metrics are served, and how requests are counted
 * @returns a middleware
 * @throws TypeError for an invalid option, Error if the registry has another metric of one of the names
 */
export function httpMetrics(options: HttpMetricsOptions = {}): HttpMiddleware {
  return middleware(options, expressRoute, (request) => {
    noteRoutes(request as ExpressRequest);
  });
}
